"""Examples in a file of `data/nlu`, changed line by line: everything else in the file stays as it is.

Rasa's format (training data 3.1): a list `nlu` of entries `intent`, `synonym`, `lookup` or `regex`, each with
`examples`, a block text of lines that begin with `- `.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

KINDS = ("intent", "synonym", "lookup", "regex")


class NotEditable(Exception):
    """The change cannot be made in this text; the message says why, in words for staff."""


@dataclass(frozen=True)
class Example:
    """One line of a block: where it stands (from 0) and what it says, marks of entities included."""

    line: int
    text: str


@dataclass(frozen=True)
class Block:
    """One entry of a file."""

    kind: str
    """One of `KINDS`."""
    name: str
    label: str
    """What staff call an intent; empty where the file names none."""
    start: int
    """Line (from 0) of the entry."""
    end: int
    """Line (from 0) after the last of its examples."""
    indent: str
    """What stands before the dash of an example; None-like empty text where there are none yet."""
    plain: bool
    """Whether the examples are a block text, which is the only form that is edited line by line."""
    examples: tuple[Example, ...]


def read_blocks(text: str) -> list[Block]:
    """The entries of a file, in order. Raises `NotEditable` for what is no such file."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, UnicodeEncodeError) as error:
        raise NotEditable("파일의 꼴이 어긋나서 읽을 수 없어요. ‘흐름과 낱말’에서 고쳐 주세요.") from error
    if root is None:
        return []
    nlu = _value(root, "nlu")
    if not isinstance(nlu, yaml.SequenceNode):
        return []
    lines = text.split("\n")
    return [block for node in nlu.value if (block := _block(node, lines)) is not None]


def add(text: str, kind: str, name: str, examples: Sequence[str]) -> str:
    """The text with more examples at the end of an entry. Raises `NotEditable`."""
    block = find(text, kind, name)
    lines = text.split("\n")
    lines[block.end : block.end] = [f"{block.indent}- {_line(example)}" for example in examples]
    return "\n".join(lines)


def change(text: str, kind: str, name: str, old: str, new: str) -> str:
    """The text with one example reworded. Raises `NotEditable`, also when it is not there any more."""
    block, example = _example(text, kind, name, old)
    lines = text.split("\n")
    lines[example.line] = f"{block.indent}- {_line(new)}"
    return "\n".join(lines)


def remove(text: str, kind: str, name: str, old: str) -> str:
    """The text without one example. Raises `NotEditable`, also for the last one of an entry."""
    block, example = _example(text, kind, name, old)
    if len(block.examples) == 1:
        raise NotEditable("마지막 하나는 지울 수 없어요. 다른 것을 먼저 더해 주세요.")
    lines = text.split("\n")
    del lines[example.line]
    return "\n".join(lines)


def add_block(text: str, kind: str, name: str, examples: Sequence[str], label: str = "") -> str:
    """The text with a new entry at its end; an empty text becomes a file. Raises `NotEditable`."""
    if any(block.kind == kind and block.name == name for block in read_blocks(text)):
        raise NotEditable(f"‘{name}’은 이미 있어요.")
    head = text.rstrip("\n") or 'version: "3.1"\nnlu:'
    entry = [f"- {kind}: {quoted(name)}"]
    if label:
        entry += ["  metadata:", f"    label: {quoted(label)}"]
    entry += ["  examples: |", *(f"    - {_line(example)}" for example in examples)]
    return "\n".join([head, *entry, ""])


def set_block(text: str, kind: str, name: str, examples: Sequence[str]) -> str:
    """The text with other examples in an entry; those that stay keep their place. Raises `NotEditable`."""
    wanted = list(dict.fromkeys(_line(example) for example in examples))
    if not wanted:
        raise NotEditable("한 줄은 있어야 해요. 모두 없애려면 지우기를 눌러 주세요.")
    block = find(text, kind, name)
    lines = text.split("\n")
    first = block.examples[0].line if block.examples else block.end
    lines[first : block.end] = [f"{block.indent}- {example}" for example in wanted]
    return "\n".join(lines)


def remove_block(text: str, kind: str, name: str) -> str:
    """The text without an entry. Raises `NotEditable`."""
    block = find(text, kind, name)
    lines = text.split("\n")
    del lines[block.start : block.end]
    return "\n".join(lines)


def find(text: str, kind: str, name: str) -> Block:
    """The first entry of that name whose examples can be edited. Raises `NotEditable` when there is none."""
    found = [block for block in read_blocks(text) if (block.kind, block.name) == (kind, name)]
    if not found:
        raise NotEditable(f"‘{name}’이 이 파일에 없어요. 그 사이 옮겨졌거나 지워졌어요.")
    for block in found:
        if block.plain:
            return block
    raise NotEditable("이 파일은 다른 꼴로 적혀 있어요. ‘흐름과 낱말’에서 글로 고쳐 주세요.")


def quoted(text: str) -> str:
    """A text as a YAML scalar on one line."""
    written: str = yaml.safe_dump(text, allow_unicode=True, width=10**6).split("\n")[0]
    return written


def _example(text: str, kind: str, name: str, said: str) -> tuple[Block, Example]:
    for block in read_blocks(text):
        if (block.kind, block.name) == (kind, name) and block.plain:
            for example in block.examples:
                if example.text == said:
                    return block, example
    find(text, kind, name)
    raise NotEditable("그 문장이 더는 없어요. 그 사이 고쳐졌거나 지워졌어요. 화면을 새로 고쳐 주세요.")


def _block(node: yaml.Node, lines: list[str]) -> Block | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    kind = next((key for key in KINDS if _value(node, key) is not None), None)
    if kind is None:
        return None
    examples, name = _value(node, "examples"), _value(node, kind)
    label = _value(_value(node, "metadata"), "label")
    start = node.start_mark.line
    common = (kind, str(name.value) if name else "", str(label.value) if label else "", start)
    if isinstance(examples, yaml.ScalarNode) and examples.style == "|":
        column = next(key for key, _ in node.value if key.value == "examples").start_mark.column
        found, end = _written(lines, examples.start_mark.line + 1, column)
        indent = " " * (column + 2)
        if found:
            first = lines[found[0].line]
            indent = first[: len(first) - len(first.lstrip())]
        return Block(*common, end, indent, True, tuple(found))
    texts: list[str] = []
    if isinstance(examples, yaml.ScalarNode):
        texts = [
            line.strip()[1:].strip() for line in str(examples.value).split("\n") if line.strip()[:1] == "-"
        ]
    elif isinstance(examples, yaml.SequenceNode):
        values = [
            item if isinstance(item, yaml.ScalarNode) else _value(item, "text") for item in examples.value
        ]
        texts = [str(value.value).strip().removeprefix("- ") for value in values if value is not None]
    end = node.end_mark.line
    return Block(*common, end, "", False, tuple(Example(start, text) for text in texts))


def _written(lines: list[str], first: int, column: int) -> tuple[list[Example], int]:
    """The examples of a block text that begins on line `first` below a key at `column`, and where it ends."""
    found: list[Example] = []
    end = first
    for at in range(first, len(lines)):
        line = lines[at].rstrip("\r")
        said = line.lstrip(" ")
        if said and len(line) - len(said) <= column:
            break
        if said.strip():
            end = at + 1
        if said.startswith("-"):
            found.append(Example(at, said[1:].strip()))
    return found, end


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _line(text: str) -> str:
    """An example as one line. Raises `NotEditable` for one with nothing in it."""
    line = " ".join(text.split())
    if not line:
        raise NotEditable("문장이 비어 있어요.")
    return line
