"""Changes values inside a text of YAML. Every byte that need not change stays: comments, order, quotes.

Only the lines of what changed are written anew, in the style they had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import yaml

from bot.content.document import Unreadable, parse_document
from bot.studio import yaml_text
from bot.studio.yaml_text import same

_NOWHERE = Path("answer.yml")


class Unwritable(Exception):
    """A value that YAML cannot hold as it is."""


def change(text: str, wanted: Mapping[str, Any]) -> str:
    """The text of a mapping with other values; names that are not in `wanted` go.

    New names stand in the order of `wanted`. White space at the ends of values does not count. Raises
    `bot.content.document.Unreadable` when `text` cannot be read and `Unwritable`.
    """
    text = text if text.endswith("\n") else text + "\n"
    document = parse_document(text, _NOWHERE)
    if same(document.data, wanted):
        return text
    splicing = _Splicing(text)
    splicing.mapping(document.root, document.data, wanted)
    changed = splicing.result()
    return changed if _reads_as(changed, wanted) else render(wanted)


def render(wanted: Mapping[str, Any]) -> str:
    """The text of a new mapping. Raises `Unwritable`."""
    text = yaml_text.mapping(wanted, 0)
    if not _reads_as(text, wanted):
        raise Unwritable
    return text


def _reads_as(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return same(parse_document(text, _NOWHERE).data, wanted)
    except Unreadable:
        return False


def own_end(text: str, start: int, end: int, indent: int) -> int:
    """Where what stands in `text[start:end]` really ends: without blank lines and comments below it.

    A comment further in than `indent` belongs to it, and in a block text it is no comment at all.
    """
    while True:
        line_start = text.rfind("\n", start, end - 1) + 1
        line = text[line_start:end]
        bare = line.strip()
        outer = bare.startswith("#") and len(line) - len(line.lstrip()) <= indent
        if line_start <= start or (bare and not outer):
            return end
        end = line_start


def _key(value: Any) -> str:
    return json.dumps(yaml_text.plain(value), ensure_ascii=False)


@dataclass
class _Splicing:
    """Collects what is to be replaced in a text."""

    text: str
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        """The text with all of it replaced."""
        parts, at = [], 0
        for start, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            parts += [self.text[at:start], new]
            at = end
        return "".join([*parts, self.text[at:]])

    def mapping(self, node: Any, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Give a mapping other values."""
        if node.flow_style:
            self._replace(node, self._flow(node, new))
            return
        indent, pairs = node.start_mark.column, node.value
        starts = [key.start_mark.index for key, _ in pairs]
        limits = [start - indent for start in starts[1:]] + [node.end_mark.index]
        there: dict[str, int] = {}
        for (key, value), start, limit in zip(pairs, starts, limits, strict=True):
            name, end = key.value, own_end(self.text, start, limit, indent)
            if name not in new or name not in old:
                if name in old or name in new:
                    self._cut(start, end, limit + indent)
                continue
            there[name] = end
            if not same(old[name], new[name]):
                self._value(value, old[name], new[name], indent, (start, end, name))
        at = -1
        for name, part in new.items():
            if name in there:
                at = there[name]
            elif at < 0:
                first, added = self._line_start(starts[0]), yaml_text.pair(name, part, indent)
                if first is None:
                    self.edits.append((starts[0], starts[0], added + " " * indent))
                else:
                    self.edits.append((first, first, " " * indent + added))
            else:
                self.edits.append((at, at, " " * indent + yaml_text.pair(name, part, indent)))

    def _value(self, node: Any, old: Any, new: Any, indent: int, whole: tuple[int, int, str]) -> None:
        """Give one value of a mapping another; `whole` = where its pair stands, and its name."""
        start, end, name = whole
        if isinstance(old, dict) and isinstance(new, Mapping) and old.keys() & new.keys():
            self.mapping(node, old, new)
        elif isinstance(old, list) and isinstance(new, list | tuple) and old and new:
            if node.flow_style:
                self._replace(node, self._flow(node, new))
            else:
                self._sequence(node, old, list(new), end)
        elif isinstance(old, str) and isinstance(new, str):
            self._scalar(node, new, indent, end)
        else:
            self.edits.append((start, end, yaml_text.pair(name, new, indent)))

    def _sequence(self, node: Any, old: list[Any], new: list[Any], end: int) -> None:
        column = node.start_mark.column
        pad = " " * column
        starts = [self._dash(item, column) for item in node.value]
        limits = [*starts[1:], end]
        ends = [own_end(self.text, *span, column) for span in zip(starts, limits, strict=True)]
        lines = {_key(part): self.text[starts[i] : ends[i]] for i, part in enumerate(old)}
        flow = isinstance(node.value[0], yaml.MappingNode) and node.value[0].flow_style

        def written(part: Any) -> str:
            if flow and isinstance(part, Mapping):
                return f"{pad}- {yaml_text.flow(part, inside=True)}\n"
            return lines.get(_key(part)) or f"{pad}- {yaml_text.item(part, column)}"

        matcher = SequenceMatcher(None, [*map(_key, old)], [*map(_key, new)], autojunk=False)
        for _, i1, i2, j1, j2 in (op for op in matcher.get_opcodes() if op[0] != "equal"):
            both = min(i2 - i1, j2 - j1)
            for i, j in zip(range(i1, i2), range(j1, j2), strict=False):
                self._item(node.value[i], old[i], new[j], (starts[i], ends[i]), written(new[j]))
            self.edits += [(starts[i], ends[i], "") for i in range(i1 + both, i2)]
            at = ends[i1 + both - 1] if i1 + both else starts[0]
            self.edits += [(at, at, written(part)) for part in new[j1 + both : j2]]

    def _item(self, node: Any, old: Any, new: Any, span: tuple[int, int], written: str) -> None:
        """Give one item of a list another value."""
        if isinstance(old, dict) and isinstance(new, Mapping) and old.keys() & new.keys():
            self.mapping(node, old, new)
        elif isinstance(old, str) and isinstance(new, str):
            self._scalar(node, new, node.start_mark.column - 2, span[1])
        else:
            self.edits.append((*span, written))

    def _scalar(self, node: Any, new: str, indent: int, end: int) -> None:
        """Give a text another; `end` = where the lines of what it belongs to end."""
        start, stop = node.start_mark.index, node.end_mark.index
        new = new.strip()
        is_block = node.style in ("|", ">")
        if yaml_text.can_be_block(new) and (is_block or "\n" in new):
            head = self.text.find("\n", start if is_block else stop)
            comment = self.text[start:head].partition("#") if is_block else ("", "", self.text[stop:head])
            after = f" #{comment[2]}" if comment[1] else comment[2].rstrip()
            depth = self._depth(head + 1, end) if is_block else 0
            self.edits.append((start, end, f"|{after}\n{yaml_text.block(new, depth or indent + 2)}"))
        elif is_block:
            self.edits.append((start, end, yaml_text.quoted(new) + "\n"))
        elif node.style == "'" and new.isprintable():
            self._replace(node, "'" + new.replace("'", "''") + "'")
        elif node.style == '"':
            self._replace(node, yaml_text.quoted(new))
        else:
            self._replace(node, yaml_text.scalar(new))

    def _flow(self, node: Any, new: Any) -> str:
        """A value in brackets; parts that stay are written as they were."""
        if isinstance(node, yaml.MappingNode) and isinstance(new, Mapping):
            written = {key.value: (key, value) for key, value in node.value}
            parts = []
            for name, part in new.items():
                key, value = written.get(name, (None, None))
                said = yaml_text.scalar(name) if key is None else self._source(key)
                parts.append(f"{said}: {self._flow(value, part)}")
            return "{" + ", ".join(parts) + "}"
        if isinstance(node, yaml.ScalarNode) and isinstance(new, str) and same(node.value, new):
            return self._source(node)
        if isinstance(node, yaml.SequenceNode) and isinstance(new, list | tuple):
            known = {
                item.value: self._source(item) for item in node.value if isinstance(item, yaml.ScalarNode)
            }
            parts = [known.get(part) or yaml_text.flow(part, inside=True) for part in new]
            return "[" + ", ".join(parts) + "]"
        return yaml_text.flow(new, inside=True)

    def _source(self, node: Any) -> str:
        return self.text[node.start_mark.index : node.end_mark.index]

    def _replace(self, node: Any, new: str) -> None:
        self.edits.append((node.start_mark.index, node.end_mark.index, new))

    def _cut(self, start: int, end: int, following: int) -> None:
        """Take a pair out; one that follows a dash leaves its place to the next."""
        line_start = self._line_start(start)
        if line_start is None:
            self.edits.append((start, following, ""))
        else:
            self.edits.append((line_start, end, ""))

    def _line_start(self, at: int) -> int | None:
        """Start of the line; None when something stands between, such as a dash."""
        start = self.text.rfind("\n", 0, at) + 1
        return None if self.text[start:at].strip() else start

    def _dash(self, item: Any, column: int) -> int:
        """Start of the line with the dash of an item."""
        at = self.text.rfind("\n", 0, item.start_mark.index) + 1
        while self.text[at + column : at + column + 1] != "-" or self.text[at : at + column].strip():
            at = self.text.rfind("\n", 0, at - 1) + 1
        return at

    def _depth(self, start: int, end: int) -> int:
        """How far in the lines of a block text stand."""
        for line in self.text[start:end].splitlines():
            if line.strip():
                return len(line) - len(line.lstrip(" "))
        return 0
