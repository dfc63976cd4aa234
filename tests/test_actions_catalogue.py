"""Services for what a citizen needs, asked of a real action server that follows a real database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from bot.catalogue.sync import synchronise
from bot.log.engine import open_engine
from bot.messages import Reply
from bot.outcomes import Outcome
from demo.gov24.seed import FOLDER, ID, Row, entries
from tests.actions_support import Rasa
from tests.catalogue_support import NIGHT, api, served

PREGNANCY = list(entries([FOLDER / "pregnancy.yml"]))
NEED = "아이 낳으면 뭐 받아요"
FIRST = "첫만남이용권"
SOON = 20.0
"""Seconds; on a quiet machine it takes one."""


def sync(rasa: Rasa, services: list[Row]) -> None:
    async def once() -> None:
        engine = open_engine(rasa.database)
        async with api(served(services)) as client:
            await synchronise(engine, client, lambda: NIGHT, allow_fewer=True)
        await engine.dispose()

    asyncio.run(once())


def search(rasa: Rasa, text: str, **more: float) -> Reply:
    return rasa.ask("action_search_service", text, "search_service", **more)[0]  # type: ignore[arg-type]


def tap(rasa: Rasa, **entities: str) -> Reply:
    return rasa.ask("action_search_service", "/search_service", "search_service", entities=entities)[0]


def soon(is_so: Callable[[], bool]) -> None:
    """Wait until the server has seen what changed."""
    until = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture(scope="module")
def rasa(rasa: Rasa) -> Iterator[Rasa]:
    """The server of all tests, with a catalogue for a while."""
    reply = search(rasa, NEED)  # without one there is still an answer
    assert (reply.outcome, reply.messages != ()) == (Outcome.UNANSWERED, True)
    sync(rasa, PREGNANCY)
    soon(lambda: search(rasa, NEED).outcome == Outcome.ANSWERED_SERVICE)
    yield rasa
    sync(rasa, [])
    soon(lambda: search(rasa, NEED).outcome == Outcome.UNANSWERED)


def test_a_need_gets_services_as_cards(rasa: Rasa) -> None:
    reply = search(rasa, NEED)
    [message] = reply.messages
    assert reply.outcome == Outcome.ANSWERED_SERVICE
    assert "확인" in message.text
    assert 1 <= len(message.cards) <= 3
    assert FIRST in str(search(rasa, "첫만남 이용권").messages)
    for card in message.cards:
        facts = {fact.label: fact for fact in card.facts}
        assert {"지원", "대상", "신청", "기한", "담당", "전화", "고친 날", "출처"} <= facts.keys()
        assert (facts["전화"].url or "").startswith("tel:")
        assert (facts["출처"].value, (facts["출처"].url or "")[:8]) == ("정부24", "https://")
    others, check = message.buttons
    assert check.payload == "/check_benefit"
    assert others.payload == f'/search_service{{"need":"{NEED}","skip":"3"}}'
    [following] = tap(rasa, need=NEED, skip="3").messages
    assert following.cards
    assert not {card.title for card in following.cards} & {card.title for card in message.cards}


def test_a_card_unfolds(rasa: Rasa) -> None:
    card = search(rasa, "첫만남 이용권").messages[0].cards[0]
    assert card.buttons[0].payload == '/search_service{"service_id":"%s"}' % number(FIRST)  # noqa: UP031
    [message] = tap(rasa, service_id=number(FIRST)).messages
    [whole] = message.cards
    assert {"서류", "기준"} <= {fact.label for fact in whole.facts}
    assert "확인" in message.text


def test_what_the_services_do_not_have_goes_to_the_answers(rasa: Rasa) -> None:
    reply = search(rasa, "여권 재발급 수수료는 얼마인가요?")
    assert (reply.outcome, reply.detail["answer_id"]) == (Outcome.ANSWERED_FAQ, "passport-fee")
    reply = search(rasa, "로켓 발사장 견학")
    assert (reply.outcome, bool(reply.messages[0].cards)) == (Outcome.UNANSWERED, True)


def test_an_answer_that_is_likelier_meant_wins_and_offers_the_services(rasa: Rasa) -> None:
    asked = "난임 시술비 지원받는데 여권 재발급 수수료는 얼마인가요?"
    answered, searched = search(rasa, asked, confidence=0.01), search(rasa, asked, confidence=1.0)
    assert answered.detail.get("answer_id") == "passport-fee"
    assert answered.messages[0].buttons[-1].payload == f'/search_service{{"need":"{asked}"}}'
    assert searched.outcome == Outcome.ANSWERED_SERVICE
    assert searched.messages[0].buttons[-1].payload == '/choose_answer{"answer_id":"passport-fee"}'
    assert searched.candidates[0].id == "passport-fee"


def test_a_question_without_an_answer_gets_services_only_where_they_surely_fit(rasa: Rasa) -> None:
    fits, _ = rasa.ask("action_answer", "난임부부 시술비 지원 받고 싶어요")
    assert (fits.outcome, fits.messages[0].cards[0].title) == (
        Outcome.ANSWERED_SERVICE,
        "난임부부 시술비 지원",
    )
    for asked in ("로켓 발사장 견학", "여권 사진 규격", "아이 이름 짓기"):
        reply, _ = rasa.ask("action_answer", asked)
        assert reply.outcome != Outcome.ANSWERED_SERVICE, asked


@pytest.mark.parametrize(
    ("entities", "outcome"),
    [
        ({"service_id": "없는것"}, Outcome.ASKED_BACK),
        ({}, Outcome.ASKED_BACK),
        ({"need": "로켓"}, Outcome.UNANSWERED),
    ],
)
def test_a_button_never_leads_to_silence(rasa: Rasa, entities: dict[str, str], outcome: Outcome) -> None:
    reply = tap(rasa, **entities)
    assert reply.outcome == outcome
    assert reply.messages[0].text
    assert tap(rasa, need=NEED).outcome == Outcome.ANSWERED_SERVICE


def test_a_synchronisation_counts_within_seconds(rasa: Rasa) -> None:
    try:
        sync(rasa, [entry for entry in PREGNANCY if entry["서비스명"] != FIRST])
        soon(lambda: tap(rasa, service_id=number(FIRST)).outcome == Outcome.ASKED_BACK)
        soon(lambda: FIRST not in str(search(rasa, "첫만남 이용권").messages))
    finally:
        sync(rasa, PREGNANCY)
        soon(lambda: search(rasa, "첫만남 이용권").messages[0].cards[0].title == FIRST)


def number(name: str) -> str:
    return next(str(entry[ID]) for entry in PREGNANCY if entry["서비스명"] == name)
