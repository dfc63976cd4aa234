"""Keeps `data/` in step with what is active: a release's files replace theirs, hand edits stay.

A small file remembers what `data/` was in step with last. A file of `data/` that still is what it was then is
the release's to replace; any other was edited by hand since, and is left alone and named. It can be done
again at any time and by anybody on the machine, so whoever dies on the way leaves it to the next.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.releases.folder import Prints, differing, prints, replace, whole
from bot.releases.live import content_folder, open_live
from bot.settings import Settings

_FILE = "settled.json"

Contents = Callable[[Collection[str]], Awaitable[Mapping[str, bytes]]]
"""Gives the bytes of files by their fingerprints."""


@dataclass(frozen=True)
class _Step:
    """`data/` was, or with its counter will be, in step with the active release."""

    counter: int
    content: str
    files: Prints


def intend(settings: Settings, counter: int, content: Prints, base: Prints) -> None:
    """Before `content` is made active as `counter`: `data/` is `base`, and may become it."""
    settled, _ = _read(settings)
    _write(settings, settled, _Step(counter, whole(content), base))


async def settle(settings: Settings, counter: int, content: Prints, contents: Contents) -> list[str]:
    """Bring `data/` in step with the active release; the paths that were edited by hand and stay as they are.

    Where nothing was ever published from, `data/` is left as it is. Call it `alone`. Raises `Damaged`,
    `OSError`.
    """
    settled, intended = _read(settings)
    if settled and settled.counter == counter and settled.content == whole(content):
        return []
    if intended and intended.counter == counter and intended.content == whole(content):
        base = intended.files
    elif settled:
        base = settled.files
    else:
        base = {}
    root = open_live(settings).working
    now = prints(root)
    moved = differing(now, content)
    ours = [path for path in moved if path in base and now.get(path) == base[path]]
    ours += [path for path in moved if base and path not in base and path not in now]
    texts = await contents([content[path] for path in ours if path in content])
    for path in ours:
        replace(root / path, texts[content[path]] if path in content else None)
    _write(settings, _Step(counter, whole(content), content), None)
    return sorted(set(moved) - set(ours))


def _place(settings: Settings) -> Path:
    return content_folder(settings) / _FILE


def _read(settings: Settings) -> tuple[_Step | None, _Step | None]:
    try:
        found = json.loads(_place(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, None
    settled, intended = (found[name] and _Step(**found[name]) for name in ("settled", "intended"))
    return settled, intended


def _write(settings: Settings, settled: _Step | None, intended: _Step | None) -> None:
    steps = {"settled": settled and asdict(settled), "intended": intended and asdict(intended)}
    replace(_place(settings), json.dumps(steps).encode())
