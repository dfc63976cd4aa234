"""On which messengers citizens can be written to unasked, for those who ask before they subscribe.

The channels themselves say it in `Capabilities`, which the action server does not load; a test keeps the two
alike.
"""

from __future__ import annotations

from enum import Enum

from bot.settings import Settings


class Push(Enum):
    """What a messenger allows."""

    ALWAYS = "always"
    WINDOW = "window"
    """Only for a day after the citizen's last message."""
    NEVER = "never"


NEVER = frozenset({"kakao", "xmentions", "youtube"})
WINDOW = frozenset({"instagram", "messenger", "whatsapp"})
NAMES = {
    "webchat": "웹챗",
    "telegram": "텔레그램",
    "kakao": "카카오톡",
    "naver": "네이버 톡톡",
    "line": "라인",
    "messenger": "페이스북 메신저",
    "instagram": "인스타그램",
    "whatsapp": "왓츠앱",
    "x": "X 쪽지",
    "xmentions": "X 멘션",
    "youtube": "유튜브 댓글",
}
"""As citizens call them; any other channel is the agency's own app."""


def push(channel: str) -> Push:
    """What a channel allows."""
    if channel in NEVER:
        return Push.NEVER
    return Push.WINDOW if channel in WINDOW else Push.ALWAYS


def name(channel: str) -> str:
    """What citizens call it."""
    return NAMES.get(channel, "이 대화")


def others(settings: Settings) -> list[str]:
    """Names of the messengers that are set up and can always be written to."""
    known = [each for each in NAMES if push(each) is Push.ALWAYS]
    return [NAMES[each] for each in known if each == "webchat" or settings.is_on(each)]
