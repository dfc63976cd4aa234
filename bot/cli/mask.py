"""`sotong mask`: what would be written down of a citizen's words."""

from __future__ import annotations

import json
import sys

from bot.masking import TOKENS, find, replace


def mask(text: str, *, as_json: bool) -> int:
    """Print the text as the log would have it; `-` reads it from standard input."""
    if text == "-":
        text = sys.stdin.read().removesuffix("\n")
    found = find(text)
    masked = replace(text, found)
    if as_json:
        items = [
            {"kind": item.kind, "label": TOKENS[item.kind], "start": item.start, "end": item.end}
            for item in found
        ]
        print(json.dumps({"text": masked, "found": items}, ensure_ascii=False))
    else:
        print(masked)
    return 0
