"""Publishing: an immutable, numbered release of the content is stored in SQL and becomes active.

The order of a publication, so that whoever dies at any point leaves a whole state: (1) alone on this machine,
`data/` is compared with what the candidate was made from; (2) what is about to be written is noted on disk;
(3) one SQL transaction stores the release and makes it active, or does nothing when somebody else was
faster; (4) the link is turned and `data/` is written. A death before (3) has changed nothing; one after it
leaves (4) to the followers of the running processes, or to the next start (`bot.releases.settling`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing
from bot.messages import utc_now
from bot.releases import settling, stored
from bot.releases.activating import Brought, Unusable, bring_live_alone, unpack
from bot.releases.changes import Change, changes
from bot.releases.folder import Prints, base_of, differing, prints
from bot.releases.live import alone, open_live
from bot.releases.packing import blobs, parcel, send
from bot.releases.stored import Activation, Pointer, Release
from bot.settings import Settings

log = structlog.get_logger(__name__)

FIRST = "처음 상태: 처음으로 올리기 전의 내용이에요."
"""Why there is a release that nobody published."""


_Part = tuple[str, Path, Prints, Release]
"""How it becomes active, where its content is, the files, and what is known about it."""


class Who(Protocol):
    """Who publishes."""

    @property
    def operator_id(self) -> int | None:
        """None for the command line."""

    @property
    def name(self) -> str:
        """As the history shows it."""


class Meanwhile(Exception):
    """The content changed since the candidate was made; nothing was published.

    `paths` are the files; none when somebody else published at the same moment.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(", ".join(paths) or "somebody else was faster")
        self.paths = tuple(paths)


class Blocked(Exception):
    """The gate does not let it pass, and nobody overruled it; nothing was published."""


class NothingNew(Exception):
    """The content is what is active already; nothing was published."""


class NoSuchRelease(Exception):
    """There is no release of this number, or not any more."""


