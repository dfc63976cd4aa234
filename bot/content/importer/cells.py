"""What the cells of a table hold, as texts, lists, links, days and yes or no; and the way back."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date

from bot.content.importer.tables import LIST_MARK

_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_NEWLINE = re.compile("\r\n|[\r\v\f\x1c-\x1f\x85\u2028\u2029]")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_DATE = re.compile(r"(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})\s*[.일]?(?:[T ].*)?")
_FORMULA = re.compile(r"'*[=+\-@\t]")
_YES = frozenset({"예", "네", "y", "yes", "true", "1", "o", "v"})
_BETWEEN = " | "
"""Between a link's name and its address."""


class BadCell(ValueError):
    """A cell that cannot be read; `str()` says what is wrong with it."""


def clean(text: str) -> str:
    """Text that YAML and people can live with; words, signs and indentation stay as they are.

    Character references are resolved (exports escape them several times over: `&amp;amp;apos;`), odd
    spaces and line ends made plain, invisible characters and blank edges dropped, at most one blank
    line kept.
    """
    for _ in range(8):
        plain = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if plain == text:
            break
        text = plain
    text = _BLANK.sub(" ", _UNWANTED.sub("", _NEWLINE.sub("\n", text)))
    text = "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def one_line(text: str) -> str:
    """Cleaned text without line breaks."""
    return " ".join(clean(text).split())


def lines(text: str) -> list[str]:
    """Different lines of a cell, or items of a list; blank ones are left out."""
    parts = (one_line(part) for piece in text.split(LIST_MARK) for part in clean(piece).split("\n"))
    return list(dict.fromkeys(part for part in parts if part))


def day(text: str) -> str | None:
    """A day as `2026-03-31`; None for an empty cell. Raises BadCell."""
    given = one_line(text)
    if not given:
        return None
    match = _DATE.fullmatch(given)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        pass  # a day that no calendar has: told like any other
    raise BadCell(f"날짜 ‘{given[:40]}’을 알아볼 수 없어")


def links(text: str) -> list[dict[str, str]]:
    """Links, a line each: `이름 | https://…`. Raises BadCell."""
    found = []
    for each in lines(text):
        label, bar, url = (part.strip() for part in each.rpartition("|"))
        if not bar or not label or not url:
            raise BadCell(f"링크 ‘{each[:40]}’는 ‘이름 | https://주소’ 꼴이어야 해요")
        found.append({"label": label, "url": url})
    return found


def flag(text: str) -> bool:
    """Whether a cell says yes."""
    return one_line(text).casefold() in _YES


def link_lines(found: Iterable[Mapping[str, str]]) -> str:
    """Links as `links` reads them."""
    return "\n".join(f"{each['label']}{_BETWEEN}{each['url']}" for each in found)


def guarded(text: str) -> str:
    """A text of which no spreadsheet makes a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text without what `guarded` put before it."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
