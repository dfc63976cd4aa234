"""The intents as staff see them: their examples, and those that stand in two places or nearly do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from scipy.sparse import csr_matrix, vstack

from bot.content.check_texts import fold
from bot.studio.intents_alike import nearest, rows
from bot.studio.intents_marks import read_marks, unmarked
from bot.studio.intents_text import Block, NotEditable, read_blocks
from bot.studio.texts import Texts

FOLDER = "data/nlu"


@dataclass(frozen=True)
class Said:
    """An example of an intent."""

    path: str
    raw: str
    """As it is written, with marks."""
    plain: str
    """As a citizen writes it."""
    key: str
    """Without what does not tell two sentences apart."""
    editable: bool


@dataclass(frozen=True)
class Intent:
    """What citizens can mean, and how they say it."""

    name: str
    label: str
    """From the file; empty where it names none."""
    path: str
    """The file that takes new examples."""
    examples: tuple[Said, ...]
    rows: csr_matrix
    """Of the examples, see `bot.studio.intents_alike`."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it stands in."""
        return tuple(dict.fromkeys([self.path, *(said.path for said in self.examples)]))


@dataclass(frozen=True)
class Twin:
    """An example that another intent has as well, or nearly."""

    said: Said
    intent: str
    """The other intent."""
    other: Said
    score: float
    """1 = the same sentence."""


@dataclass(frozen=True)
class Part:
    """What one file says of one intent."""

    block: Block
    said: tuple[Said, ...]
    rows: csr_matrix


@dataclass(frozen=True)
class File:
    """One file of `data/nlu`, read."""

    parts: tuple[Part, ...]
    others: tuple[Block, ...]
    """Synonyms, lookups and patterns."""
    broken: str = ""
    """Why it cannot be read."""


class Intents:
    """All intents at one moment."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self.files = files
        self._twins: dict[str, list[Twin]] = {}

    @cached_property
    def all(self) -> dict[str, Intent]:
        """By name, sorted."""
        places: dict[str, list[tuple[str, Part]]] = defaultdict(list)
        for path, file in self.files.items():
            for part in file.parts:
                places[part.block.name].append((path, part))
        found = {}
        for name in sorted(places):
            parts = [part for _, part in places[name]]
            found[name] = Intent(
                name,
                next((part.block.label for part in parts if part.block.label), ""),
                next((path for path, part in places[name] if part.block.plain), places[name][0][0]),
                tuple(said for part in parts for said in part.said),
                parts[0].rows if len(parts) == 1 else vstack([part.rows for part in parts], format="csr"),
            )
        return found

    @cached_property
    def broken(self) -> dict[str, str]:
        """Files that cannot be read, with the reason."""
        return {path: file.broken for path, file in self.files.items() if file.broken}

    @cached_property
    def entities(self) -> dict[str, int]:
        """The entities that examples mark or lists name, with the number of marks, the commonest first."""
        counts: dict[str, int] = defaultdict(int)
        for file in self.files.values():
            for block in file.others:
                if block.kind in ("lookup", "regex"):
                    counts[block.name] += 0
            for part in file.parts:
                for said in part.said:
                    if said.raw != said.plain:
                        for one in read_marks(said.raw)[1]:
                            counts[one.entity] += 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def doubled(self) -> dict[str, int]:
        """How many sentences each intent shares with another one."""
        counts: dict[str, int] = defaultdict(int)
        for places in self._homes.values():
            names = {name for name, _ in places}
            if len(names) > 1:
                for name in names:
                    counts[name] += 1
        return counts

    def find(self, sentence: str) -> list[tuple[str, Said]]:
        """Where a sentence stands already, whatever its spacing and marks: (intent, example)."""
        return self._homes.get(fold(unmarked(sentence)), [])

    def twins(self, name: str) -> list[Twin]:
        """Examples of an intent that others have too or nearly, the most alike first."""
        if name not in self._twins:
            self._twins[name] = self._alike(name)
        return self._twins[name]

    def _alike(self, name: str) -> list[Twin]:
        own = self.all[name]
        others = [intent for intent in self.all.values() if intent.name != name and intent.examples]
        places = [(intent.name, said) for intent in others for said in intent.examples]
        found = []
        for at, place, score in nearest(own.rows, [intent.rows for intent in others]):
            said, (intent, other) = own.examples[at], places[place]
            found.append(Twin(said, intent, other, 1.0 if said.key == other.key else min(score, 0.99)))
        return sorted(found, key=lambda twin: -twin.score)

    def near(self, sentence: str, but: str) -> Twin | None:
        """The example of another intent that is written most like a new sentence; None if none is."""
        said = _said("", unmarked(sentence), True)
        others = [intent for intent in self.all.values() if intent.name != but and intent.examples]
        places = [(intent.name, other) for intent in others for other in intent.examples]
        for _, place, score in nearest(rows([said.plain]), [intent.rows for intent in others]):
            intent, other = places[place]
            return Twin(said, intent, other, 1.0 if said.key == other.key else min(score, 0.99))
        return None

    @cached_property
    def _homes(self) -> dict[str, list[tuple[str, Said]]]:
        homes: dict[str, list[tuple[str, Said]]] = defaultdict(list)
        for intent in self.all.values():
            for said in intent.examples:
                homes[said.key].append((intent.name, said))
        return homes


class IntentReader:
    """Reads the files of `data/nlu` and remembers each until it changes."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, File]] = {}
        self._last: tuple[object, Intents] | None = None

    def read(self, texts: Texts) -> Intents:
        """All intents; the very same object until a file changes. Takes 1 s for 30,000 new examples."""
        marks = {path: texts.mark(path) for path in texts.paths(FOLDER)}
        state = tuple(marks.items())
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        files = {}
        for path, mark in marks.items():
            known = self._known.get(path)
            if known is None or known[0] != mark:
                known = mark, read_file(path, texts.read(path).text or "")
                self._known[path] = known
            files[path] = known[1]
        self._last = state, Intents(files)
        return self._last[1]


def read_file(path: str, text: str) -> File:
    """One file of `data/nlu`; what is wrong with it is told, not raised."""
    try:
        blocks = read_blocks(text)
    except NotEditable as error:
        return File((), (), str(error))
    parts = []
    for block in blocks:
        if block.kind == "intent":
            said = tuple(_said(path, example.text, block.plain) for example in block.examples)
            parts.append(Part(block, said, rows([one.plain for one in said])))
    return File(tuple(parts), tuple(block for block in blocks if block.kind != "intent"))


def _said(path: str, raw: str, editable: bool) -> Said:
    plain = unmarked(raw)
    return Said(path, raw, plain, fold(plain), editable)
