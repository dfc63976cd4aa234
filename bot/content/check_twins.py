"""Rules for answers in plain language and in other languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

from bot.content.check_texts import fold, personal_data
from bot.content.load import Placed
from bot.content.models import Translation, Twin
from bot.content.problem import Problem

_HANGUL = re.compile("[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
_KOREAN = 0.5
"""Share of Hangul from which a translation is still Korean."""
_REMEDY = "https://로 시작하는 주소 전체를 브라우저에서 복사해 붙여 주세요."


def check_twins(
    answers: Iterable[Placed], today: date, most: int, bad_address: Callable[[str], str]
) -> Iterator[Problem]:
    """Every fault in twins that the schema cannot see. `most`: characters that people still read."""
    seen: dict[tuple[str, str], Placed] = {}
    for placed in answers:
        for at, twin in _twins(placed):
            yield from _text(placed, at, twin, today, most)
            if isinstance(twin, Translation):
                yield from _translation(placed, at, twin, bad_address)
                yield from _questions(placed, at, twin, seen)


def _twins(placed: Placed) -> Iterator[tuple[tuple[str, ...], Twin]]:
    if placed.answer.plain:
        yield ("plain",), placed.answer.plain
    for language, twin in placed.answer.translations.items():
        yield ("translations", language), twin


def _text(placed: Placed, at: tuple[str, ...], twin: Twin, today: date, most: int) -> Iterator[Problem]:
    if twin.verified_on and twin.verified_on > today:
        said = f"옮긴 글을 확인한 날({twin.verified_on})이 아직 오지 않았어요"
        yield placed.problem("dates", said, "실제로 확인한 날을 적어 주세요.", *at, "verified_on")
    if (length := len(twin.answer)) > most:
        said = f"옮긴 글이 {length:,}자예요 (권장 {most:,}자까지)"
        long = placed.problem("too-long", said, "핵심만 남겨 주세요.", *at, "answer")
        yield replace(long, severity="warning")
    for found in personal_data(twin.answer):
        problem = placed.problem("personal-data", found.message, found.remedy, *at, "answer")
        yield replace(problem, severity=found.severity)


def _translation(
    placed: Placed, at: tuple[str, ...], twin: Translation, bad_address: Callable[[str], str]
) -> Iterator[Problem]:
    letters = len(_LETTER.findall(twin.answer)) or 1
    if len(_HANGUL.findall(twin.answer)) / letters > _KOREAN:
        said = f"{at[-1]}: 옮긴 글이 아직 한국어예요"
        yield placed.problem("twin-language", said, "그 언어로 적거나 지워 주세요.", *at, "answer")
    for index, link in enumerate(twin.links):
        if not link.url.startswith("tel:") and (said := bad_address(link.url)):
            yield placed.problem("url", f"{said}: {link.url}", _REMEDY, *at, "links", index, "url")


def _questions(
    placed: Placed, at: tuple[str, ...], twin: Translation, seen: dict[tuple[str, str], Placed]
) -> Iterator[Problem]:
    for index, question in enumerate(twin.questions):
        first = seen.setdefault((at[-1], fold(question)), placed)
        if first is not placed:
            said = f"질문 ‘{question[:40]}’이 ‘{first.answer.id}’의 옮긴 질문에도 있어요"
            remedy = "한쪽에만 남기거나 두 답변을 합쳐 주세요."
            yield placed.problem("duplicate-question", said, remedy, *at, "questions", index)
