"""Reading one YAML file with the line of everything in it.

Every scalar is read as text, never guessed into a number, a date or a truth value: `id: 2645`,
`phone: 119`, `weekdays: [09:00, 18:00]` and `no` mean what staff see. A key with nothing after it
counts as not written; `null` or `~` says "none". The models turn text into dates and truth values.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import yaml
from pydantic import BaseModel, ValidationError

from bot.content.problem import Problem, did_you_mean

Loc = tuple[int | str, ...]

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: ten times slower, otherwise the same
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_NOTHING = object()
_SAID = {
    "string_type": "글자가 와야 하는데 다른 것이 있어요",
    "tuple_type": "목록이 와야 해요",
    "dict_type": "‘이름: 값’ 묶음이 와야 해요",
    "model_type": "‘이름: 값’ 묶음이 와야 해요",
    "date_from_datetime_parsing": "날짜를 알아볼 수 없어요",
    "date_parsing": "날짜를 알아볼 수 없어요",
    "date_type": "날짜를 알아볼 수 없어요",
    "bool_parsing": "true 또는 false 여야 해요",
    "literal_error": "정해진 값이 아니에요",
}
_DO = {
    "string_type": "값을 글자로 적고, ‘: ’나 ‘?’가 들어 있으면 큰따옴표로 감싸 주세요.",
    "tuple_type": "줄마다 ‘- ’를 붙여 목록으로 적어 주세요.",
    "dict_type": "‘이름: 값’ 꼴로 적어 주세요.",
    "model_type": "‘이름: 값’ 꼴로 적어 주세요.",
    "date_from_datetime_parsing": "2026-03-31처럼 적어 주세요.",
    "date_parsing": "2026-03-31처럼 적어 주세요.",
    "date_type": "2026-03-31처럼 적어 주세요.",
    "bool_parsing": "true 나 false 로 고쳐 주세요.",
}


class Unreadable(Exception):
    """The file as a whole cannot be read; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Document:
    """One file: its content as plain dicts, lists and strings, and where each thing stands."""

    path: Path
    data: Any
    root: yaml.Node
    blanks: tuple[int, ...] = ()
    """Lines (from 1) of list items with nothing written; `data` and `root` are without them."""

    def line(self, *loc: int | str) -> int:
        """Line (from 1) of what `loc` leads to; of the nearest thing around it when it is absent."""
        node, line = self.root, self.root.start_mark.line
        for step in loc:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == step), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line
            else:
                break
        return line + 1

    def line_of(self, position: int, *loc: int | str) -> int:
        """Line of a character of the text at `loc` (right for block texts, near for folded ones)."""
        line, value = self.line(*loc), self.data
        for step in loc:
            value = value[step]
        block = getattr(self.node(*loc), "style", None) == "|"
        return line + int(block) + str(value).count("\n", 0, position)

    def node(self, *loc: int | str) -> yaml.Node:
        """What `loc`, which must be there, leads to, as it is written."""
        node: Any = self.root
        for step in loc:
            if isinstance(step, int):
                node = node.value[step]
            else:
                node = next(pair[1] for pair in node.value if pair[0].value == step)
        return cast("yaml.Node", node)

    def names(self, *loc: int | str) -> list[str]:
        """Names written at `loc`, which must be there, also those with nothing after them."""
        node = self.node(*loc)
        return [str(pair[0].value) for pair in node.value] if isinstance(node, yaml.MappingNode) else []

    def problem(self, rule: str, message: str, remedy: str, *loc: int | str) -> Problem:
        """An error at `loc`."""
        return Problem(self.path, self.line(*loc), rule, message, remedy)


