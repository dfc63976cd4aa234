"""What the bot says about answers in plain language and in other languages."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "twin_unverified": line("쉬운 말이나 다른 언어로 옮긴 답을 아직 사람이 확인하지 않았을 때"),
    "twin_missing": line("쉬운 말이나 다른 언어로 옮긴 답이 없어서 원래 글을 보여 줄 때"),
    "original_button": line("단추 이름: 옮긴 답의 한국어 원문 보기 (14자까지)"),
    "plain_button": line("단추 이름: 쉬운 말로 보기 (14자까지)"),
    "language_changed": line("부탁받은 말(쉬운 말이나 다른 언어)로 답하기로 할 때"),
    "language_back": line("다시 한국어로, 원래 글로 답하기로 할 때"),
    "person_yes": line("단추 이름: 상담원을 불러 달라기 (14자까지)"),
    "person_no": line("단추 이름: 상담원은 괜찮다고 하기 (14자까지)"),
    "label_owner": line("옮긴 답에 붙는 이름표: 담당"),
    "label_phone": line("옮긴 답에 붙는 이름표: 전화"),
    "label_confirmed": line("옮긴 답에 붙는 이름표: 한국어 답을 확인한 날"),
    "label_verified": line("옮긴 답에 붙는 이름표: 옮긴 글을 확인한 날"),
    "label_unverified": line("옮긴 답에 붙는 값: 아직 확인하지 않음"),
    "label_source": line("옮긴 답에 붙는 이름표: 출처"),
    "label_example": line("옮긴 답에 붙는 이름표: 예시"),
    "example_note": line("옮긴 답에 붙는 값: 예시라는 까닭"),
}

SPOKEN = frozenset(
    {
        *(LINES.keys() - {"plain_button", "language_back"}),
        *("greet", "thank", "say_goodbye", "ask_help", "change_language", "clarify", "clarify_none"),
        *("unknown", "offer_person", "more", "emergency", "crisis", "nothing_to_repeat", "out_of_scope"),
    }
)
"""What citizens who write in another language hear in it, as far as the persona has the words."""
