"""A YAML file of one model as it stands on disk: an edit counts within moments, a fault never."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.content.document import Document, Unreadable, read_document, schema_problems
from bot.content.problem import ContentError, Problem

M = TypeVar("M", bound=BaseModel)

LOOK_EVERY = 0.3
"""Seconds between two looks at a file: every message asks for several."""

log = logging.getLogger(__name__)


class LiveFile(Generic[M]):
    """Reads the file again when it has changed. A faulty one leaves the last good version in use and says so
    in the log once; `sotong check` tells all.
    """

    def __init__(self, path: Path, model: type[M], look_every: float = LOOK_EVERY) -> None:
        self._path = path
        self._model = model
        self._look_every = look_every
        self._looked_at = -math.inf
        self._mark: tuple[int, int, int] | None = None
        self._current: M | None = None

    def current(self) -> M:
        """The content; the very same object until a change of the file is seen, within `look_every` seconds.

        Raises `ContentError` when no good version was ever read.
        """
        now = time.monotonic()
        if self._current is not None and now - self._looked_at < self._look_every:
            return self._current
        self._looked_at = now
        mark = self._look()
        if mark != self._mark or self._current is None:
            self._mark = mark
            try:
                self._current = read_file(self._path, self._model)[0]
            except ContentError as error:
                if self._current is None:
                    raise
                log.error("%s stays as it was: %s", self._path.name, error)
        return self._current

    def _look(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def read_file(path: Path, model: type[M]) -> tuple[M, Document]:
    """The content and where everything in it stands. Raises `ContentError`."""
    try:
        document = read_document(path)
    except Unreadable as error:
        raise ContentError([error.problem]) from error
    try:
        return model.model_validate(document.data), document
    except ValidationError as error:
        raise ContentError(schema_problems(document, error, model)) from error


def check_file(path: Path, model: type[M]) -> list[Problem]:
    """The faults that the model sees; none for a file that is not there."""
    if not path.exists():
        return []
    try:
        read_file(path, model)
    except ContentError as error:
        return list(error.problems)
    return []
