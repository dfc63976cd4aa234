"""Sentences of `data/persona.yml` about rights."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "my_data": line("보관 중인 내 정보를 보여 줄 때; 아래에 표와 단추가 붙어요"),
    "export_ready": line("대화를 내보낼 링크를 줄 때; 아래에 단추가 붙어요", "minutes"),
    "export_trouble": line("대화를 내보낼 링크를 만들지 못할 때"),
    "consent_none": line("동의를 거두려는데 동의한 것이 없을 때"),
    "consent_which": line("동의한 것이 여럿이라 무엇을 거둘지 물을 때; 아래에 단추가 붙어요"),
    "consent_withdrawn": line("동의를 거두었을 때", "names"),
    "under_14": line("만 14세가 안 된 시민이라고 할 때; 개인정보를 받지 않아요"),
    "erase_receipt": line("대화 기록을 지우고 삭제 접수번호를 알려 줄 때; 앞말에 이어져요", "number"),
}
