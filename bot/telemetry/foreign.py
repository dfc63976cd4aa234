"""What others' log lines may say: their own wording, not what they put into it."""

from __future__ import annotations

import re

_OURS = ("bot", "actions", "connectors", "demo", "__main__")
_LONGEST = 160
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|‘[^’]*’|“[^”]*”|`[^`]*`")
_REST = re.compile(r"(?<=[:=])\s.*|<.*|\{.*|\[.*")
"""What follows a colon, an equals sign or a bracket is somebody's value."""


def is_ours(logger: str) -> bool:
    """Whether a logger is one of our own modules'."""
    return logger.partition(".")[0] in _OURS


def wording(message: str) -> str:
    """The first line of a message, without quotations and whatever is listed in it.

    A message that a library composes of its own words and others' cannot be taken apart for certain: what
    looks like somebody's value goes.
    """
    line = message.strip().partition("\n")[0]
    return _REST.sub("…", _QUOTED.sub("'…'", line))[:_LONGEST]
