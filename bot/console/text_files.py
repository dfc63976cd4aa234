"""A new text file, and one that shall go: both are drafts until they are published."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import needs
from bot.console.teaching import Teaching
from bot.console.texts import GROUPS, PATH
from bot.console.words import words
from bot.studio.drafts import DraftTaken
from bot.studio.files import FOLDERS, misnamed, needed, removable


class TextFilePages:
    """The form for a new file, and the button that removes one."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/studio/texts/new", self.form),
            web.post("/studio/texts/new", self.make),
            web.post(f"/studio/texts/{PATH}/remove", self.remove),
        ]

    @needs("teach")
    async def form(self, request: web.Request) -> web.StreamResponse:
        """The form; `folder` may come along from the list."""
        return self._page(request, {"folder": request.query.get("folder", "")}, {})

    @needs("teach")
    async def make(self, request: web.Request) -> web.StreamResponse:
        """Lead to the new file's editor, which begins with an example; nothing is kept before it is saved."""
        typed = {name: str(value) for name, value in (await request.post()).items()}
        folder, name = typed.get("folder", ""), typed.get("name", "").strip().removesuffix(".yml")
        _ = words(request)
        if folder not in FOLDERS:
            return self._page(request, typed, {"folder": _("무엇을 만들지 골라 주세요.")}, 409)
        wrong = misnamed(folder, name, await self._teaching.texts())
        if wrong:
            return self._page(request, typed, {"name": wrong}, 409)
        raise web.HTTPSeeOther(f"/studio/texts/{folder}/{name}.yml?new=1")

    @needs("teach")
    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Keep a draft in which the file is gone; refused while something needs it or when it has changed."""
        path = request.match_info["path"]
        version = str((await request.post()).get("version", ""))
        texts = await self._teaching.texts()
        if not removable(path):
            raise web.HTTPNotFound
        text = await asyncio.to_thread(texts.read, path)
        if text.text is None or text.base is None:
            raise web.HTTPNotFound
        _ = words(request)
        changed = _("그 사이 이 파일이 바뀌었어요. 다시 읽어 보고 지워 주세요.")
        if version != str(text.version):
            raise web.HTTPConflict(text=changed)
        reasons = await asyncio.to_thread(needed, texts, path)
        if reasons:
            context = {"path": path, "reasons": reasons}
            return aiohttp_jinja2.render_template("text_needed.html", request, context, status=409)
        try:
            await self._teaching.save(request, text, None, "text_removed", "")
        except DraftTaken as error:
            raise web.HTTPConflict(text=changed) from error
        raise web.HTTPSeeOther(f"/studio/texts/{path}?notice=removed")

    def _page(
        self, request: web.Request, typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200
    ) -> web.StreamResponse:
        context = {
            "typed": {name: typed.get(name, "") for name in ("folder", "name")},
            "wrong": {name: errors.get(name, "") for name in ("folder", "name")},
            "errors": errors,
            "kinds": [(folder, name, lead) for folder, name, lead in GROUPS if folder in FOLDERS],
        }
        return aiohttp_jinja2.render_template("text_new.html", request, context, status=status)
