"""Sentences of `data/persona.yml` about identity."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "log_in": line("로그인하고 싶다고 할 때; 아래에 링크 단추가 붙어요", "minutes"),
    "log_in_needed": line("본인 확인이 필요한 일을 할 때; 아래에 링크 단추가 붙어요", "minutes"),
    "log_in_stronger": line("민감한 일이라 로그인을 한 번 더 할 때; 아래에 링크 단추가 붙어요", "minutes"),
    "log_in_still": line("본인 확인을 기다리다 다른 말에 답한 뒤 다시 권할 때; 아래에 링크 단추가 붙어요"),
    "log_in_button": line("단추 이름: 로그인하러 가는 링크 (14자까지)"),
    "log_in_continue": line("단추 이름: 로그인한 뒤 하던 일 계속하기 (14자까지)"),
    "log_in_unavailable": line(
        "여기서는 로그인할 수 없을 때; 대신 갈 곳을 알려요", "department", "department_phone"
    ),
    "log_in_trouble": line("지금 로그인 링크를 만들 수 없을 때", "department", "department_phone"),
    "log_in_ready": line("로그인한 뒤 다른 말을 했을 때; 아래에 하던 일을 계속하는 단추가 붙어요"),
    "logged_in": line("로그인이 끝났을 때", "minutes", sometimes=("person",)),
    "already_logged_in": line("이미 로그인했는데 또 하려고 할 때", "minutes", sometimes=("person",)),
    "logged_out": line("로그아웃했을 때"),
    "not_logged_in": line("로그인하지 않았는데 로그아웃하려고 할 때"),
    "log_out_trouble": line("지금 로그아웃할 수 없을 때", "minutes"),
    "vault_gone": line("앞서 적어 준 값이 지워져서 다시 물을 때", "kinds"),
}
"""What a sentence of the bot is for, and which placeholders it has."""
