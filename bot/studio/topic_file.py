"""The entries of a topic file, each as a text of its own, so that one is changed and the others are not read.

A file is cut where its list has a dash; only where an entry cannot be read by itself is the whole file read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.content.document import Document, Unreadable, parse_document
from bot.content.problem import Problem
from bot.studio.splice import own_end

_LIST = re.compile(r"^entries:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)(?=-[ \n])", re.MULTILINE)
_EMPTY = re.compile(r"^entries:(?:[ \t]*(?:\[[ \t]*\]|~|null))?(?P<space>[ \t]*)(?=#|\n|\Z)", re.MULTILINE)
_TOPIC = re.compile(r"^topic:", re.MULTILINE)
_ID = re.compile(r"id:[ \t]+([a-z0-9][a-z0-9_.-]*)[ \t]*\n")
_BEFORE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n[ \t]*(?:#[^\n]*)?)*(?=[^\s#])")
"""What may stand between a dash and what it begins: comments and line breaks."""


@dataclass(frozen=True)
class Span:
    """Where an entry stands in its file: from behind the dash to the end of its last line."""

    start: int
    end: int
    column: int
    """Of its names; the dash stands before."""


class TopicFile:
    """A topic file's text; changing it gives another text, with the line breaks it had."""

    def __init__(self, text: str, path: Path) -> None:
        self._bom = "\ufeff" if text.startswith("\ufeff") else ""
        self._windows = "\r\n" in text
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self.path = path
        self._spans: tuple[Span, ...] | None = None
        self._ids: dict[str, int] | None = None

    @property
    def topic(self) -> str:
        """What the file calls its topic; the file's name where it does not."""
        found = _TOPIC.search(self.text)
        if found is None:
            return self.path.stem
        line = self.text[found.start() :].partition("\n")[0]
        return str(parse_document(line, self.path).data.get("topic") or self.path.stem)

    def spans(self) -> tuple[Span, ...]:
        """Where the entries stand, in order. Raises `Unreadable` for a text that is no topic file."""
        if self._spans is None:
            self._spans = tuple(_cut(self.text)) or self.read_whole()
        return self._spans

    def read_whole(self) -> tuple[Span, ...]:
        """The same, with the whole file read: for when an entry cannot be read by itself."""
        root = parse_document(self.text, self.path).root
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        entries = next((value for key, value in pairs if key.value == "entries"), None)
        self._spans = tuple(map(self._span, entries.value)) if isinstance(entries, yaml.SequenceNode) else ()
        self._ids = None
        return self._spans

    def entry(self, span: Span) -> str:
        """An entry as a text of its own: not indented, without a dash."""
        first, *others = self.text[span.start : span.end].rstrip("\n").split("\n")
        lines = (line[min(span.column, len(line) - len(line.lstrip(" "))) :] for line in others)
        return "\n".join([first, *lines]) + "\n"

    def read(self, span: Span) -> Document:
        """An entry's values. Raises `Unreadable`."""
        return parse_document(self.entry(span), self.path)

    def find(self, id_: str) -> Span | None:
        """The entry of that id; the first one, where there are two. Raises `Unreadable`."""
        place = self.ids().get(id_)
        if place is not None and not all(map(self._alone, self.spans()[max(0, place - 1) : place + 1])):
            self.read_whole()
            place = self.ids().get(id_)
        return None if place is None else self.spans()[place]

    def ids(self) -> Mapping[str, int]:
        """The entries' ids, and which of the entries each is."""
        spans = self.spans()
        if self._ids is None:
            self._ids = {}
            for place, span in enumerate(spans):
                self._ids.setdefault(self._id(span), place)
        return self._ids

    def changed(self, entries: Mapping[str, str | None], added: Sequence[str] = ()) -> str:
        """The file's text with another text for the entries of some ids, or without them, and with new ones.

        What goes takes the blank line above along; what is new stands below the others, apart as they are.
        Ids that are not there are passed over. Raises `Unreadable`.
        """
        found = {id_: self.find(id_) for id_ in entries}
        found = {id_: self.find(id_) for id_ in found}  # now that it is known how the file is to be read
        edits = [self._edit(span, entries[id_]) for id_, span in found.items() if span]
        spans = self.spans()
        if added and spans and not self._alone(spans[-1]):  # something else stands below
            spans = self.read_whole()
        if added and spans:
            edits.append(self._added(spans, added))
        parts, at = [], 0
        for start, end, new in sorted(edits):
            parts += [self.text[at:start], new]
            at = end
        text = "".join([*parts, self.text[at:]])
        if not added and sum(entries[id_] is None for id_, span in found.items() if span) == len(spans):
            text = _EMPTY.sub(r"entries: []\g<space>", text, count=1)
        if added and not spans:
            text = self._first(added)
        return self._bom + (text.replace("\n", "\r\n") if self._windows else text)

    def _edit(self, span: Span, entry: str | None) -> tuple[int, int, str]:
        if entry is None:
            start = self._dash_line(span)
            return start - self.text[:start].endswith("\n\n"), span.end, ""
        new = _indented(entry, span.column)
        whole_lines = self.text[span.start : span.end].endswith("\n")
        return span.start, span.end, new if whole_lines else new.rstrip("\n")

    def _added(self, spans: Sequence[Span], entries: Sequence[str]) -> tuple[int, int, str]:
        last = spans[-1]
        line = self._dash_line(last)
        pad = self.text[line : self.text.index("-", line)]
        apart = "\n" * (len(spans) > 1 and self.text[spans[-2].end : line].startswith("\n"))
        new = "".join(f"{apart}{pad}- {_indented(entry, len(pad) + 2)}" for entry in entries)
        return last.end, last.end, "\n" * (not self.text[: last.end].endswith("\n")) + new

    def _first(self, entries: Sequence[str]) -> str:
        new = "".join(f"  - {_indented(entry, 4)}" for entry in entries)
        found = _EMPTY.search(self.text)
        if found is None:
            return self.text.rstrip("\n") + "\n" * bool(self.text.strip()) + "entries:\n" + new
        comment, _, below = self.text[found.end() :].partition("\n")
        return f"{self.text[: found.start()]}entries:{' ' * bool(comment)}{comment}\n{new}{below}"

    def _dash_line(self, span: Span) -> int:
        """Start of the line with an entry's dash. Raises `Unreadable` in a list in brackets."""
        start = self.text.rfind("\n", 0, self.text.rfind("-", 0, span.start)) + 1
        if not self.text[start : span.start].lstrip().startswith("-"):
            said, remedy = (
                "답변 목록이 한 줄로 적혀 있어요",
                "답변마다 줄을 나누어 ‘- ’로 시작하게 적어 주세요.",
            )
            line = self.text.count("\n", 0, span.start) + 1
            raise Unreadable(Problem(self.path, line, "bad-yaml", said, remedy))
        return start

    def _id(self, span: Span) -> str:
        """An entry's id; empty where it has none."""
        found = _ID.match(self.text, span.start, span.end)
        if found:
            return found[1]
        try:
            data = self.read(span).data
        except Unreadable:
            return ""
        return str(data.get("id") or "") if isinstance(data, dict) else ""

    def _alone(self, span: Span) -> bool:
        """Whether an entry can be read by itself: what was cut at a dash inside a text cannot."""
        lines = self.text[span.start : span.end].split("\n")[1:]
        if any(line.strip() and len(line) - len(line.lstrip()) < span.column for line in lines):
            return False
        try:
            return isinstance(self.read(span).data, dict)
        except Unreadable:
            return False

    def _span(self, node: yaml.Node) -> Span:
        start, end, column = node.start_mark.index, node.end_mark.index, node.start_mark.column
        is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
        return Span(start, own_end(self.text, start, end, column - 1) if is_block else end, column)


def _cut(text: str) -> Iterator[Span]:
    """The entries by their dashes."""
    found = _LIST.search(text)
    if found is None:
        return
    dashes = [*re.compile(rf"^{found[1]}-(?=[ \n])", re.MULTILINE).finditer(text, found.start(1))]
    limits = [*(dash.start() for dash in dashes[1:]), len(text)]
    for dash, limit in zip(dashes, limits, strict=True):
        before = _BEFORE.match(text, dash.end(), limit)
        start = before.end() if before else dash.end()
        column = start - (text.rfind("\n", 0, start) + 1)
        yield Span(start, own_end(text, start, limit, column - 1), column)


def _indented(entry: str, column: int) -> str:
    first, *others = entry.split("\n")
    pad = " " * column
    return "\n".join([first, *(pad + line if line else line for line in others)])
