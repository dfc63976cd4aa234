"""Sentences of `data/persona.yml` about emergencies, ratings, and citizens who are muted for a while."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

_OFF = ("department", "department_phone", "until")

LINES: Mapping[str, Line] = {
    "emergency_notice": line("긴급 안내를 답보다 먼저 보여 줄 때", "text", "until", sometimes=("districts",)),
    "off_phone": line("봇을 꺼 두어서 전화를 알려 줄 때", *_OFF, sometimes=("says", "opening")),
    "off_hours": line("봇을 꺼 두어서 운영시간을 알려 줄 때", *_OFF, "opening", sometimes=("says",)),
    "off_person": line("봇을 꺼 두어서 상담원을 부를 때", *_OFF, sometimes=("says", "opening")),
    "off_topic_phone": line("어떤 내용만 꺼 두어서 전화를 알려 줄 때", *_OFF, sometimes=("says", "opening")),
    "off_topic_hours": line(
        "어떤 내용만 꺼 두어서 운영시간을 알려 줄 때", *_OFF, "opening", sometimes=("says",)
    ),
    "off_topic_person": line("어떤 내용만 꺼 두어서 상담원을 부를 때", *_OFF, sometimes=("says", "opening")),
    "rating_ask_talk": line("상담원과 나눈 상담이 어땠는지 물을 때; 아래에 평가 단추가 붙어요"),
    "rating_good": line("단추 이름: 좋았다는 평가 (14자까지)"),
    "rating_fair": line("단추 이름: 그저 그랬다는 평가 (14자까지)"),
    "rating_bad": line("단추 이름: 아쉬웠다는 평가 (14자까지)"),
    "rating_thanks": line("평가를 받았을 때; 아래에 의견 단추가 붙어요"),
    "rating_sorry": line("아쉬웠다는 평가를 받았을 때; 아래에 의견과 상담원 단추가 붙어요"),
    "rating_comment": line("단추 이름: 평가에 의견 더하기 (14자까지)"),
    "rating_person": line("단추 이름: 아쉬웠을 때 상담원 부르기 (14자까지)"),
    "rating_comment_ask": line("의견을 적어 달라고 할 때; 아래에 그만두기 단추가 붙어요"),
    "rating_comment_stop": line("단추 이름: 의견을 적지 않기 (14자까지)"),
    "rating_comment_stopped": line("의견을 적지 않기로 했을 때"),
    "rating_comment_thanks": line("의견을 받았을 때"),
    "mute_warning": line("욕설이 이어져서, 계속되면 답을 쉰다고 미리 알릴 때", "minutes"),
    "muted": line(
        "답을 쉬기 시작했을 때; 아래에 다시 봐 달라는 단추가 붙어요",
        *("until", "department", "department_phone"),
    ),
    "muted_still": line("답을 쉬는 동안 다시 글을 썼을 때", *("until", "department", "department_phone")),
    "mute_appeal": line("단추 이름: 답을 쉬는 것이 맞는지 다시 봐 달라고 하기 (14자까지)"),
    "mute_appealed": line("다시 봐 달라는 뜻을 받았을 때", "department", "department_phone"),
    "mute_lifted": line("다시 본 뒤 답을 쉬지 않기로 했을 때"),
    "mute_upheld": line("다시 보았지만 그대로 쉬기로 했을 때", "until"),
}

BUTTONS = frozenset(
    {
        "rating_good",
        "rating_fair",
        "rating_bad",
        "rating_comment",
        "rating_person",
        "rating_comment_stop",
        "mute_appeal",
    }
)
"""Those that are labels of buttons."""
