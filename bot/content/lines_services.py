"""Sentences of `data/persona.yml` about the services of `data/services/`."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

_ASKED = ("title", "given", "example", "earliest", "latest", "least", "most", "closed", "length")
"""What is known when an answer cannot be taken: of the parameter, and of what was said."""


def _again(use: str, *values: str) -> Line:
    """A question asked again: `values` are always there, the others where the service's file has them."""
    return line(use, "title", *values, sometimes=tuple(name for name in _ASKED if name not in values))


LINES: Mapping[str, Line] = {
    "service_which": line("어느 서비스인지 고르게 할 때; 아래에 서비스 단추가 붙어요"),
    "service_begin": line(
        "여러 가지를 한 번에 물었는데 더 여쭤볼 것이 있는 서비스가 있을 때; 아래에 단추가 붙어요", "service"
    ),
    "service_cancelled": line("서비스 이용을 중간에 그만둘 때"),
    "service_gone": line("이용하던 서비스가 방금 없어졌을 때"),
    "service_change": line("확인하다가 바꾸고 싶다고 할 때; 아래에 바꿀 것의 단추가 붙어요"),
    "service_resume": line("단추 이름: 다른 일을 마친 뒤 하던 조회나 신청 이어서 하기 (14자까지)"),
    "service_corrected": line("앞서 말한 것을 고쳤을 때; 뒤에 다음 질문이 붙어요", "title", "value"),
    "service_not_logged_in": line("로그인했다고 했는데 아직 확인되지 않을 때; 뒤에 로그인 안내가 붙어요"),
    "service_unreadable": _again("물어본 것의 답을 알아볼 수 없을 때"),
    "service_bad_receipt_number": _again("접수번호 꼴이 아닐 때"),
    "service_bad_phone": _again("전화번호 꼴이 아닐 때"),
    "service_bad_plate": _again("차량번호 꼴이 아닐 때"),
    "service_bad_number": _again("숫자가 정해진 범위를 벗어났을 때", "given"),
    "service_bad_choice": _again("보기에서 하나를 고르지 않았을 때"),
    "service_not_offered": _again("고를 수 없는 날이나 시간을 말했을 때", "given"),
    "service_too_long": _again("글이 너무 길 때", "length"),
    "service_no_such_date": _again("달력에 없는 날짜일 때", "given"),
    "service_not_one_day": _again("하루를 말해야 하는데 한 주나 한 달을 말했을 때", "given"),
    "service_past_date": _again("이미 지난 날짜일 때", "given"),
    "service_future_date": _again("아직 오지 않은 날짜라서 안 될 때", "given"),
    "service_too_early": _again("너무 이른 날짜일 때", "given", "earliest"),
    "service_too_late": _again("너무 먼 날짜일 때", "given", "latest"),
    "service_closed_day": _again("쉬는 요일일 때", "given", "closed"),
    "service_wrong_order": _again("기간의 시작이 끝보다 늦을 때"),
    "service_not_found": line("찾는 것이 없을 때", "service", "department", "department_phone"),
    "service_conflict": line("그사이에 바뀌어서 할 수 없을 때", "service", "department", "department_phone"),
    "service_not_permitted": line(
        "본인 것이 아니라서 보여 줄 수 없을 때", "service", "department", "department_phone"
    ),
    "service_invalid": line("시 시스템이 입력한 것을 받지 않을 때", sometimes=("reason",)),
    "service_uncertain": line(
        "신청을 보냈는데 처리됐는지 확인하지 못했을 때; 아래에 다시 시도하는 단추가 붙어요",
        *("service", "department", "department_phone"),
    ),
}
"""What a sentence of the bot is for, and which placeholders it has."""
