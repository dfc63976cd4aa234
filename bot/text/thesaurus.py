"""What citizens say and what the office calls it: `data/thesaurus/*.yml`, one topic a file.

For whoever expands a question with official terms and for training pairs. The files are staff's to extend;
a broken one is refused with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import yaml

from bot.text.expressions import Expressions
from bot.text.morphemes import Morpheme
from bot.text.normalise import normalise

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: ten times slower, and `[떼요?, …]` needs quotes
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


@dataclass(frozen=True)
class Entry:
    """An official term and what people call it."""

    official: str
    everyday: Tuple[str, ...]
    topic: str = ""


@dataclass(frozen=True)
class Thesaurus:
    """Everything that the files hold, in their order."""

    entries: Tuple[Entry, ...] = ()
    questions: Tuple[Tuple[str, ...], ...] = ()
    """Each a set of sentences that ask the same."""
    apart: Tuple[Tuple[str, ...], ...] = ()
    """Each a set of words that look alike and mean something else."""
    _officials: Dict[str, Tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _expressions: Expressions = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        officials: Dict[str, Tuple[str, ...]] = {}
        for entry in self.entries:
            for said in map(normalise, entry.everyday):
                officials[said] = tuple(dict.fromkeys((*officials.get(said, ()), entry.official)))
        terms = [normalise(entry.official) for entry in self.entries]
        object.__setattr__(self, "_officials", officials)
        object.__setattr__(self, "_expressions", Expressions([*officials, *terms]))

    def official(self, text: str, morphemes: Optional[Sequence[Morpheme]] = None) -> Tuple[str, ...]:
        """The official terms of the everyday expressions in a normalised `text`, in order, each once.

        Spaces, particles and endings may differ from the file's; an expression inside a longer known term
        says nothing (등록증 in 자동차등록증). With the `morphemes` of the same text, expressions in the
        middle of a word are found more surely.
        """
        found = self._expressions.find(text, morphemes)
        return tuple(dict.fromkeys(term for hit in found for term in self._officials.get(hit.expression, ())))

    def written(self) -> Iterator[str]:
        """Every word between two spaces of everything in the files, repeated as it occurs; for a speller."""
        texts = chain(*self.questions, *self.pairs)
        return (word for text in texts for word in re.findall(r"\w+", normalise(text)))

    @property
    def pairs(self) -> Tuple[Tuple[str, str], ...]:
        """(everyday, official), each once, in order."""
        pairs = ((said, entry.official) for entry in self.entries for said in entry.everyday)
        return tuple(dict.fromkeys(pairs))


def load_thesaurus(folder: Path) -> Thesaurus:
    """Read every `*.yml` of `folder`, sorted by name; hidden files are left out, no files mean no entries.

    Raises ValueError that names file and line for a broken file, FileNotFoundError for an absent folder.
    """
    entries: List[Entry] = []
    questions: List[Tuple[str, ...]] = []
    apart: List[Tuple[str, ...]] = []
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: 시민의 말과 행정 용어 폴더가 없어요 → 폴더를 만들어 주세요.")
    for path in sorted(folder.glob("*.yml")):
        if path.name.startswith((".", "~")):
            continue
        parts = _read(path)
        if parts is None:
            continue
        topic = parts.scalar("topic") if "topic" in parts.keys else path.stem
        entries += [_entry(item, topic) for item in parts.items("words")]
        questions += [item.texts(2) for item in parts.items("questions")]
        apart += [item.texts(2) for item in parts.items("apart")]
    return Thesaurus(tuple(entries), tuple(questions), tuple(apart))


@dataclass(frozen=True)
class _Place:
    """A piece of a file, with its line for the error message."""

    path: Path
    node: yaml.Node

    def fault(self, message: str, remedy: str) -> ValueError:
        return ValueError(f"{self.path}:{self.node.start_mark.line + 1}: {message} → {remedy}")

    @property
    def keys(self) -> Dict[str, "_Place"]:
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fault("‘이름: 값’ 꼴이 아니에요", "`official: 주민등록증`처럼 적어 주세요.")
        return {str(key.value): _Place(self.path, value) for key, value in self.node.value}

    def only(self, *known: str) -> "_Place":
        for key, place in self.keys.items():
            if key not in known:
                remedy = f"{', '.join(known)} 가운데 하나로 고쳐 주세요."
                raise place.fault(f"‘{key}’는 모르는 이름이에요", remedy)
        return self

    def scalar(self, key: str) -> str:
        place = self.keys.get(key)
        if place is None:
            raise self.fault(f"‘{key}’가 없어요", f"`{key}: …` 줄을 넣어 주세요.")
        return place.text()

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or not str(self.node.value).strip():
            raise self.fault("글자가 있어야 할 자리예요", "빈칸이나 목록 대신 말을 하나 적어 주세요.")
        return str(self.node.value).strip()

    def items(self, key: str) -> Iterator["_Place"]:
        place = self.keys.get(key)
        if place is None or (isinstance(place.node, yaml.ScalarNode) and not place.node.value):
            return iter(())
        return place.sequence()

    def sequence(self) -> Iterator["_Place"]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fault("목록이 아니에요", "`[하나, 둘]`이나 줄마다 `- `로 적어 주세요.")
        return (_Place(self.path, node) for node in self.node.value)

    def texts(self, least: int) -> Tuple[str, ...]:
        found = tuple(place.text() for place in self.sequence())
        if len(set(found)) < least:
            raise self.fault(f"서로 다른 말이 {least}개는 있어야 해요", "말을 더 적거나 줄을 지워 주세요.")
        return found


def _read(path: Path) -> Optional[_Place]:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        remedy = "들여쓰기와 따옴표를 보아 주세요."
        raise ValueError(f"{path}:{line}: YAML로 읽을 수 없어요 ({fault.problem}) → {remedy}") from fault
    except (UnicodeDecodeError, yaml.YAMLError) as fault:
        raise ValueError(f"{path}:1: UTF-8 글이 아니에요 → UTF-8로 저장해 주세요.") from fault
    return None if node is None else _Place(path, node).only("topic", "words", "questions", "apart")


def _entry(place: _Place, topic: str) -> Entry:
    official = place.only("official", "everyday").scalar("official")
    if "everyday" not in place.keys:
        raise place.fault(f"‘{official}’에 everyday가 없어요", "`everyday: [시민이 쓰는 말]`을 넣어 주세요.")
    said = place.keys["everyday"]
    everyday = said.texts(1)
    if official in everyday:
        raise said.fault(f"‘{official}’는 행정 용어와 같은 말이에요", "everyday에서 지워 주세요.")
    return Entry(official, everyday, topic)
