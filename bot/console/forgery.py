"""Whether a form that arrives was sent by a page of ours, and by whose.

Every browser of today says where a request comes from: `Sec-Fetch-Site` (Fetch Metadata Request Headers,
section 2.3), before that `Origin` (RFC 6454, section 7). Where neither is said, the form's token decides.
"""

from __future__ import annotations

import hmac
from enum import Enum
from urllib.parse import urlsplit

from aiohttp import web

FORM = "sotong_form"
"""Cookie that proves, before anybody is logged in, that the log-in form was ours."""
CSRF = "X-CSRF-Token"
"""Header that stands in for the field `csrf` where the body is no form."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Sender(Enum):
    """What is known of the page that sent a request."""

    OURS = 1
    """The browser says that it is ours."""
    STRANGE = 2
    """The browser says that it is not."""
    UNSAID = 3


def sender(request: web.Request) -> Sender:
    """What the browser says of the page that sent a request."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return Sender.OURS if site in ("same-origin", "none") else Sender.STRANGE
    if origin := request.headers.get("Origin"):
        return Sender.OURS if _host(origin) == request.host.lower() else Sender.STRANGE
    return Sender.UNSAID


async def given_token(request: web.Request) -> str:
    """The token that came with a form, empty when none did."""
    if token := request.headers.get(CSRF):
        return token
    if not request.content_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    given = (await request.post()).get("csrf", "")
    return given if isinstance(given, str) else ""


def same(given: str, wanted: str) -> bool:
    """Whether a token is the one that is wanted."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def same_person(given: str, wanted: str) -> bool:
    """Whether both tokens were made for one person, perhaps in two sessions of theirs."""
    return same(given.partition(".")[0], wanted.partition(".")[0])


def _host(origin: str) -> str:
    """Host and port of an origin; browsers leave the usual port out of it, and out of `Host`."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
