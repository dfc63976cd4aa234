"""Reading the services: `data/services/<id>.yml`, one service a file; `city.yml` is another matter."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.content.document import Document
from bot.content.live_file import read_file
from bot.content.problem import ContentError, Problem
from bot.services.models import Definition

log = logging.getLogger(__name__)

ADDRESSES = "city.yml"
"""Addresses of the services that are written in code (`actions.services`)."""

_Mark = tuple[tuple[str, int, int, int], ...]
"""Name, time of change, size and inode of each file."""


@dataclass(frozen=True)
class ServiceFile:
    """A service and where everything in its file stands."""

    definition: Definition
    document: Document


@dataclass(frozen=True)
class LoadedServices:
    """All services that could be read, by id, and the faults of the others."""

    files: Mapping[str, ServiceFile]
    problems: tuple[Problem, ...]


def service_paths(folder: Path) -> list[Path]:
    """The files of services, sorted by name; hidden ones (editors' drafts) are left out."""
    paths = (*folder.glob("*.yml"), *folder.glob("*.yaml"))
    return sorted(path for path in paths if path.name != ADDRESSES and not path.name.startswith((".", "~")))


def load_services(folder: Path) -> LoadedServices:
    """Read every service of a folder; a faulty one is reported and left out. No folder: no services."""
    files: dict[str, ServiceFile] = {}
    problems: list[Problem] = []
    for path in service_paths(folder):
        try:
            definition, document = read_file(path, Definition)
        except ContentError as error:
            problems += error.problems
            continue
        first = files.setdefault(definition.id, ServiceFile(definition, document))
        if first.document is not document:
            said = f"id ‘{definition.id}’는 {first.document.path.name}에서 이미 썼어요"
            problems.append(document.problem("duplicate-id", said, "둘 중 하나의 id를 바꿔 주세요.", "id"))
    return LoadedServices(files, tuple(problems))


class LiveServices:
    """The services as they stand on disk: an edit counts at once, a fault never.

    A service whose file became faulty stays as it was last; the log says so once, `sotong check` tells all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark: _Mark | None = None
        self._known: Mapping[str, Definition] = MappingProxyType({})
        self._by_path: dict[Path, Definition] = {}

    def current(self) -> Mapping[str, Definition]:
        """The services by id; the very same object until a file changes."""
        mark = self._look()
        if mark != self._mark:
            self._mark = mark
            loaded = load_services(self._folder)
            for problem in loaded.problems:
                log.error("%s", problem)
            good = {file.document.path: file.definition for file in loaded.files.values()}
            broken = {problem.path for problem in loaded.problems} - good.keys()
            kept = {path: each for path, each in self._by_path.items() if path in broken}
            self._by_path = {path: each for path, each in kept.items() if each.id not in loaded.files} | good
            self._known = MappingProxyType({each.id: each for each in self._by_path.values()})
        return self._known

    def _look(self) -> _Mark:
        found = []
        for path in service_paths(self._folder):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # gone between listing and looking: as if it had not been listed
            found.append((path.name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(found)