def read_document(path: Path) -> Document:
    """Read a YAML file. Raises `Unreadable` for a missing, badly encoded, malformed or empty one."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        said = f"파일을 열 수 없어요 ({error.strerror})"
        raise _broken(path, 1, said, "파일이 있는지, 권한이 맞는지 봐 주세요.") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _broken(
            path, line, "UTF-8로 저장된 파일이 아니에요", "‘UTF-8’로 다시 저장해 주세요."
        ) from error
    return parse_document(text, path)


def parse_document(text: str, path: Path) -> Document:
    """Read YAML that was, or is to be, the content of `path`. Raises `Unreadable`."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        blanks: list[int] = []
        data = None if root is None else _build(root, path, set(), blanks)
    except RecursionError as error:
        raise _broken(path, 1, "괄호나 목록이 너무 깊이 겹쳐 있어요", "겹친 괄호를 풀어 주세요.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "flow" in (error.context or ""):  # a list in brackets: what breaks it is seen on a later line
            mark = error.context_mark
        said = f"YAML 문법이 어긋났어요 ({error.problem})"
        remedy = _syntax_remedy(f"{error.problem} {error.context}")
        raise _broken(path, mark.line + 1 if mark else 1, said, remedy) from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise _broken(
            path, 1, f"파일에 쓸 수 없는 글자가 있어요 ({error})", "보이지 않는 특수 문자를 지워 주세요."
        ) from error
    if root is None:
        raise _broken(path, 1, "파일이 비어 있어요", "내용을 적거나 파일을 지워 주세요.")
    return Document(path, data, root, tuple(blanks))


def _broken(path: Path, line: int, message: str, remedy: str) -> Unreadable:
    return Unreadable(Problem(path, line, "bad-yaml", message, remedy))


def _is_blank(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null" and not node.value


def _syntax_remedy(said: str) -> str:
    if "tab" in said or "\\t" in said:
        return "줄 앞의 탭을 빈칸으로 바꿔 주세요."
    if "mapping values are not allowed" in said:
        return "글 안에 ‘: ’가 있으면 글 전체를 큰따옴표로 감싸 주세요."
    if "flow" in said or "cannot start any token" in said:
        return "대괄호와 쉼표의 짝을 보고, ‘?’ ‘:’ ‘#’ 같은 기호가 든 말은 큰따옴표로 감싸 주세요."
    return "이 줄과 바로 윗줄의 들여쓰기, 따옴표, ‘:’ 뒤의 빈칸을 봐 주세요."


def _build(node: yaml.Node, path: Path, seen: set[int], blanks: list[int]) -> Any:
    if _is_blank(node):
        return _NOTHING
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if id(node) in seen:
        said = "앵커(&, *)는 쓸 수 없어요"
        remedy = "같은 내용을 그대로 다시 적어 주세요."
        raise Unreadable(Problem(path, node.start_mark.line + 1, "bad-yaml", said, remedy))
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        blanks += [item.start_mark.line + 1 for item in node.value if _is_blank(item)]
        node.value = [item for item in node.value if not _is_blank(item)]
        return [_build(item, path, seen, blanks) for item in node.value]
    built: dict[Any, Any] = {}
    for key, value in cast("yaml.MappingNode", node).value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(
                Problem(path, line, "bad-yaml", "이름 자리에 목록이 있어요", "이름을 글자로 적어 주세요.")
            )
        if key.value in built:
            said = f"‘{key.value}’가 같은 자리에 두 번 있어요"
            raise Unreadable(Problem(path, line, "duplicate-key", said, "하나만 남겨 주세요."))
        built[key.value] = _build(value, path, seen, blanks)
    return {key: value for key, value in built.items() if value is not _NOTHING}


def schema_problems(
    document: Document, error: ValidationError, model: type[BaseModel], at: Loc = ()
) -> list[Problem]:
    """What pydantic found, in plain words and with lines. `at` is where the validated part stands."""
    found = []
    for item in error.errors(include_url=False):
        loc = (*at, *(step for step in item["loc"] if isinstance(step, int) or step.isidentifier()))
        kind, context = item["type"], item.get("ctx", {})
        name = next((str(step) for step in reversed((*at, *item["loc"])) if isinstance(step, str)), "")
        rule, said, remedy = "schema", _SAID.get(kind, ""), _DO.get(kind, "")
        if kind == "extra_forbidden":
            rule, said = "unknown-key", "모르는 이름이에요." + did_you_mean(name, _keys(model))
            remedy = "이름을 고치거나 이 줄을 지워 주세요."
        elif kind == "missing":
            said, remedy = "꼭 있어야 하는데 없어요", f"‘{name}:’ 줄을 적어 주세요."
        elif kind == "too_short" and context["actual_length"]:
            said = f"모자라요 ({context['min_length']}개 이상, 지금 {context['actual_length']}개)"
            remedy = "더 적어 주세요."
        elif kind in {"string_too_short", "too_short"}:
            said, remedy = "비어 있어요", "내용을 적어 주세요."
        elif kind == "string_too_long":
            said = f"너무 길어요 (최대 {context['max_length']}자, 지금 {len(str(item['input']))}자)"
            remedy = "짧게 줄여 주세요."
        elif kind == "too_long":
            said, remedy = f"너무 많아요 (최대 {context['max_length']}개)", "줄여 주세요."
        elif kind == "string_pattern_mismatch":
            said, remedy = f"‘{item['input']}’ 꼴이 맞지 않아요", _pattern_remedy(context["pattern"])
        found.append(
            document.problem(rule, f"{name}: {said or item['msg']}", remedy or "값을 고쳐 주세요.", *loc)
        )
    return found


def _pattern_remedy(pattern: str) -> str:
    if "24:00" in pattern:
        return "09:00처럼 시와 분을 두 자리씩 적어 주세요."
    return "영어 소문자, 숫자, ‘-’, ‘_’, ‘.’만 써 주세요. 예: passport-fee"


def _keys(model: type[BaseModel]) -> set[str]:
    """Names of a model's fields and of the models inside it."""
    keys: set[str] = set()
    waiting: list[Any] = [model]
    while waiting:
        part = waiting.pop()
        if isinstance(part, type) and issubclass(part, BaseModel):
            keys |= part.model_fields.keys()
            waiting += [field.annotation for field in part.model_fields.values()]
        else:
            waiting += get_args(part)
    return keys
