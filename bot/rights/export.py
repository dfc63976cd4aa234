"""A citizen's data to take away: a ZIP file with a text to read and JSON for programs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

_WHO = {"citizen": "나", "bot": "챗봇", "operator": "상담원", "system": "알림"}


def archive(
    kinds: Mapping[str, Sequence[Mapping[str, Any]]], *, city: str, channel: str, now: datetime, zone: tzinfo
) -> bytes:
    """`대화.txt` and `내정보.json` out of `bot.rights.mine.everything`."""
    made = now.astimezone(zone)
    whole = {"city": city, "channel": channel, "made_at": made.isoformat(timespec="seconds"), "data": kinds}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in (
            ("대화.txt", "\ufeff" + readable(kinds, city=city, made=made)),
            ("내정보.json", json.dumps(whole, ensure_ascii=False, indent=1)),
        ):
            packed.writestr(zipfile.ZipInfo(name, made.timetuple()[:6]), text)
    return file.getvalue()


def readable(kinds: Mapping[str, Sequence[Mapping[str, Any]]], *, city: str, made: datetime) -> str:
    """The conversation as lines, then everything else as `name: value`."""
    parts = [f"{city} 챗봇과 나눈 대화와 보관 중인 내 정보\n{made:%Y-%m-%d %H:%M}에 내보냄"]
    for title, rows in kinds.items():
        lines = [_line(row, made.tzinfo) if "author" in row else _row(row) for row in rows]
        parts.append("\n".join([f"[{title}]", *lines]))
    return "\r\n".join("\n\n".join(parts).splitlines()) + "\r\n"


def _line(row: Mapping[str, Any], zone: tzinfo | None) -> str:
    at = datetime.fromisoformat(row["at"]).astimezone(zone)
    return f"{at:%Y-%m-%d %H:%M} {_WHO.get(row['author'], row['author'])}: {row['text']}"


def _row(row: Mapping[str, Any]) -> str:
    filled = (f"{name}: {value}" for name, value in row.items() if value not in (None, "", [], {}))
    return "- " + " / ".join(filled)
