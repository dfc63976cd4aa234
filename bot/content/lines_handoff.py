"""Sentences of `data/persona.yml` about waiting for a person, and being handed on."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "handoff_place": line("기다리는 시민이 차례를 다시 물을 때; 뒤에 얼마나 걸릴지가 붙어요", "position"),
    "handoff_wait_short": line("상담원이 보통 1분 안에 이어질 때, 차례를 알려 주는 말 뒤에"),
    "handoff_wait_minutes": line("상담원을 보통 몇 분 기다리는지, 차례를 알려 주는 말 뒤에", "minutes"),
    "handoff_wait_hours": line("상담원을 보통 몇 시간 기다리는지, 차례를 알려 주는 말 뒤에", "hours"),
    "place_button": line("단추 이름: 내 차례 다시 보기 (14자까지)"),
    "passed_to_department": line(
        "상담원이 다른 부서에 대화를 넘겼을 때; 아래에 봇으로 가는 단추가 붙어요", "to"
    ),
    "passed_to_person": line("상담원이 다른 상담원에게 대화를 넘겼을 때", "to"),
    "left_alone": line("맡은 상담원이 오래 말이 없어 다른 상담원을 찾을 때"),
    "form_set_aside": line(
        "상담원이 들어오기 전에 하던 신청이나 조회가 있을 때, 다시 봇이 맡는다는 말 아래에; "
        "하던 일을 이어서 하는 단추가 붙어요"
    ),
    "person_said": line("상담원이 한 말을 다시 들려줄 때; 아래에 그 말이 붙어요"),
    "person_talk_found": line(
        "상담원과 나눈 이야기를 떠올려 비슷한 답을 찾았을 때; 아래에 질문 단추가 붙어요"
    ),
}
