"""Makes the active release the one that this machine's processes read."""

from __future__ import annotations

import asyncio
import filecmp
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.document import Unreadable
from bot.content.load import answer_files, read_answers, read_departments, read_persona
from bot.content.problem import ContentError
from bot.nlu.project import code_digest, model_name
from bot.nlu.signature import Unsigned
from bot.releases import settling, stored, unpacking
from bot.releases.live import alone, content_folder, live_number, open_live, turn
from bot.releases.signing import model_keys
from bot.settings import Settings

log = structlog.get_logger(__name__)


class Unusable(Exception):
    """A release cannot be unpacked or loaded here; what was in use stays. The text says why, in Korean."""


@dataclass(frozen=True)
class Brought:
    """What has been done to serve what is active."""

    pointer: stored.Pointer
    turned: bool
    """Whether the processes of this machine read something else now."""
    by_hand: tuple[str, ...] = ()
    """Files of `data/` that were edited by hand since, and so were left as they are."""


async def bring_live(
    engine: AsyncEngine, settings: Settings, *, writes: bool = False, sure: bool = False
) -> Brought:
    """Serve what is active: unpack it, fetch its model, turn the link; with `writes`, settle `data/` too.

    Cheap when all is done already; `sure` looks at every file all the same, for a start after who knows
    what. Raises `Unusable`, and SQLAlchemyError when the database cannot be read.
    """
    async with alone(settings):
        return await bring_live_alone(engine, settings, writes=writes, sure=sure)


async def bring_live_alone(
    engine: AsyncEngine, settings: Settings, *, writes: bool, sure: bool = False
) -> Brought:
    """The same for one who has the machine's lock."""
    open_live(settings)
    pointer = await stored.pointer(engine)
    before = live_number(settings)
    if pointer.number is None:
        turn(settings, None)
        return Brought(pointer, before is not None)
    try:
        if before != pointer.number or sure:
            folder = await unpack(engine, settings, pointer.number)
            await asyncio.to_thread(_try, folder, unpacking_of(settings, before))
            await fetch_model(engine, settings, pointer.number, folder)
            os.utime(folder)
            turn(settings, pointer.number)
            unpacking.tidy(content_folder(settings), pointer.number)
            log.info("release_live", number=pointer.number, before=before)
        by_hand: list[str] = []
        if writes:
            by_hand = await _settle(engine, settings, pointer)
    except (stored.Damaged, OSError) as error:
        raise Unusable(f"릴리스 {pointer.number}을(를) 펼치지 못했어요: {error}") from error
    return Brought(pointer, before != pointer.number, tuple(by_hand))


async def unpack(engine: AsyncEngine, settings: Settings, number: int) -> Path:
    """The folder of a release, whole. Raises `Unusable` when there is none, `Damaged`, `OSError`."""
    content = content_folder(settings)
    folder = content / str(number)
    prints = await stored.files(engine, number)
    if not prints:
        raise Unusable(f"릴리스 {number}이(가) 데이터베이스에 없어요")
    if await asyncio.to_thread(unpacking.whole, folder, prints):
        return folder
    others = unpacking.unpacked(content)
    live = live_number(settings)
    others.sort(key=lambda path: path.name != str(live))
    links = await asyncio.to_thread(unpacking.at_hand, others, prints)
    missing = {sha256 for path, sha256 in prints.items() if path not in links}
    contents = await stored.contents(engine, missing)
    await asyncio.to_thread(unpacking.lay_out, folder, prints, links, contents)
    return folder


def unpacking_of(settings: Settings, number: int | None) -> Path:
    """The folder of what was live."""
    return settings.working if number is None else content_folder(settings) / str(number)


async def fetch_model(engine: AsyncEngine, settings: Settings, number: int, folder: Path) -> None:
    """Have the model of a release at hand before it is live, if SQL has the one that our code makes.

    Otherwise, and when it is not signed by a trainer of ours, Rasa's processes train it. Raises `Damaged`,
    `OSError`.
    """
    if settings.rasa_url:
        return
    target = settings.models_dir / str(await asyncio.to_thread(_wanted, folder))
    found = await stored.release(engine, number)
    keys = model_keys(settings)
    if await asyncio.to_thread(keys.trusts, target):
        os.utime(target)
    elif found and found.model == target.name and found.model_sha256:
        content = (await stored.contents(engine, [found.model_sha256]))[found.model_sha256]
        try:
            keys.check(content, target.name)
        except Unsigned as error:
            log.error("model_refused", model=target.name, error=str(error))
            return
        await asyncio.to_thread(_write, target, content)
        log.info("model_fetched", model=target.name, bytes=len(content))


def _wanted(folder: Path) -> str:
    return str(model_name(folder, code_digest()))


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f"fetched-{os.getpid()}.tar.gz")
    building.write_bytes(content)
    building.replace(target)


def _try(folder: Path, before: Path) -> None:
    """Read what changed as the processes will. Raises `Unusable` for what none of them could use."""
    data, known = folder / "data", before / "data"
    try:
        read_departments(data / "departments.yml")
        read_persona(data / "persona.yml")
        for path in answer_files(data / "answers"):
            other = known / "answers" / path.name
            if other.exists() and filecmp.cmp(other, path, shallow=False):
                continue
            file = read_answers(path)
            if not file.readable:
                raise ContentError(file.problems)
    except Unreadable as error:
        raise Unusable(_said(folder, error.problem)) from error
    except ContentError as error:
        raise Unusable(_said(folder, *error.problems[:1])) from error


def _said(folder: Path, *problems: object) -> str:
    told = "; ".join(str(problem) for problem in problems).replace(f"{folder}/", "")
    return f"릴리스 {folder.name}을(를) 읽지 못했어요: {told}"


async def _settle(engine: AsyncEngine, settings: Settings, pointer: stored.Pointer) -> list[str]:
    if pointer.number is None:
        return []

    async def contents(wanted: Collection[str]) -> Mapping[str, bytes]:
        return await stored.contents(engine, wanted)

    content = await stored.files(engine, pointer.number)
    by_hand = await settling.settle(settings, pointer.counter, content, contents)
    if by_hand:
        log.warning("edited_by_hand", release=pointer.number, files=by_hand)
    return by_hand