class Releases:
    """The releases in SQL, and what is live on this machine."""

    def __init__(
        self, engine: AsyncEngine, settings: Settings, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock

    async def active(self) -> Release | None:
        """The release that is active; None as long as nothing was published."""
        number = (await stored.pointer(self._engine)).number
        return None if number is None else await self.get(number)

    async def list(self, limit: int | None = None) -> Sequence[Release]:
        """The newest first."""
        return await stored.releases(self._engine, limit)

    async def history(self, limit: int | None = None) -> Sequence[Activation]:
        """What became active when, the newest first."""
        return await stored.activations(self._engine, limit)

    async def get(self, number: int) -> Release:
        """One release. Raises `NoSuchRelease`."""
        found = await stored.release(self._engine, number)
        if found is None:
            raise NoSuchRelease(str(number))
        return found

    async def files(self, number: int) -> Prints:
        """The files of a release: path → SHA-256. Raises `NoSuchRelease`."""
        await self.get(number)
        return await stored.files(self._engine, number)

    async def unpack(self, number: int) -> Path:
        """The folder of a release, whole, on this machine. Raises `NoSuchRelease`, `Damaged`, `OSError`."""
        await self.get(number)
        async with alone(self._settings):
            return await unpack(self._engine, self._settings, number)

    async def diff(self, one: int, other: int) -> Sequence[Change]:
        """What differs between two releases. Raises `NoSuchRelease`, `Damaged`."""
        before, after = await self.files(one), await self.files(other)
        paths = differing(before, after)
        wanted = [side[path] for side in (before, after) for path in paths if path in side]
        contents = await stored.contents(self._engine, wanted)

        def compared() -> list[Change]:
            with TemporaryDirectory(prefix="sotong-diff-") as folder:
                roots = Path(folder, "one"), Path(folder, "other")
                for root, side in zip(roots, (before, after), strict=True):
                    for path in paths:
                        if path in side:
                            (root / path).parent.mkdir(parents=True, exist_ok=True)
                            (root / path).write_bytes(contents[side[path]])
                return changes(*roots, paths)

        return await asyncio.to_thread(compared)

    async def unpublished(self) -> Sequence[str]:
        """Files of `data/` that are not as in the active release."""
        pointer = await stored.pointer(self._engine)
        if pointer.number is None:
            return []
        root = await asyncio.to_thread(self._working)
        now = await asyncio.to_thread(prints, root)
        return differing(now, await stored.files(self._engine, pointer.number))

    async def publish(
        self,
        candidate: Path,
        who: Who,
        why: str,
        verdict: Mapping[str, Any],
        overruled: str = "",
    ) -> Release:
        """Publish a candidate (`bot.releases.folder.take`): release it, make it live, bring `data/` up to it.

        `verdict` is what the gate said: {blocked, problems, …}. Raises `Blocked`, `Meanwhile`, `NothingNew`;
        nothing has been done then.
        """
        if verdict.get("blocked") and not overruled.strip():
            raise Blocked
        content, base = await asyncio.to_thread(lambda: (prints(candidate), base_of(candidate)))
        async with alone(self._settings):
            # what somebody who died could not finish comes first
            seen = await self._recover()
            moved = differing(await asyncio.to_thread(prints, self._working()), base)
            if moved:
                raise Meanwhile(moved)
            if seen.number is not None and await stored.files(self._engine, seen.number) == content:
                raise NothingNew
            new = Release(
                number=0,
                at=self._clock(),
                operator_id=who.operator_id,
                who=who.name,
                why=why,
                follows=seen.number,
                content="",
                verdict=verdict,
                overruled=overruled.strip() if verdict.get("blocked") else "",
                model="",
                model_sha256=None,
            )
            parts = [("publish", candidate, content, new)]
            if seen.number is None and base != content:
                first = replace(new, operator_id=None, who="", why=FIRST, verdict={}, overruled="")
                parts.insert(0, ("first", self._working(), base, first))
            await asyncio.to_thread(settling.intend, self._settings, seen.counter + 1, content, base)
            release = await self._store(parts, seen)
            await self._live()
        log.info("published", number=release.number, who=release.operator_id)
        return release

    async def rollback(self, number: int, who: Who, why: str) -> tuple[Release, Sequence[str]]:
        """Make an earlier release active again, live and in `data/`.

        Returns it and the files that stay as they were edited by hand. Raises `NoSuchRelease`, `NothingNew`
        when it is active, `Meanwhile` when somebody else was faster, `Unusable` when it cannot be unpacked
        here: nothing has been done then.
        """
        back = await self.get(number)
        async with alone(self._settings):
            seen = await self._recover()
            if seen.number == number:
                raise NothingNew
            try:
                await unpack(self._engine, self._settings, number)
            except (stored.Damaged, OSError) as error:
                raise Unusable(f"릴리스 {number}을(를) 펼치지 못했어요: {error}") from error
            made = Activation(self._clock(), number, "rollback", who.operator_id, who.name, why)
            async with changing(self._engine) as connection:
                if not await stored.advance(connection, seen.counter):
                    raise Meanwhile(())
                await stored.point(connection, made)
            brought = await self._live()
        log.info("rolled_back", number=number, who=who.operator_id)
        return back, brought.by_hand if brought else ()

    async def keep_model(self) -> bool:
        """Store the active release's model that was trained after it was published; whether there was one."""
        release = await self.active()
        if release is None or release.model_sha256:
            return False
        file = self._settings.models_dir / release.model
        if not file.exists():
            return False
        blob = await asyncio.to_thread(lambda: stored.packed(file.read_bytes()))
        async with changing(self._engine, quick=False) as connection:
            await stored.keep_model(connection, release.number, blob)
        return True

    async def _recover(self) -> Pointer:
        try:
            return (await bring_live_alone(self._engine, self._settings, writes=True)).pointer
        except Unusable as error:
            # what is active cannot be used here: all the more should something else be published
            log.error("active_release_unusable", error=str(error))
            return await stored.pointer(self._engine)

    async def _live(self) -> Brought | None:
        try:
            return await bring_live_alone(self._engine, self._settings, writes=True)
        except Unusable as error:
            # it is active: the followers try again, and the page of the releases shows the fault
            log.error("release_unusable", error=str(error))
            return None

    async def _store(self, parts: Sequence[_Part], seen: Pointer) -> Release:
        """One transaction, and before it all that takes time."""
        models = self._settings.models_dir
        parcels = await asyncio.to_thread(
            lambda: [parcel(root, files, about, models) for _, root, files, about in parts]
        )
        async with self._engine.connect() as connection:
            missing = await stored.unknown(
                connection, {sha256 for each in parcels for sha256 in each.sources}
            )
        rows = await asyncio.to_thread(blobs, parcels, missing)
        async with changing(self._engine, quick=False) as connection:
            if not await stored.advance(connection, seen.counter):
                raise Meanwhile(())
            release = await send(connection, zip((kind for kind, *_ in parts), parcels, strict=True), rows)
            await stored.forget_old(connection)
        return release

    def _working(self) -> Path:
        return open_live(self._settings).working
