"""What citizens write, in every step that reads it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import yaml

from bot.channel import Capabilities
from bot.content.document import read_document
from bot.eligibility.codes import Group
from bot.eligibility.hearing import Hearing, Words
from bot.fit import fit
from bot.masking import completes, find, is_second_half, mask, may_answer
from bot.messages import Button, Card, Fact, Outbound
from bot.retrieval.lexical import NoMeaning
from bot.retrieval.prepared import Preparer
from bot.retrieval.query import QuestionReader
from bot.text.amounts import find_amounts
from bot.text.dates import find_dates
from bot.text.initials import find_initials
from bot.text.keyboard import find_slips
from bot.text.language import language_of
from bot.text.lookalikes import plain_letters
from bot.text.morphemes import Morphemes
from bot.text.normalise import align, normalise
from bot.text.recent import RecentMorphemes
from bot.text.recurrence import find_recurrences
from bot.text.thesaurus import load_thesaurus
from bot.text.times import find_times

DATA = Path(__file__).resolve().parent.parent / "data"
TODAY = date(2026, 11, 23)

One = Callable[[bytes], None]


def _text(data: bytes) -> str:
    """Any text that Python can hold, lone halves of letters too."""
    return data.decode("utf-8", "surrogateescape")


def sentences() -> Iterator[bytes]:
    """Examples of every intent, and forms that the steps look for."""
    for path in sorted((DATA / "nlu").glob("*.yml"))[::6]:
        for part in yaml.safe_load(path.read_text("utf-8")).get("nlu", []):
            lines = part.get("examples", "").splitlines()[:2]
            yield from (line.removeprefix("- ").encode() for line in lines)
    yield from (
        each.encode()
        for each in (
            "900101-1234567 M12345678 11-12-345678-90", "4111 1111 1111 1111", "계좌 110-123-456789 국민",
            "다음 주 화요일 오후 3시 반부터 4시까지", "2026.11.30~12.2", "18개월 된 아기, 5만 원, 3인 가구",
            "매주 월요일마다", "durnjs woqkfrmq", "ㄱㅅ ㅇㅋ", "여꿘 제발급",
            "ｐａｓｓｐｏｒｔ ①②", "👨‍👩‍👧‍👦 e\u0301",
        )
    )  # fmt: skip


def masking() -> One:
    """Personal data: what was found lies in the text, one after the other."""

    def one(data: bytes) -> None:
        text = _text(data)
        end = 0
        for found in find(text):
            assert end <= found.start < found.end <= len(text), found
            end = found.end
        masked = mask(text)[0]
        assert not mask(masked)[1] or masked != text, masked
        may_answer(text)
        is_second_half(text)
        completes(text[: len(text) // 2], text[len(text) // 2 :])

    return one


def normalising() -> One:
    """Correcting what was typed: twice changes nothing more, and every letter knows where it was."""

    def one(data: bytes) -> None:
        text = _text(data)
        plain = normalise(text)
        assert normalise(plain) == plain, (plain, normalise(plain))
        aligned = align(text)
        assert aligned.text == plain
        assert all(0 <= start <= end <= len(text) for start, end in aligned.spans)

    return one


def slips() -> One:
    """The wrong keyboard, first letters, letters that look alike, and the language."""

    def one(data: bytes) -> None:
        text = _text(data)
        find_slips(text)
        find_initials(text)
        plain_letters(text)
        language_of(text)

    return one


def values() -> One:
    """Days, hours, amounts and what repeats."""

    def one(data: bytes) -> None:
        text = _text(data)
        for finder in (find_dates, find_amounts):
            for found in finder(text, TODAY):
                assert 0 <= found.start < found.end <= len(text)
        list(find_times(text))
        find_recurrences(text)

    return one


def hearing() -> One:
    """What somebody says of their situation."""
    words = Words.model_validate(read_document(DATA / "eligibility" / "words.yml").data)
    hears = Hearing(words)
    groups = (None, *Group)

    def one(data: bytes) -> None:
        hears.hear(_text(data), TODAY, groups[len(data) % len(groups)])

    return one


@functools.cache
def _reader() -> QuestionReader:
    return QuestionReader(
        Preparer(NoMeaning(), RecentMorphemes(Morphemes())), load_thesaurus(DATA / "thesaurus")
    )


def question() -> One:
    """A question to the answers, taken apart."""
    reader = _reader()
    return lambda data: _read(reader, data)


def _read(reader: QuestionReader, data: bytes) -> None:
    reader.read(_text(data))


_CAN = tuple(
    Capabilities(cards=False, images=False, typing=False, can_push=True, reply_within=5, **can)
    for can in (
        {"max_text": 80, "max_buttons": 3, "max_label": 14, "max_payload_bytes": 99, "text_unit": "bytes"},
        {"max_text": 280, "max_buttons": 0, "max_label": 1, "max_payload_bytes": 1, "text_unit": "weighted"},
        {"max_text": 20, "max_buttons": 2, "max_label": 5, "max_payload_bytes": 64, "text_unit": "utf16",
         "max_card": 40, "max_links": 1, "mixed": False, "phones": False},
    )
)  # fmt: skip


def fitting() -> One:
    """Fitting any reply to a channel."""

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "ignore")
        part = text[: len(text) // 3] or "글"
        buttons = (Button(label=part[:200], payload="/a"), Button(label="전화", url=f"tel:{part[:20]}"))
        card = Card(title=part, text=text[-40:], facts=(Fact(label=part[:50], value=text),), buttons=buttons)
        message = Outbound(text=text, buttons=buttons, cards=(card,))
        for can in _CAN:
            for each in fit(message, can):
                assert len(each.buttons) <= max(can.max_buttons, 0), each

    return one
