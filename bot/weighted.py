"""How long X finds a text: configuration version 3 of github.com/twitter/twitter-text.

Code points of four ranges weigh 1, all others, Korean among them, 2; an address with `http(s)://` weighs 23,
however long. Where the rules are longer than they are worth here the count errs upwards: a bare domain weighs
at least 23 whether or not X makes a link of it, and every part of a joined emoji weighs 2.
"""

from __future__ import annotations

import re
import unicodedata

ADDRESS = 23
"""Weight of an address: X replaces it by one of its own."""
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that weigh 1, first and last."""
_LINK = re.compile(
    r"(?P<full>https?://[!-~]*[A-Za-z0-9/_=&#+-])|(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[!-~]*)?", re.IGNORECASE
)


def weighted(text: str) -> int:
    """The weighted length; a post may weigh 280."""
    plain = unicodedata.normalize("NFC", text)
    total, place = 0, 0
    for link in _LINK.finditer(plain):
        raw = _weight(link.group())
        total += _weight(plain[place : link.start()]) + (ADDRESS if link["full"] else max(ADDRESS, raw))
        place = link.end()
    return total + _weight(plain[place:])


def _weight(text: str) -> int:
    return sum(1 if any(first <= ord(c) <= last for first, last in _LIGHT) else 2 for c in text)
