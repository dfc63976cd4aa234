"""What was typed into a page whose session is over, or that somebody else had opened: it is not lost."""

from __future__ import annotations

import aiohttp_jinja2
from aiohttp import web

from bot.console.words import words
from bot.staff.sessions import LoggedIn

_SECRET = frozenset({"csrf", "old", "new", "again", "password", "code"})
"""Fields that are not sent back to a page."""


async def unsent(request: web.Request, status: int, who: LoggedIn | None = None) -> web.Response:
    """A page that holds the fields of the form, to be sent once the person is logged in.

    401: nobody is logged in any more. 409: the page was opened by somebody else in this browser.
    """
    if "application/json" in request.headers.get("Accept", ""):
        _ = words(request)
        error = _("로그아웃되었어요. 새 창에서 로그인한 뒤 다시 보내 주세요.")
        return web.json_response({"error": error}, status=status)
    fields = []
    if request.content_type == "application/x-www-form-urlencoded":
        given = (await request.post()).items()
        fields = [(name, text) for name, text in given if name not in _SECRET and isinstance(text, str)]
    context = {
        "action": request.path_qs,
        "hidden": [each for each in fields if not _worth_showing(each[1])],
        "shown": [each for each in fields if _worth_showing(each[1])],
        "secret": request.path.startswith(("/password", "/account")),
        "file": request.content_type == "multipart/form-data",
        "other": status == 409,
        "who": who,
        "shelves": (),
    }
    return aiohttp_jinja2.render_template("unsent.html", request, context, status=status)


def _worth_showing(text: str) -> bool:
    """Whether somebody typed it: words, not a number or a code of the page's."""
    return len(text) > 20 or " " in text.strip() or not text.isascii()
