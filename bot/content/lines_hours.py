"""Sentences of `data/persona.yml` about office hours, contacts that citizens leave, and replies that wait."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    # A contact
    "contacts_closed": line(
        "상담 시간이 아닐 때 상담원을 찾을 때; 남길 말을 묻거나 단추가 뒤따라요", "opens"
    ),
    "contacts_ask_text": line("상담원에게 남길 말을 물을 때; 아래에 그만두기 단추가 붙어요"),
    "contacts_offer": line("상담원에게 말을 남길 수 있다고 알릴 때; 아래에 남기기 단추가 붙어요"),
    "contacts_how": line("남긴 말을 받고 연락처를 물을 때; 동의를 받는 글이 뒤따라요"),
    "contacts_how_here": line("연락처 대신 이 대화로 답을 받을 수도 있을 때; 앞의 글에 이어져요"),
    "contacts_confirm": line("말과 함께 적은 연락처로 연락해도 되는지 물을 때", "contact"),
    "contacts_unreadable": line("적은 글에서 전화번호나 이메일을 찾지 못했을 때"),
    "contacts_sent": line("남긴 말과 연락처를 부서에 전했을 때", "number", "contact", "department", "opens"),
    "contacts_sent_here": line(
        "남긴 말을 부서에 전했고 답은 이 대화로 갈 때", "number", "department", "opens"
    ),
    "contacts_cancelled": line("말을 남기지 않기로 했을 때"),
    "contacts_gone": line("남길 말을 적다가 오래 쉬어서 처음부터 적어야 할 때"),
    "contacts_start_button": line("단추 이름: 상담원에게 말 남기기 (14자까지)"),
    "contacts_here_button": line("단추 이름: 연락처 없이 이 대화로 답 받기 (14자까지)"),
    "contacts_yes_button": line("단추 이름: 적은 연락처로 연락해도 좋음 (14자까지)"),
    "contacts_cancel_button": line("단추 이름: 말을 남기지 않기 (14자까지)"),
    # A reply that waits for a person's yes
    "approval_waiting": line("답을 담당자가 먼저 확인할 때", "until"),
    "approval_approved": line("담당자가 확인한 답 앞에 하는 말", sometimes=("question",)),
    "approval_edited": line("담당자가 고쳐 쓴 답 앞에 하는 말", sometimes=("question",)),
    "approval_late": line("담당자가 제때 확인하지 못해서 확인하지 않은 답을 줄 때", sometimes=("question",)),
    "approval_person": line("답을 주지 않고 상담원을 부를 때"),
    "approval_phone": line(
        "답을 주지 못하고 상담원도 부를 수 없을 때; 아래에 말 남기기 단추가 붙어요",
        *("department", "department_phone", "hours"),
    ),
}
