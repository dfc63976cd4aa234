"""The content's text files as staff see them: what stands in the project, with the drafts laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from bot.studio.drafts import Draft

_ITEM = "file:"


class Kept(Protocol):
    """Where drafts are kept (`bot.studio.drafts.Drafts`)."""

    async def list(self) -> list[Draft]:
        """All drafts."""

    async def save(
        self, item: str, title: str, base: str | None, text: str | None, version: int, who: int
    ) -> Draft:
        """Keep a draft; raises `DraftTaken` when another version of it is there."""


@dataclass(frozen=True)
class Text:
    """One file, by its path from the project's root."""

    path: str
    base: str | None
    """As it stands in the project, or stood when the draft was begun; None = there is none."""
    text: str | None
    """As it shall be; None = it shall go."""
    draft: Draft | None

    @property
    def version(self) -> int:
        """Of the draft; 0 when there is none."""
        return self.draft.version if self.draft else 0


class Texts:
    """All files below a project's root, at one moment."""

    def __init__(self, root: Path, drafts: Iterable[Draft]) -> None:
        self._root = root
        self._drafts = {
            draft.item.removeprefix(_ITEM): draft for draft in drafts if draft.item.startswith(_ITEM)
        }

    @property
    def drafts(self) -> Mapping[str, Draft]:
        """The drafts of files, by path."""
        return self._drafts

    def read(self, path: str) -> Text:
        """One file. Raises `ValueError` for a path that leads out of the content."""
        draft = self._drafts.get(path)
        if draft is not None:
            return Text(path, draft.base, draft.text, draft)
        text = self.stored(path)
        return Text(path, text, text, None)

    def stored(self, path: str) -> str | None:
        """A file as it stands in the project without drafts; None = there is none. Raises `ValueError`."""
        try:
            return self._file(path).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return None

    def mark(self, path: str) -> tuple[object, ...] | None:
        """Differs when the file differs; None where there is none. Costs no reading."""
        draft = self._drafts.get(path)
        if draft is not None:
            return ("draft", draft.id, draft.version) if draft.text is not None else None
        try:
            status = self._file(path).stat()
        except FileNotFoundError:
            return None
        return "file", status.st_mtime_ns, status.st_size

    def paths(self, folder: str, ending: str = ".yml") -> list[str]:
        """The files below a folder, those that are only drafts too, and without those that shall go."""
        at = self._root / folder
        found = {
            f"{folder}/{path.relative_to(at).as_posix()}"
            for path in at.rglob(f"*{ending}")
            if not path.name.startswith((".", "~"))
        }
        found |= {path for path in self._drafts if path.startswith(f"{folder}/") and path.endswith(ending)}
        return sorted(
            path for path in found if path not in self._drafts or self._drafts[path].text is not None
        )

    def _file(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        inside = path in ("config.yml", "domain.yml") or (len(parts) > 1 and parts[0] == "data")
        if not inside or ".." in parts or "\0" in path or not path.endswith((".yml", ".tsv")):
            raise ValueError(f"not a file of the content: {path}")
        return self._root / path


async def keep(drafts: Kept, text: Text, new: str | None, title: str, who: int) -> Draft:
    """Save a file's text as a draft over the version that was read. Raises `DraftTaken`."""
    return await drafts.save(f"{_ITEM}{text.path}", title, text.base, new, text.version, who)
