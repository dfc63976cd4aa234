"""Answers come in from a table and go out into one: columns chosen, changes looked at, then drafts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import BodyPartReader, web

from bot.console.guard import WHO, needs
from bot.console.words import N_, told, words
from bot.content.exporter import KINDS, CannotExport, Entry, table
from bot.content.importer.head import Head
from bot.content.importer.mapping import FIELDS, NEEDED, header
from bot.content.importer.tables import ImportRefused, Row
from bot.content.models import Department
from bot.staff.audit import AuditTrail
from bot.staff.roles import may
from bot.studio.importing import Importing
from bot.studio.imports import MOST, Import, Imports, TooLarge
from bot.studio.shelf import Shelf

PAGE = 50
SAMPLES = 3
SHOWN = ("new", "changed", "refused", "unchanged")
_MEGABYTE = 1024 * 1024
_MARGIN = 64 * 1024
"""Bytes of a form around its file."""
_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
}
_STEPS = {
    "comparing": N_("답변과 견주고 있어요"),
    "saving": N_("초안으로 만들고 있어요"),
}


class ImportPages:
    """What people do with tables of answers."""

    def __init__(
        self,
        imports: Imports,
        work: Importing,
        shelf: Shelf,
        departments: Callable[[], Sequence[Department]],
        audit: AuditTrail,
        clock: Callable[[], datetime],
    ) -> None:
        self._imports = imports
        self._work = work
        self._shelf = shelf
        self._departments = departments
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/studio/import/{id:[\w-]{16}}"
        return [
            web.get("/studio/import", self.index),
            web.post("/studio/import", self.upload),
            web.get("/studio/export", self.export),
            web.get(one, self.show),
            web.get(one + "/state", self.state),
            web.post(one + "/columns", self.columns),
            web.post(one + "/save", self.save),
            web.post(one + "/undo", self.undo),
            web.post(one + "/remove", self.remove),
        ]

    @needs("edit")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """`GET /studio/import`: send a file, go on with an earlier one, or take the answers out."""
        return await self._index(request)

    @needs("edit")
    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Receive a file in pieces: what is too large is refused before it is read."""
        _ = words(request)
        large = _("파일이 %(n)dMB보다 커요. 필요한 줄만 남기거나 나누어 주세요.", n=MOST // _MEGABYTE)
        if (request.content_length or 0) > MOST + _MARGIN:
            return await self._index(request, large, 413)
        if not request.content_type.startswith("multipart/"):
            return await self._index(request, _("파일을 골라 주세요."), 400)
        try:
            made = await self._receive(request)
        except TooLarge:
            return await self._index(request, large, 413)
        except ImportRefused as error:
            return await self._index(request, str(error), 400)
        if made is None:
            return await self._index(request, _("파일을 골라 주세요."), 400)
        await self._audit.note(request[WHO].operator_id, "import_received", f"import:{made.id}", made.name)
        raise web.HTTPSeeOther(f"/studio/import/{made.id}")

    @needs("edit")
    async def show(self, request: web.Request) -> web.StreamResponse:
        """One import at the step it is at."""
        one = await self._one(request)
        context: dict[str, Any] = {"one": one, "label": header, "NEEDED": NEEDED, "shown": "", "note": ""}
        share = self._work.share(one)
        if share is not None:
            context |= {"step": "working", "share": share, "said": _STEPS.get(one.stage, "")}
        elif one.stage in ("received", "comparing", "failed") or "columns" in request.query:
            context |= await self._choosing(request, one)
        else:
            context |= {"step": one.stage, **await self._preview(request, one)}
        return aiohttp_jinja2.render_template("import_one.html", request, context)

    @needs("edit")
    async def state(self, request: web.Request) -> web.StreamResponse:
        """How far the work is, for the page's script."""
        one = await self._one(request)
        share = self._work.share(one)
        text = told(request, "%(n)d%% 했어요.", n=int(100 * (share or 0.0)))
        running = {"state": "running", "share": share, "text": text, "next": ""}
        return web.json_response(running if share is not None else {"state": "done", "share": 1, "text": ""})

    @needs("edit")
    async def columns(self, request: web.Request) -> web.StreamResponse:
        """Choose the columns and begin to compare."""
        one = await self._one(request)
        self._idle(request, one)
        form = await request.post()
        chosen = {
            field: int(place)
            for field in FIELDS
            if (place := str(form.get(field, ""))).isdecimal() and len(place) < 4
        }
        if "id" not in chosen and "question" not in chosen:
            text = told(request, "질문이나 id가 든 열을 골라 주세요.")
            raise web.HTTPConflict(text=text)
        who = request[WHO]
        self._work.compare(one, chosen, lambda department: may(who, "edit", department))
        raise web.HTTPSeeOther(f"/studio/import/{one.id}")

    @needs("edit")
    async def save(self, request: web.Request) -> web.StreamResponse:
        """Make drafts of what is new and changed."""
        one = await self._one(request)
        self._idle(request, one)
        if one.stage != "compared":
            raise web.HTTPConflict(text=told(request, "먼저 무엇이 바뀌는지 살펴봐 주세요."))
        _ = words(request)
        self._work.save(one, _("%(name)s에서 가져옴", name=one.name))
        count = f"{one.counts['new']}+{one.counts['changed']}"
        await self._audit.note(request[WHO].operator_id, "import_saved", f"import:{one.id}", count)
        raise web.HTTPSeeOther(f"/studio/import/{one.id}")

    @needs("edit")
    async def undo(self, request: web.Request) -> web.StreamResponse:
        """Take the drafts of this import back."""
        one = await self._one(request)
        self._idle(request, one)
        if one.stage != "saved":
            raise web.HTTPConflict(text=told(request, "되돌릴 초안이 없어요."))
        kept = await self._work.undo(one)
        await self._audit.note(request[WHO].operator_id, "import_undone", f"import:{one.id}", str(len(kept)))
        raise web.HTTPSeeOther(f"/studio/import/{one.id}?kept={len(kept)}")

    @needs("edit")
    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Forget an import; its drafts stay."""
        one = await self._one(request)
        self._idle(request, one)
        await asyncio.to_thread(self._imports.remove, one)
        raise web.HTTPSeeOther("/studio/import")

    @needs("view")
    async def export(self, request: web.Request) -> web.StreamResponse:
        """`GET /studio/export?kind=xlsx&topic=`: all answers, or those of one file."""
        kind = request.query.get("kind", "xlsx")
        kind = kind if kind in KINDS else "xlsx"
        topic = request.query.get("topic", "")

        def work() -> bytes:
            answers = self._shelf.now().answers.values()
            chosen = (each for each in answers if topic in ("", each.file))
            entries = (Entry(each.id, each.topic, each.fields) for each in chosen)
            return table(entries, kind, self._departments())

        try:
            body = await asyncio.to_thread(work)
        except CannotExport as error:
            raise web.HTTPConflict(text=str(error)) from error
        await self._audit.note(request[WHO].operator_id, "answers_exported", f"topic:{topic}", kind)
        name = quote(f"{topic or 'answers'}-{self._clock():%Y-%m-%d}.{kind}")
        shown = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return web.Response(body=body, headers=shown | {"Content-Type": _MIME[kind]})

    async def _index(self, request: web.Request, wrong: str = "", status: int = 200) -> web.Response:
        latest = await asyncio.to_thread(self._imports.latest, request[WHO].operator_id)
        shelves = await asyncio.to_thread(self._shelf.now)
        context = {
            "wrong": wrong,
            "latest": latest,
            "total": len(shelves.answers),
            "topics": shelves.topics,
            "most": MOST,
            "megabytes": MOST // _MEGABYTE,
        }
        return aiohttp_jinja2.render_template("import.html", request, context, status=status)

    async def _receive(self, request: web.Request) -> Import | None:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                return await self._imports.receive(part.filename, _pieces(part), request[WHO].operator_id)
        return None

    async def _one(self, request: web.Request) -> Import:
        found = await asyncio.to_thread(self._imports.get, request.match_info["id"], request[WHO].operator_id)
        if found is None:
            raise web.HTTPNotFound
        return found

    def _idle(self, request: web.Request, one: Import) -> None:
        if self._work.share(one) is not None:
            raise web.HTTPConflict(text=told(request, "아직 하고 있어요. 끝날 때까지 기다려 주세요."))

    async def _choosing(self, request: web.Request, one: Import) -> dict[str, Any]:
        try:
            head: Head = await asyncio.to_thread(self._imports.head, one)
        except ImportRefused as error:
            return {"step": "refused", "wrong": str(error)}
        rows = [row for row in islice(head.body, 200) if isinstance(row, Row) and any(row.cells)][:SAMPLES]
        samples = [
            " / ".join(
                cell[:40] for row in rows if place < len(row.cells) and (cell := row.cells[place].strip())
            )
            for place in range(len(head.names))
        ]
        return {
            "step": "columns",
            "wrong": one.failure,
            "names": head.names,
            "samples": samples,
            "chosen": one.columns or head.columns,
            "rows": len(head.body),
            "fields": list(FIELDS),
        }

    async def _preview(self, request: web.Request, one: Import) -> dict[str, Any]:
        first = next((kind for kind in SHOWN if one.counts.get(kind)), "new")
        shown = request.query.get("show", first)
        shown = shown if shown in SHOWN else first
        text = request.query.get("page", "")
        pages = max(1, -(-one.counts.get(shown, 0) // PAGE))
        page = min(pages, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else 1

        def read() -> list[Any]:
            return list(islice(self._imports.changes(one, shown), (page - 1) * PAGE, page * PAGE))

        changes = await asyncio.to_thread(read)
        kept = request.query.get("kept", "")
        return {
            "changes": changes,
            "shown": shown,
            "page": page,
            "pages": pages,
            "kept": int(kept) if kept.isdecimal() and len(kept) < 6 else 0,
        }


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_MARGIN):
        yield piece
