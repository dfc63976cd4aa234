"""Drafts made of citizens' lines: an example of an intent, a question of an answer, a new answer, a golden
question. What was made can be taken out of the draft again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

from ruamel.yaml import YAML

from bot.content.document import Unreadable
from bot.content.problem import Problem
from bot.gate.golden import add_golden, golden_item
from bot.masking import mask
from bot.studio import intents_text
from bot.studio.answer_text import read_answer, write_answer
from bot.studio.drafts import Draft, Drafts, DraftTaken
from bot.studio.intents_text import NotEditable
from bot.studio.splice import Unwritable

_TRIES = 5
"""Times a draft is read again because somebody else has just saved it."""
_LONGEST = 300
"""Characters of a question."""


class CannotMake(Exception):
    """The draft cannot be made; the message says why, in words for staff."""


class Stock(Protocol):
    """The answers as they stand in the files (`bot.studio.shelf.Shelf`)."""

    def text(self, id_: str) -> str | None:
        """An answer as a draft begins with; None when there is none."""


class Making:
    """Writes into drafts. Raises `CannotMake`."""

    def __init__(self, drafts: Drafts, data: Path, stock: Stock) -> None:
        """`data` is the folder that staff edit."""
        self._drafts = drafts
        self._data = data
        self._stock = stock

    async def example(self, intent: str, texts: Sequence[str], who: int) -> tuple[str, list[str]]:
        """Make lines examples of an intent; the item, and those that were new to it."""
        said = list(dict.fromkeys(_said(text) for text in texts))

        def edit(text: str | None) -> tuple[str | None, list[str]]:
            known = intents_text.find(text or "", "intent", intent).examples
            new = [each for each in said if each not in {example.text for example in known}]
            return (intents_text.add(text or "", "intent", intent, new) if new else text), new

        item = f"file:data/nlu/{intent}.yml"
        return item, await self._change(item, intent, self._file(item), edit, who)

    async def variant(
        self, answer_id: str, texts: Sequence[str], who: int, department: str | None
    ) -> tuple[str, list[str]]:
        """Make lines questions of an answer; the item, and those that were new to it."""
        said = list(dict.fromkeys(_said(text) for text in texts))

        def edit(text: str | None) -> tuple[str | None, list[str]]:
            if text is None:
                raise CannotMake("그 답변이 더는 없어요. 다른 답변을 골라 주세요.")
            written = read_answer(text)
            known: list[Any] = list(written.fields.get("questions") or ())
            new = [each for each in said if each not in known]
            fields = {**written.fields, "questions": [*known, *new]}
            return write_answer(written.topic, fields, text), new

        item, base = f"answer:{answer_id}", self._stock.text(answer_id)
        title = str(read_answer(base).fields["questions"][0]) if base else answer_id
        return item, await self._change(item, title, base, edit, who, department)

    async def answer(self, question: str, topic: str, department: str, number: int, who: int) -> str:
        """Begin a new answer to a question; the item. `number` makes its id."""
        said, id_ = _said(question), f"question-{number}"
        while self._stock.text(id_) is not None or await self._drafts.find(f"answer:{id_}") is not None:
            id_ += "-2"
        text = write_answer(topic, {"id": id_, "questions": [said], "owner": department})
        await self._drafts.save(f"answer:{id_}", said, None, text, 0, who, department=department)
        return f"answer:{id_}"

    async def golden(self, text: str, answers: Sequence[str], department: str, who: int) -> str:
        """Make a line a golden question that these answers answer; the item."""

        def edit(before: str | None) -> tuple[str | None, list[str]]:
            return add_golden(before, _said(text), answers, department=department), []

        item = golden_item(department)
        await self._change(item, "점검 질문", self._file(item), edit, who, department or None)
        return item

    async def take_back(self, kind: str, item: str, texts: Sequence[str], who: int) -> None:
        """Take out of a draft what was put into it; a draft that changes nothing any more goes.

        What somebody has reworded meanwhile stays.
        """
        draft = await self._drafts.find(item)
        if draft is None:
            return
        if kind == "answer" and draft.base is None:
            await self._drafts.discard(item, draft.version)
            return

        def edit(text: str | None) -> tuple[str | None, list[str]]:
            for each in texts:
                text = _without(kind, item, text, each)
            return text, []

        if kind in ("example", "variant", "golden"):
            await self._change(item, draft.title, draft.base, edit, who, draft.department)
            draft = await self._drafts.find(item)
        if draft is not None and _says_the_same(draft.text, draft.base):
            await self._drafts.discard(item, draft.version)

    async def _change(
        self,
        item: str,
        title: str,
        base: str | None,
        edit: Callable[[str | None], tuple[str | None, list[str]]],
        who: int,
        department: str | None = None,
    ) -> list[str]:
        for _ in range(_TRIES):
            draft: Draft | None = await self._drafts.find(item)
            try:
                text, new = edit(draft.text if draft else base)
            except Unreadable as error:
                raise CannotMake(_told(error.problem)) from error
            except (NotEditable, Unwritable, ValueError) as error:
                raise CannotMake(str(error)) from error
            before, version = (draft.base, draft.version) if draft else (base, 0)
            try:
                await self._drafts.save(item, title, before, text, version, who, department=department)
            except DraftTaken:
                continue
            return new
        raise CannotMake("다른 사람이 같은 곳을 고치고 있어요. 잠시 뒤 다시 해 주세요.")

    def _file(self, item: str) -> str | None:
        path = self._data / item.removeprefix("file:data/")
        try:
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return None


def _without(kind: str, item: str, text: str | None, said: str) -> str | None:
    if text is None:
        return None
    if kind == "example":
        try:
            return intents_text.remove(text, "intent", Path(item).stem, said)
        except NotEditable:
            return text
    if kind == "golden":
        return _without_golden(text, said)
    written = read_answer(text)
    left = [each for each in written.fields.get("questions") or () if each != said]
    return write_answer(written.topic, {**written.fields, "questions": left}, text) if left else text


def _without_golden(text: str, said: str) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = yaml.load(text)
    left = [case for case in data.get("cases") or () if case.get("ask") != said]
    if left:
        data["cases"] = left
    else:
        data.pop("cases", None)
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _says_the_same(text: str | None, base: str | None) -> bool:
    """Whether two texts hold the same, however they are written."""
    if text is None or base is None:
        return text == base
    return bool(YAML(typ="safe").load(text) == YAML(typ="safe").load(base))


def _said(text: str) -> str:
    """A line as it may stand in the content: masked, on one line, not too long. Raises `CannotMake`."""
    said = " ".join(mask(text)[0].split())[:_LONGEST]
    if not said:
        raise CannotMake("더할 글이 비어 있어요.")
    return said


def _told(problem: Problem) -> str:
    return f"{problem.message}. {problem.remedy}"
