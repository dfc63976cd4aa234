"""Rules for `data/thesaurus/*.yml`: what citizens say and what the office calls it.

The loader (`bot.text.thesaurus`) refuses the folder at its first fault. This tells all faults, and also of
what the loader takes but staff cannot have meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from bot.content.check_texts import fold, personal_data
from bot.content.document import Document, Loc, Unreadable, read_document, schema_problems
from bot.content.load import answer_files, top_problems
from bot.content.models import Line, Term
from bot.content.problem import Problem, did_you_mean

_TEXTS = TypeAdapter(tuple[Line, ...])


@dataclass(frozen=True, eq=False)
class _Placed:
    """Something and where it stands."""

    document: Document
    loc: Loc

    @property
    def where(self) -> str:
        return f"{self.document.path.name} {self.document.line(*self.loc)}행"

    def problem(self, rule: str, message: str, remedy: str) -> Problem:
        return self.document.problem(rule, message, remedy, *self.loc)

    def warning(self, rule: str, message: str, remedy: str) -> Problem:
        return replace(self.problem(rule, message, remedy), severity="warning")


@dataclass(frozen=True, eq=False)
class _Said(_Placed):
    """A word or a sentence."""

    text: str

    @cached_property
    def key(self) -> str:
        return fold(self.text)


@dataclass(frozen=True, eq=False)
class _Group(_Placed):
    """Texts that belong together."""

    texts: tuple[_Said, ...]


@dataclass(frozen=True)
class _Content:
    """All that could be read, in the order of files and lines."""

    pairs: list[tuple[_Said, _Said]]
    """What citizens say and the official term."""
    questions: list[_Group]
    apart: list[_Group]

    def texts(self) -> Iterator[_Said]:
        """Each once."""
        yield from dict.fromkeys(official for _, official in self.pairs)
        yield from (said for said, _ in self.pairs)
        for group in (*self.questions, *self.apart):
            yield from group.texts


def check_thesaurus(folder: Path) -> list[Problem]:
    """Every fault in the thesaurus. An absent folder is none: an office may do without."""
    problems: list[Problem] = []
    content = _Content([], [], [])
    for path in answer_files(folder) if folder.is_dir() else ():
        if path.suffix != ".yml":
            said, remedy = "파일 이름이 .yml로 끝나지 않아서 읽지 않아요", "이름을 .yml로 바꿔 주세요."
            problems.append(Problem(path, 1, "file-name", said, remedy))
            continue
        try:
            problems += _read(read_document(path), content)
        except Unreadable as error:
            problems.append(error.problem)
    for rule in RULES:
        problems += rule(content)
    return problems


def _read(document: Document, content: _Content) -> Iterator[Problem]:
    """Faults in a file's form; what is sound of it is added to `content`."""
    if not isinstance(document.data, dict):
        said, remedy = "맨 위에 ‘topic: 주제’와 ‘words:’가 있어야 해요", "다른 주제 파일을 본떠 고쳐 주세요."
        yield document.problem("schema", said, remedy)
        return
    yield from top_problems(document, "words", "questions", "apart")
    for line in document.blanks:
        said, remedy = "목록에 빈 줄이 있어요", "‘-’ 뒤에 말을 적거나 줄을 지워 주세요."
        yield Problem(document.path, line, "empty", said, remedy)
    yield from _unquoted(document)
    for loc, item in _items(document, "words"):
        yield from _empty_names(document, loc)
        try:
            term = Term.model_validate(item)
        except ValidationError as error:
            yield from schema_problems(document, error, Term, loc)
        else:
            official = _Said(document, (*loc, "official"), term.official)
            group = _group(document, (*loc, "everyday"), term.everyday)
            content.pairs.extend((said, official) for said in group.texts)
    for section, groups in (("questions", content.questions), ("apart", content.apart)):
        for loc, item in _items(document, section):
            try:
                groups.append(_group(document, loc, _TEXTS.validate_python(item)))
            except ValidationError as error:
                yield from schema_problems(document, error, Term, loc)
    for section in ("words", "questions", "apart"):
        if section in document.data and not isinstance(document.data[section], list):
            remedy = "줄마다 ‘- ’를 붙여 목록으로 적어 주세요."
            yield document.problem("schema", f"{section}: 목록이 와야 해요", remedy, section)


def _items(document: Document, section: str) -> Iterator[tuple[Loc, object]]:
    items = document.data.get(section)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        yield (section, index), item


def _group(document: Document, loc: Loc, texts: tuple[str, ...]) -> _Group:
    placed = (_Said(document, (*loc, index), text) for index, text in enumerate(texts))
    return _Group(document, loc, tuple(placed))


