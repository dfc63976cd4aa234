"""How the open pages say things: names, days, shares, and the calls of the API as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

OUTCOMES = {
    "answered": "바로 답했어요",
    "not_answered": "답하지 못했어요 (비슷한 질문을 보여 드렸거나 모른다고 했어요)",
    "refused": "시가 하는 일이 아니었어요",
    "handed_off": "상담원에게 이었어요",
    "failed": "장애로 답하지 못했어요",
    "other": "그 밖",
}
_CHANNELS = {
    "webchat": "웹 채팅",
    "kakao": "카카오톡",
    "naver": "네이버 톡톡",
    "line": "라인",
    "messenger": "페이스북 메신저",
    "instagram": "인스타그램",
    "whatsapp": "왓츠앱",
    "telegram": "텔레그램",
    "x": "X 쪽지",
    "xmentions": "X 멘션",
    "youtube": "유튜브 댓글",
    "webhook": "기관 앱",
    "agency": "다른 기관",
    "other": "그 밖",
}


def calls(document: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """The calls of the OpenAPI document, as the page shows them."""
    shared = document["components"]["parameters"]
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": call["summary"],
            "parameters": [
                each
                for each in (
                    shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                    for one in call.get("parameters", ())
                )
                if each["in"] == "query"
            ],
        }
        for path, calls in document["paths"].items()
        for method, call in calls.items()
    ]


def _day(day: date) -> str:
    return f"{day.year}년 {day.month}월 {day.day}일"


def _week(name: str) -> str:
    year, _, week = name.partition("-W")
    return f"{year}년 {int(week)}번째 주"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%".replace(".0%", "%")


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.2f}초"


def channel_name(name: str) -> str:
    """What citizens call a channel."""
    return _CHANNELS.get(name, name)


FILTERS: Mapping[str, Callable[[Any], str]] = {
    "day": _day,
    "week": _week,
    "percent": _percent,
    "seconds": _seconds,
    "channel": channel_name,
}
"""Of the templates."""
