"""What the rules ask of any text: whether two say the same, whether there is personal data in one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from bot import masking
from bot.content.problem import Severity

_NEVER = frozenset({"rrn", "card", "driver", "passport"})
"""Personal data that has no place in content."""
_HARDLY = frozenset({"mobile", "account"})
"""Numbers that may be an office's own."""


class Personal(NamedTuple):
    """Personal data in a text: where it begins and what to tell whoever wrote it."""

    start: int
    message: str
    remedy: str
    severity: Severity


def fold(text: str) -> str:
    """A text without what does not tell two apart: spaces, punctuation, case, width."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum()) or plain


def personal_data(text: str) -> Iterator[Personal]:
    """What looks like somebody's own number in a text, in order."""
    for found in masking.find(text):
        message = f"{masking.TOKENS[found.kind]}로 보이는 것이 있어요"
        if found.kind in _NEVER:
            remedy = "예시라면 ‘000000-0000000’처럼 바꾸고, 실제 번호라면 지워 주세요."
            yield Personal(found.start, message, remedy, "error")
        elif found.kind in _HARDLY:
            remedy = "기관의 공식 번호가 맞는지 확인하고, 개인의 것이면 지워 주세요."
            yield Personal(found.start, message, remedy, "warning")
