"""The thesaurus in use, as it stands on disk: an edit counts within seconds, a fault never."""

from __future__ import annotations

import logging
from pathlib import Path

from bot.text.thesaurus import Thesaurus, load_thesaurus

log = logging.getLogger(__name__)

_Mark = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of each file."""


class LiveThesaurus:
    """Reads a folder of thesaurus files again when one of them has changed; half a second for 10,000 words.

    A faulty file leaves the last good version in use and says so in the log once; `sotong check` tells all.
    An absent folder is an empty thesaurus. For one thread at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark: _Mark | None = None
        self._current = Thesaurus()

    def current(self) -> Thesaurus:
        """The thesaurus; the very same object until a file changes."""
        mark = self._look()
        if mark != self._mark:
            self._mark = mark
            try:
                self._current = load_thesaurus(self._folder) if mark else Thesaurus()
            except (ValueError, OSError) as fault:
                log.error("the thesaurus stays as it was: %s", fault)
        return self._current

    def _look(self) -> _Mark:
        found = []
        for path in sorted(self._folder.glob("*.yml")):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # gone between listing and looking: as if it had not been listed
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)
