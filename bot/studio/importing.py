"""The long work of an import, in the background with its progress: comparing, taking over, undoing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.content.importer.compare import Change, There, compare
from bot.content.importer.tables import ImportRefused
from bot.content.models import Department
from bot.studio.answer_text import write_answer
from bot.studio.drafts import Drafts, DraftTaken
from bot.studio.imports import Import, Imports, Saved
from bot.studio.shelf import Shelf, Shelves

log = structlog.get_logger(__name__)

_AT_ONCE = 50


class Importing:
    """One piece of work at a time for each import."""

    def __init__(
        self,
        imports: Imports,
        shelf: Shelf,
        drafts: Drafts,
        departments: Callable[[], Sequence[Department]],
    ) -> None:
        self._imports = imports
        self._shelf = shelf
        self._drafts = drafts
        self._departments = departments
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._shares: dict[str, float] = {}

    def share(self, one: Import) -> float | None:
        """How much of the work is done, 0 to 1; None when nothing is under way."""
        task = self._tasks.get(one.id)
        return None if task is None or task.done() else self._shares.get(one.id, 0.0)

    def compare(self, one: Import, columns: Mapping[str, int], may: Callable[[str | None], bool]) -> None:
        """Begin to compare the table with the answers there are."""
        chosen = self._imports.put(replace(one, stage="comparing", columns=dict(columns), failure=""))
        self._begin(chosen, self._compare(chosen, may))

    def save(self, one: Import, note: str) -> None:
        """Begin to make drafts of what is new and changed; `note` goes with each."""
        self._begin(one, self._save(self._imports.put(replace(one, stage="saving")), note))

    async def undo(self, one: Import) -> list[str]:
        """Take exactly its drafts back; returns the titles of those that were changed since and stay."""
        now = {draft.item: draft.version for draft in await self._drafts.list()}
        saved = await asyncio.to_thread(self._imports.saved, one)
        untouched = [each.item for each in saved if now.get(each.item) == each.version]
        for start in range(0, len(untouched), _AT_ONCE):
            await self._drafts.drop(untouched[start : start + _AT_ONCE])
        self._imports.put(replace(one, stage="undone"))
        return [each.title for each in saved if now.get(each.item, each.version) != each.version]

    async def close(self) -> None:
        """End what is under way."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, one: Import, work: Coroutine[Any, Any, None]) -> None:
        self._shares[one.id] = 0.0
        self._tasks[one.id] = asyncio.create_task(self._guarded(one, work))

    async def _guarded(self, one: Import, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ImportRefused as error:
            self._imports.put(replace(one, stage="failed", failure=str(error)))
        except Exception:
            log.exception("import_failed", stage=one.stage)
            said = "가져오다가 문제가 생겼어요. 처음부터 다시 해 보고, 계속되면 담당자에게 알려 주세요."
            self._imports.put(replace(one, stage="failed", failure=said))

    async def _compare(self, one: Import, may: Callable[[str | None], bool]) -> None:
        def progress(done: int, total: int) -> None:
            self._shares[one.id] = done / total

        def work() -> None:
            head = self._imports.head(one)
            shelves = self._shelf.now()
            there = {id_: There(each.file, each.fields) for id_, each in shelves.answers.items()}
            known = (there, shelves.asked, self._departments(), may, progress)
            self._imports.compared(one, compare(head.body, one.columns, head.width, one.name, *known))

        await asyncio.to_thread(work)

    async def _save(self, one: Import, note: str) -> None:
        wanted = await asyncio.to_thread(lambda: list(self._imports.changes(one, "new", "changed")))
        shelves = await asyncio.to_thread(self._shelf.now)
        editing = {draft.item: draft.operator for draft in await self._drafts.list()}
        held: list[tuple[str, str]] = []
        made: list[Saved] = []
        for number, change in enumerate(wanted, start=1):
            item = f"answer:{change.id}"
            try:
                if item in editing:
                    held.append((change.title, editing[item]))
                else:
                    made.append(await self._draft(one, change, shelves, note))
            except DraftTaken as taken:
                held.append((change.title, taken.by))
            if number % _AT_ONCE == 0 or number == len(wanted):
                await asyncio.to_thread(self._imports.note_saved, one, made)
                made = []
                self._shares[one.id] = number / len(wanted)
        self._imports.put(replace(one, stage="saved", held=held))

    async def _draft(self, one: Import, change: Change, shelves: Shelves, note: str) -> Saved:
        """Make the draft of one answer. Raises `DraftTaken`."""
        base = self._shelf.text(change.id) if change.id in shelves.answers else None
        text = write_answer(change.topic, change.fields, base)
        owner = change.fields.get("owner")
        draft = await self._drafts.save(
            f"answer:{change.id}", change.title, base, text, 0, one.operator_id, department=owner, note=note
        )
        return Saved(draft.item, draft.version, change.title)
