"""`data/open.yml`: on what terms an office gives its data away, and how it speaks of that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from bot.content.live_file import LiveFile
from bot.content.models import Content, Line, Text

_Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=300)]


class Licence(Content):
    """What anybody may do with the data."""

    name: Line
    url: _Url


class OpenFile(Content):
    """`data/open.yml`."""

    licence: Licence = Licence(
        name="공공누리 제1유형 (출처표시)", url="https://www.kogl.or.kr/info/license.do#01-tab"
    )
    about: Text = "챗봇이 얼마나 잘 답하는지 한 주마다 그대로 보여 드려요."
    """First words of the page."""
    contact: Line | None = None
    """Where one asks about the data: an address or a phone number."""


class About:
    """The file as it stands now; what it may leave out where there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = LiveFile(path, OpenFile)

    def __call__(self) -> OpenFile:
        """Raises `bot.content.problem.ContentError` for a file that was never good."""
        return self._file.current() if self._path.exists() else OpenFile()
