"""Changes of JSON that keep it JSON: bytes changed at random seldom get past its grammar."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**63, 10**400, "", " ", "0", "x" * 300, [], {}, [[]]),
    *(
        [None],
        {"": None},
        {"type": []},
        "\ud83d",
        "\udc00가",
        "\x00",
        "1\u0660",
        "²",
        "٣",
        "-0",
        "1e5",
        "NaN",
    ),
    *(
        "가나다",
        "ㅏㅏㅏ",
        "e\u0301",
        "\u202e",
        "👨‍👩‍👧",
        "010-1234-5678",
        "내일 3시",
        "/restart{}",
        "http://[",
        "https://x:99999/",
    ),
)
"""What parsers trip over."""


def mutated(data: bytes, rng: random.Random) -> bytes | None:
    """The document with one to three values changed, moved or taken out; None when it is no JSON."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    for _ in range(rng.randint(1, 3)):
        found = _change(found, rng)
    return json.dumps(found, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _change(document: Any, rng: random.Random) -> Any:
    places = list(_places(document))
    if not places:
        return copy.deepcopy(rng.choice(ODD))
    holder, key = rng.choice(places)
    what = rng.randrange(5)
    if what == 0:
        del holder[key]
    elif what == 1:
        other, at = rng.choice(places)
        holder[key] = copy.deepcopy(other[at]) if len(places) < _MOST else None
    elif what == 2 and isinstance(holder[key], str):
        holder[key] = _text(holder[key], rng)
    elif what == 3 and isinstance(holder, list) and len(holder) < _MOST:
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[key] = copy.deepcopy(rng.choice(ODD))
    return document


_MOST = 60


def _text(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    piece = rng.choice([each for each in ODD if isinstance(each, str)])
    return text[:at] + piece + text[at + rng.randint(0, 3) :]


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        for key in value:
            yield value, key
            yield from _places(value[key])
    elif isinstance(value, list):
        for at in range(len(value)):
            yield value, at
            yield from _places(value[at])
