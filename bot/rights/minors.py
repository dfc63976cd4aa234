"""Citizens under 14, as far as they say so themselves: no personal data is taken from them.

PIPA art. 22-2 asks for the legal representative's consent; a chat cannot have it. Pure.
"""

from __future__ import annotations

import re

OLD_ENOUGH = 14
"""Years (만 나이)."""
_ME = r"(?:저는|나는|전|난|저|나|제가|내가)\s*(?:이제|올해|지금|아직|사실|그냥)?\s*"
_POLITE = "이에요|이예요|예요|에요|여요|이야|야|입니다|임|이요|인데요|거든요|이거든요|이다"
_IS = rf"(?:{_POLITE}|인데|이고요?|이라서?|거든|이거든)"
_END = rf"(?:{_POLITE})\s*[.!~ㅠㅜ]*\s*$"
_YEARS = r"(?:만\s*)?(?P<age>\d{1,2})\s*(?:살|세)\s*"
_GRADE = r"초등학교\s*[1-6]\s*학년|초등\s*[1-6]\s*학년|초[1-6]|중학교\s*1\s*학년|중1"
_PUPIL = rf"(?:초등학생|초딩|유치원생|어린이|{_GRADE})\s*"
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:^|[\s,.!?~]){_ME}{_YEARS}{_IS}",
        rf"^\s*{_YEARS}{_END}",
        rf"(?:^|[\s,.!?~]){_ME}{_PUPIL}{_IS}",
        rf"^\s*{_PUPIL}{_END}",
    )
)


def says_minor(text: str) -> bool:
    """Whether somebody says of themselves that they are under 14: “저 12살이에요”, “초등학생이에요”."""
    for pattern in _SAID:
        found = pattern.search(text)
        if found and int(found.groupdict().get("age") or 0) < OLD_ENOUGH:
            return True
    return False
