"""What bytes are, by what they begin with: nothing that a sender says about them is believed."""

from __future__ import annotations

from collections.abc import Mapping

_BEGINNINGS: Mapping[bytes, str] = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
    b"\xff\xf2": "audio/mpeg",
    b"\xff\xf1": "audio/aac",
    b"\xff\xf9": "audio/aac",
    b"#!AMR": "audio/amr",
    b"%PDF-": "application/pdf",
}
_BRANDS: Mapping[bytes, str] = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"heic": "image/heic"}
"""Of an ISO media file, whose first box says what it is (ISO/IEC 14496-12); films are none of ours."""
_RIFF: Mapping[bytes, str] = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

ENDINGS: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
    "application/pdf": "pdf",
}
"""The types that operators may look at, with the endings of their files' names."""
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What every browser shows as a picture; the others are saved."""


def kind_of(content: bytes) -> str | None:
    """The media type, one of `ENDINGS`; None for anything else."""
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12])
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    return next((kind for begins, kind in _BEGINNINGS.items() if content.startswith(begins)), None)
