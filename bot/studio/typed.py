"""What people type, made fit for files."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Text that files can hold: usual line breaks, composed letters, nothing unseen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").split("\n")
    plain = "\n".join(line.rstrip() for line in lines)
    return _UNSEEN.sub("", unicodedata.normalize("NFC", plain)).strip()
