"""The login pages, put together."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from bot.content.store import ContentStore
from bot.identity.oidc import Provider
from bot.identity.pages import Find, LoginPages, Tell, build_login
from bot.identity.personal import Personal, Subjects, client
from bot.messages import utc_now
from bot.outside import Outside
from bot.secrets import own_secret
from bot.settings import Settings


def login_pages(
    settings: Settings,
    personal: Personal,
    content: ContentStore,
    find: Find,
    tell: Tell,
) -> web.Application:
    """To be mounted at `/in`. Raises `OSError` when the secret of a first start cannot be written."""
    pages = LoginPages(
        personal,
        Provider(Outside((settings.issuer, *settings.inside_origins)), client(settings)),
        Subjects(own_secret(settings.var_dir, "subjects")),
        settings.issuer,
        "시범 로그인" if settings.demo_login else urlsplit(settings.issuer).hostname or "",
        settings.address,
        find,
        tell,
        content.persona,
        content.call_centre,
        utc_now,
    )
    return build_login(pages)
