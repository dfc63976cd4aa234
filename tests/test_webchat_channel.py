"""The web chat's frames, tokens and pace: everything that needs no connection."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import BadPayload, BadSignature, Delivery, WireRequest
from bot.feed import Feed
from bot.messages import Button, Card, Fact, Outbound
from bot.pace import Pace
from connectors.webchat.channel import USER_HEADER, WebChat
from connectors.webchat.ports import topic
from connectors.webchat.sessions import BadToken, Sessions

WIRE = Path(__file__).parent / "wire" / "webchat"
USER = "0123456789abcdef0123456789abcdef"
CASES = sorted(path.name.removesuffix(".in.json") for path in WIRE.glob("*.in.json"))


def parse(body: bytes) -> list[dict]:
    request = WireRequest("POST", {USER_HEADER: USER}, body=body)
    found = WebChat(Feed()).parse(request)
    return [inbound.model_dump(mode="json", exclude_defaults=True) for inbound in found]


@pytest.mark.parametrize("case", CASES)
def test_recorded_frames(case: str) -> None:
    """`parse-*`: a frame of the page → messages, or the fault. `render-*`: a message → parts."""
    given_, expected = (json.loads((WIRE / f"{case}.{side}.json").read_text()) for side in ("in", "out"))
    if case.startswith("render-"):
        assert WebChat(Feed()).render(Outbound.model_validate(given_)) == expected
    elif "fault" in expected:
        with pytest.raises(BadPayload, match=expected["fault"]):
            parse(json.dumps(given_).encode())
    else:
        assert parse(json.dumps(given_).encode()) == expected["inbound"]


def test_every_kind_of_case_is_recorded() -> None:
    assert len(CASES) >= 10


def test_a_request_without_a_visitor_is_refused() -> None:
    with pytest.raises(BadSignature):
        WebChat(Feed()).parse(WireRequest("POST", {}, body=b"{}"))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadPayload):  # and nothing else
        assert parse(body) == []


words = st.text(max_size=60)
buttons = st.builds(Button, label=words, payload=st.text("abc123", min_size=1, max_size=12)) | st.builds(
    Button, label=words, url=st.just("https://example.com/")
)
cards = st.builds(
    Card,
    title=words,
    text=words,
    facts=st.lists(st.builds(Fact, label=words, value=words), max_size=3).map(tuple),
    buttons=st.lists(buttons, max_size=3).map(tuple),
)


@given(
    st.builds(
        Outbound,
        text=words,
        cards=st.lists(cards, max_size=3).map(tuple),
        buttons=st.lists(buttons, max_size=4).map(tuple),
    )
)
def test_nothing_of_a_message_is_lost_in_rendering(message: Outbound) -> None:
    wire = json.dumps(WebChat(Feed()).render(message), ensure_ascii=False)
    said = [message.text, *(button.label for button in message.buttons)]
    for card in message.cards:
        said += [
            card.title,
            card.text,
            *(fact.value for fact in card.facts),
            *(b.label for b in card.buttons),
        ]
    for text in said:
        assert json.dumps(text, ensure_ascii=False) in wire or not text


async def test_sending_wakes_the_open_pages() -> None:
    feed = Feed()
    channel = WebChat(feed)
    async with feed.subscribe(topic(USER)) as events:
        provider_id = await channel.send(Delivery(USER, "k"), [{"parts": [{"kind": "text", "text": "안녕"}]}])
        await channel.typing(USER)
        assert (await anext(events))["id"] == provider_id
        assert await anext(events) == {"kind": "typing", "on": True}


def test_a_token_names_one_visitor_and_cannot_be_made_up() -> None:
    sessions, others = Sessions(b"k" * 32), Sessions(b"x" * 32)
    token = sessions.new()
    assert sessions.user_id(token) == sessions.user_id(token)
    assert sessions.user_id(token) != sessions.user_id(sessions.new())
    assert token.split(".")[0] not in sessions.user_id(token)
    for wrong in ("", "x", "a.b", token[:-1], token + "0", others.new(), "토큰.토큰"):
        with pytest.raises(BadToken):
            sessions.user_id(wrong)
    with pytest.raises(ValueError, match="32 bytes"):
        Sessions(b"short")


def test_ten_messages_in_a_second_pass_and_a_flood_waits() -> None:
    now = 0.0
    pace = Pace(lambda: now, most=20, seconds=10)
    assert [pace.wait("a") for _ in range(20)] == [0.0] * 20
    assert pace.wait("a") == pytest.approx(0.5)
    assert pace.wait("b") == 0
    now = 0.4
    assert pace.wait("a") == pytest.approx(0.1)
    now = 4.0
    assert [pace.wait("a") for _ in range(8)] == [0.0] * 8
    assert pace.left("a") == pace.wait("a") == pytest.approx(0.5)
    now = 100.0
    assert [pace.wait("a") for _ in range(20)] == [0.0] * 20
    assert pace.wait("a") == pytest.approx(0.5)


def test_the_pace_forgets_visitors_who_left() -> None:
    now = 0.0
    pace = Pace(lambda: now, most=1, seconds=1)
    for number in range(10_001):
        pace.wait(str(number))
    now = 2.0
    pace.wait("new")
    assert len(pace._full) == 1
