"""Tables on their way into drafts: received, columns chosen, compared with what there is, taken over, undone.

Everything of one import lies in a folder of its own, so that pages and work in the background share it and a
restart loses nothing that was finished.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from bot.content.importer.compare import Change, Compared
from bot.content.importer.head import Head, likely_head
from bot.content.importer.tables import ImportRefused, read_rows

MOST = 20 * 1024 * 1024
"""Bytes of a file."""
KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".jsonl", ".ndjson")
_KEPT = 7 * 24 * 3600.0
"""Seconds that an import is kept."""

Stage = Literal["received", "comparing", "compared", "saving", "saved", "undone", "failed"]


class TooLarge(Exception):
    """The file is larger than `MOST`; nothing of it was kept."""


@dataclass(frozen=True)
class Saved:
    """A draft that an import made."""

    item: str
    version: int
    title: str


@dataclass(frozen=True)
class Import:
    """How far one import is."""

    id: str
    name: str
    """Of the file, as the person calls it."""
    operator_id: int
    stage: Stage = "received"
    columns: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    """Changes by kind, and rows without text as `empty`."""
    notes: Sequence[tuple[int, str]] = ()
    held: Sequence[tuple[str, str]] = ()
    """(title, who) of answers that somebody is editing already: they were left to them."""
    failure: str = ""


class Imports:
    """The folder of all imports. Plain file work: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def receive(self, name: str, pieces: AsyncIterator[bytes], operator_id: int) -> Import:
        """Keep a file that is sent in pieces. Raises `TooLarge`, and `ImportRefused` for a wrong kind."""
        kind = Path(name).suffix.lower()
        if kind not in KINDS:
            raise ImportRefused(f"‘{kind or name}’ 파일은 읽을 수 없어요. XLSX나 CSV로 저장해 주세요.")
        self._forget()
        made = Import(secrets.token_urlsafe(12), Path(name).name[:120], operator_id)
        folder = self._folder / made.id
        folder.mkdir(parents=True)
        size = 0
        try:
            with (folder / f"table{kind}").open("wb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if size > MOST:
                        raise TooLarge
                    file.write(piece)
        except BaseException:
            shutil.rmtree(folder)
            raise
        self.put(made)
        return made

    def get(self, id_: str, operator_id: int) -> Import | None:
        """An import of this person's."""
        try:
            stored = json.loads((self._folder / id_ / "state.json").read_bytes())
        except FileNotFoundError:
            return None
        found = Import(**stored)
        return found if found.operator_id == operator_id else None

    def put(self, changed: Import) -> Import:
        """Remember how far it is."""
        path = self._folder / changed.id / "state.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(changed), ensure_ascii=False), "utf-8")
        new.replace(path)
        return changed

    def latest(self, operator_id: int, most: int = 10) -> list[Import]:
        """The imports of a person, the newest first."""
        folders = sorted(self._folder.glob("*/state.json"), key=lambda path: -path.stat().st_mtime)
        found = (self.get(path.parent.name, operator_id) for path in folders)
        return [each for each in found if each is not None][:most]

    def head(self, one: Import) -> Head:
        """The table: its header, guessed columns and rows. Raises `ImportRefused`."""
        [path] = (self._folder / one.id).glob("table.*")
        try:
            return likely_head(*read_rows(path))
        except ImportRefused as error:
            raise ImportRefused(
                str(error).replace(str(path), one.name).replace(path.name, one.name)
            ) from error

    def compared(self, one: Import, found: Compared) -> Import:
        """Keep what the table would change."""
        counts = {"new": 0, "changed": 0, "unchanged": 0, "refused": 0, "empty": found.empty}
        with (self._folder / one.id / "changes.jsonl").open("w", encoding="utf-8") as file:
            for change in found.changes:
                counts[change.kind] += 1
                file.write(json.dumps(asdict(change), ensure_ascii=False) + "\n")
        return self.put(replace(one, stage="compared", counts=counts, notes=found.notes[:200]))

    def changes(self, one: Import, *kinds: str) -> Iterator[Change]:
        """What the table would change, of some kinds, in the order of its rows."""
        for stored in self._lines(one, "changes.jsonl"):
            if stored["kind"] in kinds:
                differing = tuple(tuple(each) for each in stored.pop("differing"))
                yield Change(differing=differing, **stored)

    def saved(self, one: Import) -> list[Saved]:
        """The drafts that it made."""
        return [Saved(**stored) for stored in self._lines(one, "saved.jsonl")]

    def note_saved(self, one: Import, saved: Sequence[Saved]) -> None:
        """Remember drafts that were made."""
        with (self._folder / one.id / "saved.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in saved)

    def remove(self, one: Import) -> None:
        """Forget an import."""
        shutil.rmtree(self._folder / one.id)

    def _lines(self, one: Import, name: str) -> Iterator[dict[str, Any]]:
        try:
            with (self._folder / one.id / name).open(encoding="utf-8") as file:
                for line in file:
                    yield json.loads(line)
        except FileNotFoundError:
            return

    def _forget(self) -> None:
        for path in self._folder.glob("*"):
            if path.stat().st_mtime < time.time() - _KEPT:
                shutil.rmtree(path)
