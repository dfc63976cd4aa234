"""Sentences of `data/persona.yml` about the catalogue of public services."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "services_found": line("맞을 수 있는 공공서비스를 보여 줄 때; 아래에 카드가 붙어요"),
    "services_notice": line("공공서비스 하나를 자세히 보여 줄 때; 최종 확인은 담당 기관에서 한다는 것"),
    "services_none": line("찾아 달라는 공공서비스가 하나도 없을 때"),
    "services_ask": line("무슨 공공서비스를 찾는지 물을 때"),
    "listed_service_gone": line("보여 달라는 공공서비스가 끝났거나 없어졌을 때"),
    "services_check": line("단추 이름: 내가 받을 수 있는지 알아보기 (14자까지)"),
    "services_others": line("단추 이름: 찾은 공공서비스를 더 보기 (14자까지)"),
    "services_look": line("단추 이름: 답변과 함께, 비슷한 공공서비스 찾기 (14자까지)"),
}
"""What a sentence of the bot is for, and which placeholders it has."""