def _empty_names(document: Document, loc: Loc) -> Iterator[Problem]:
    """Unknown names with nothing after them, which are left out of the data."""
    for name in document.names(*loc):
        if name not in Term.model_fields and name not in document.data[loc[0]][loc[1]]:
            said = f"{name}: 모르는 이름이에요.{did_you_mean(name, Term.model_fields)}"
            yield document.problem("unknown-key", said, "이름을 고치거나 이 줄을 지워 주세요.", *loc, name)


def _unquoted(document: Document) -> Iterator[Problem]:
    """`[어디서 떼요?, …]`: libyaml 0.2.5 reads it, PyYAML's own parser and older ones do not."""
    waiting = [document.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
            for item in node.value if node.flow_style else ():
                if isinstance(item, yaml.ScalarNode) and not item.style and "?" in item.value:
                    line, text = item.start_mark.line + 1, item.value[:40]
                    said = f"따옴표 없는 물음표가 있어서 못 읽는 컴퓨터가 있어요: {text}"
                    remedy = f'"{text}"처럼 큰따옴표로 감싸 주세요.'
                    yield Problem(document.path, line, "unquoted", said, remedy, "warning")


def _letters(content: _Content) -> Iterator[Problem]:
    for said in content.texts():
        if not any(character.isalnum() for character in said.text):
            message = f"글자나 숫자가 하나도 없어요: ‘{said.text}’"
            yield said.problem("empty", message, "말을 적거나 지워 주세요.")


def _other_than_official(content: _Content) -> Iterator[Problem]:
    for said, official in content.pairs:
        if said.key == official.key:
            message = f"시민이 쓰는 말과 행정 용어가 같아요: ‘{said.text}’"
            yield said.problem("same-word", message, "everyday에서 지우거나 다른 말로 바꿔 주세요.")


def _pair_once(content: _Content) -> Iterator[Problem]:
    first: dict[tuple[str, str], _Said] = {}
    for said, official in content.pairs:
        earlier = first.setdefault((said.key, official.key), said)
        if earlier is not said:
            message = f"{earlier.where}에 이미 있는 말이에요: ‘{said.text}’ → ‘{official.text}’"
            yield said.warning("duplicate-pair", message, "한쪽에만 남겨 주세요.")


def _two_in_a_group(content: _Content) -> Iterator[Problem]:
    for group in (*content.questions, *content.apart):
        if len({said.key for said in group.texts}) < 2:
            message = "서로 다른 말이 2개는 있어야 해요"
            yield group.problem("too-few", message, "말을 더 적거나 줄을 지워 주세요.")


def _sentence_once(content: _Content) -> Iterator[Problem]:
    first: dict[str, tuple[_Group, _Said]] = {}
    for group in content.questions:
        for said in group.texts:
            home, earlier = first.setdefault(said.key, (group, said))
            if home is not group:
                message = f"{earlier.where}의 질문 묶음에도 있는 문장이에요: ‘{said.text}’"
                yield said.problem("duplicate-question", message, "한쪽에만 남기거나 두 묶음을 합쳐 주세요.")
            elif earlier is not said:
                message = f"한 묶음에 같은 문장이 두 번 있어요: ‘{said.text}’"
                yield said.warning("duplicate-question", message, "하나를 지워 주세요.")


def _apart_stay_apart(content: _Content) -> Iterator[Problem]:
    """Words told apart in one place and treated as one in another."""
    pairs = {(said.key, official.key): said for said, official in content.pairs}
    asked = {said.key: group for group in content.questions for said in group.texts}
    remedy = "뜻이 같은지 확인하고 한쪽에서 지워 주세요."
    for group in content.apart:
        for one, other in combinations(group.texts, 2):
            pair = pairs.get((one.key, other.key)) or pairs.get((other.key, one.key))
            together = asked.get(one.key) if asked.get(one.key) is asked.get(other.key) else None
            if one.key != other.key and (place := pair or together):
                words = f"‘{one.text}’, ‘{other.text}’"
                message = f"여기서는 뜻이 다르다고 했는데 {place.where}에서는 같은 말로 봐요: {words}"
                yield group.warning("contradiction", message, remedy)


def _personal_data(content: _Content) -> Iterator[Problem]:
    for said in content.texts():
        for found in personal_data(said.text):
            problem = said.problem("personal-data", found.message, found.remedy)
            yield replace(problem, severity=found.severity)


RULES: tuple[Callable[[_Content], Iterator[Problem]], ...] = (
    _letters,
    _other_than_official,
    _pair_once,
    _two_in_a_group,
    _sentence_once,
    _apart_stay_apart,
    _personal_data,
)
"""Each sees all of the thesaurus and yields every fault of its kind."""
