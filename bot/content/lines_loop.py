"""Sentences of `data/persona.yml` about questions that are answered later."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "answer_wait_button": line("단추 이름: 답이 생기면 알림 받기 (14자까지)"),
    "answer_waiting": line("답이 생기면 알려 주기로 했을 때; 아래에 그만 받기 단추가 붙어요"),
    "answer_waiting_already": line("같은 질문의 답을 알려 주기로 이미 했을 때"),
    "answer_stop_button": line("단추 이름: 답이 생겨도 알리지 않기 (14자까지)"),
    "answer_waits_off": line("답을 기다리던 질문의 알림을 껐을 때", "count"),
    "answer_waits_list": line("답을 기다리는 질문을 보여 줄 때; 아래에 그만 받기 단추가 붙어요", "list"),
    "answer_found": line("물어본 것에 답이 생겼을 때; 아래에 답이 붙어요", "question"),
}
