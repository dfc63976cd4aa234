"""Words as rows: synonyms, lists of names and the thesaurus, each saved as a draft of its file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import needs
from bot.console.intent_parts import ENTITIES
from bot.console.teaching import Teaching
from bot.console.words import N_, words
from bot.content.check_texts import fold
from bot.studio.intents_text import NotEditable, add_block, read_blocks, remove_block, set_block
from bot.studio.intents_words import THESAURUS, Term, read_terms, remove_term, set_term, split
from bot.studio.texts import Texts

TABS = {
    "synonyms": N_("같은 말"),
    "lookups": N_("낱말 목록"),
    "thesaurus": N_("시민의 말과 행정 용어"),
}
LEADS = {
    "synonyms": N_("‘쇼파’라고 써도 ‘소파’로 알아듣게 해요. 학습해야 쓰여요."),
    "lookups": N_("동네나 부서처럼 이름이 정해진 것의 목록이에요. 학습해야 쓰여요."),
    "thesaurus": N_("시민이 하는 말을 답변에 적힌 말로 바꿔 찾아요. 게시하면 바로 쓰여요."),
}
FILES = {"synonyms": "data/nlu/synonyms.yml", "lookups": "data/nlu/lookups.yml"}
KINDS = {"synonyms": "synonym", "lookups": "lookup"}
SHOWN = 60
"""Rows on a page."""
_NOTICES = {
    "saved": N_("저장했어요. 아직 초안이에요."),
    "removed": N_("지웠어요. 아직 초안이에요."),
}


class WordPages:
    """The rows of one kind, searched, changed, added and removed."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        tab = "{tab:synonyms|lookups|thesaurus}"
        return [
            web.get("/studio/words", self.first),
            web.get(f"/studio/words/{tab}", self.index),
            web.post(f"/studio/words/{tab}", self.save),
        ]

    @needs("view")
    async def first(self, _request: web.Request) -> web.StreamResponse:
        """To the first tab."""
        raise web.HTTPSeeOther("/studio/words/synonyms")

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The rows that fit the words searched for."""
        return await self._page(request)

    @needs("teach")
    async def save(self, request: web.Request) -> web.StreamResponse:
        """Change, add or remove one row."""
        tab = request.match_info["tab"]
        form = {name: str(value) for name, value in (await request.post()).items()}
        old, name, said = form.get("old", ""), form.get("name", "").strip(), split(form.get("words", ""))
        gone = "remove" in form
        texts = await self._teaching.texts()
        try:
            if tab == "thesaurus":
                path = form.get("path", "")
                if path not in texts.paths(THESAURUS):
                    raise web.HTTPBadRequest
                edit = _term(path, old, name, said, gone=gone)
            else:
                path = FILES[tab]
                edit = _block(KINDS[tab], old, name, said, gone=gone)
            await self._teaching.change(request, path, edit, "words_changed", name or old)
        except NotEditable as error:
            return await self._page(request, error=words(request)(str(error)), typed=form, status=409)
        raise _back(tab, {"q": form.get("q", ""), "notice": "removed" if gone else "saved"})

    async def _page(
        self, request: web.Request, error: str = "", typed: dict[str, str] | None = None, status: int = 200
    ) -> web.StreamResponse:
        tab, _ = request.match_info["tab"], words(request)
        texts = await self._teaching.texts()
        q = " ".join((request.query.get("q") or (typed or {}).get("q", "")).split())[:60]
        rows, topics, broken = await asyncio.to_thread(_rows, texts, tab)
        key = fold(q)
        found = [
            row for row in rows if not q or any(key in fold(word) for word in (row.official, *row.everyday))
        ]
        topic = request.query.get("path", "")
        if tab == "thesaurus" and topic:
            found = [row for row in found if row.path == topic]
        pages = -(-len(found) // SHOWN) or 1
        page = min(max(1, int(text) if (text := request.query.get("page", "1")).isdecimal() else 1), pages)
        context: dict[str, Any] = {
            "tab": tab,
            "tabs": [(f"/studio/words/{id_}", _(name), 0) for id_, name in TABS.items()],
            "lead": _(LEADS[tab]),
            "rows": found[(page - 1) * SHOWN : page * SHOWN],
            "total": len(found),
            "topics": topics,
            "topic": topic,
            "broken": broken,
            "page": page,
            "pages": pages,
            "query": urlencode({"q": q, "path": topic}),
            "q": q,
            "shown": lambda name: _(ENTITIES[name]) if tab == "lookups" and name in ENTITIES else name,
            "drafts": texts.drafts,
            "notice": _(_NOTICES.get(request.query.get("notice", ""), "")),
            "error": error,
            "typed": {name: (typed or {}).get(name, "") for name in ("old", "name", "words", "path")},
        }
        return aiohttp_jinja2.render_template("words.html", request, context, status=status)


def _rows(texts: Texts, tab: str) -> tuple[list[Term], list[tuple[str, str]], dict[str, str]]:
    """The rows, the files with their topics, and the files that cannot be read."""
    rows: list[Term] = []
    topics: list[tuple[str, str]] = []
    broken: dict[str, str] = {}
    if tab != "thesaurus":
        path = FILES[tab]
        try:
            blocks = read_blocks(texts.read(path).text or "")
        except NotEditable as error:
            return [], [], {path: str(error)}
        rows = [
            Term(path, "", block.name, tuple(one.text for one in block.examples))
            for block in blocks
            if block.kind == KINDS[tab]
        ]
        return rows, [(path, path)], broken
    for path in texts.paths(THESAURUS):
        try:
            topic, terms = read_terms(path, texts.read(path).text or "")
        except NotEditable as error:
            broken[path] = str(error)
            continue
        topics.append((path, topic))
        rows += terms
    return rows, topics, broken


def _term(path: str, old: str, name: str, said: list[str], *, gone: bool) -> Callable[[str | None], str]:
    if gone:
        return lambda text: remove_term(path, text or "", old)
    return lambda text: set_term(path, text or "", old, name, said)


def _block(kind: str, old: str, name: str, said: list[str], *, gone: bool) -> Callable[[str | None], str]:
    if gone:
        return lambda text: remove_block(text or "", kind, old)
    if not old:
        if not name or not said:
            raise NotEditable(N_("이름과 낱말을 모두 적어 주세요."))
        return lambda text: add_block(text or "", kind, name, said)
    return lambda text: set_block(text or "", kind, old, said)


def _back(tab: str, go: dict[str, str]) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/studio/words/{tab}?{urlencode({k: v for k, v in go.items() if v})}")
