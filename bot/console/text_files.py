"""Text files that come and go: new ones, those that shall go, and drafts that are given up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.teaching import Teaching
from bot.console.texts import ELSEWHERE, GROUPS, PATH
from bot.console.words import words
from bot.studio.drafts import DraftTaken, NoDraft
from bot.studio.files import FOLDERS, misnamed, removable
from bot.studio.needed import needed


class TextFilePages:
    """The form for a new file, and the buttons that remove one or give a draft up."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/studio/texts/new", self.form),
            web.post("/studio/texts/new", self.make),
            web.post(f"/studio/texts/{PATH}/remove", self.remove),
            web.post(f"/studio/texts/{PATH}/{{what:discard|restore}}", self.give_up),
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
            linked = [(one, "" if one.path.startswith(ELSEWHERE) else one.path) for one in reasons]
            context = {"path": path, "reasons": linked}
            return aiohttp_jinja2.render_template("text_needed.html", request, context, status=409)
        try:
            await self._teaching.save(request, text, None, "text_removed", "")
        except DraftTaken as error:
            raise web.HTTPConflict(text=changed) from error
        raise web.HTTPSeeOther(f"/studio/texts/{path}?notice=removed")

    @needs("teach")
    async def give_up(self, request: web.Request) -> web.StreamResponse:
        """Throw a draft away, or take it up again."""
        path, what = request.match_info["path"], request.match_info["what"]
        version = str((await request.post()).get("version", ""))
        item = f"file:{path}"
        draft = (await self._teaching.texts()).drafts.get(path)
        try:
            if what == "discard":
                await self._teaching.drafts.discard(item, int(version))
            else:
                await self._teaching.drafts.restore(item, int(version))
        except (NoDraft, DraftTaken) as error:
            _ = words(request)
            raise web.HTTPConflict(text=_("그 사이 초안이 바뀌었어요. 화면을 새로 고쳐 주세요.")) from error
        except ValueError:
            raise web.HTTPBadRequest from None
        await self._teaching.audit.note(request[WHO].operator_id, f"draft_{what}ed", item)
        if what == "discard" and draft is not None and draft.base is None:  # the file itself is gone with it
            raise web.HTTPSeeOther(f"/studio/texts?gone={path}&version={version}")
        notice = f"discarded&version={version}" if what == "discard" else "restored"
        if what == "discard" and draft is not None and draft.text is None:
            notice = "kept"
        raise web.HTTPSeeOther(f"/studio/texts/{path}?notice={notice}")

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
