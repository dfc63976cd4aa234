"""Whatever is said on KakaoTalk is within the guide's limits, and nothing of it is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.messages import Button, Card, Fact, Outbound
from connectors.kakao import Kakao
from demo.platforms.kakao_format import SkillResponse
from tests.all_channels import channels
from tests.body_bot import rendered

texts = st.text(alphabet="가나다라마바사 .!?\nabc😀-0123", max_size=300)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 12))
labels = st.text(alphabet="가나다라마바사아자차", min_size=1, max_size=30)
urls = st.sampled_from(["https://hanbit.example/a", "tel:099-120-1000", "tel:112", "http://hanbit.example"])
buttons = st.one_of(
    st.builds(Button, label=labels, payload=st.sampled_from(["p1", "p2"])),
    st.builds(Button, label=labels, url=urls),
)
cards = st.builds(
    Card,
    title=labels,
    text=texts,
    facts=st.lists(st.builds(Fact, label=labels, value=labels, url=st.none() | urls), max_size=3).map(tuple),
    buttons=st.lists(buttons, max_size=3).map(tuple),
)
outbounds = st.builds(
    Outbound,
    text=st.one_of(texts, long_texts),
    buttons=st.lists(buttons, max_size=14).map(tuple),
    cards=st.lists(cards, max_size=2).map(tuple),
    image_url=st.none() | st.just("https://hanbit.example/a.png"),
)
OFFLINE = channels(None)["kakao"]  # type: ignore[arg-type]


LINK = Button(label="누리집", url="https://hanbit.example")
MENU = tuple(Button(label=f"메뉴{number}", payload="p1") for number in range(12))


@given(st.lists(outbounds, max_size=3))
@example([Outbound(text="가" * 1000, buttons=(LINK,))])
@example([Outbound(text="가" * 401, buttons=(LINK,) * 7, image_url="https://hanbit.example/a.png")])
@example([Outbound(text="가😀" * 700), Outbound(text="가" * 1001)])
@example([Outbound(text="약도예요 " + "가 " * 90, image_url="https://hanbit.example/a.png")])
@example([Outbound(text="메뉴예요.", buttons=MENU)] * 2)
@example([Outbound(buttons=(*MENU, LINK))])
def test_any_response_is_within_the_limits_and_loses_nothing(messages: list[Outbound]) -> None:
    assert isinstance(OFFLINE, Kakao)
    wires = rendered(OFFLINE, *messages)
    bodies = [OFFLINE.body(wires[start : start + 3]).body for start in range(0, len(wires), 3)]
    for body in bodies:
        SkillResponse.model_validate_json(body)
    replies = [reply for body in bodies for reply in json.loads(body)["template"].get("quickReplies", ())]
    asked = [b for m in messages for b in (*m.buttons, *(b for card in m.cards for b in card.buttons))]
    assert sorted(reply["extra"]["button"] for reply in replies) == sorted(
        b.payload for b in asked if b.payload
    )
    everything = b"".join(bodies).decode("unicode-escape")
    assert all(button.url.removeprefix("tel:") in everything for button in asked if button.url)
    said = "".join("".join(seen(json.loads(body))) for body in bodies)
    said = "".join(said.split())
    for message in messages:
        for word in " ".join([message.text, *(card.text for card in message.cards)]).split():
            assert word in said


def seen(body: dict[str, Any]) -> list[str]:
    outputs = body["template"]["outputs"]
    return [
        output["textCard"]["description"]
        if "textCard" in output
        else output.get("simpleText", {}).get("text", "")
        for output in outputs
    ]


QUICK = {"label": "네", "action": "message", "messageText": "네"}
TEXT = {"simpleText": {"text": "네"}}


@pytest.mark.parametrize(
    "template",
    [
        {"outputs": [TEXT] * 4},
        {"outputs": [{"simpleText": {"text": "가" * 1001}}]},
        {"outputs": [{"simpleText": {"text": ""}}]},
        {"outputs": [{**TEXT, "simpleImage": {"imageUrl": "https://a.example/a.png"}}]},
        {"outputs": [{"textCard": {"title": "가" * 50, "description": "나" * 351}}]},
        {"outputs": [{"textCard": {"buttons": [QUICK]}}]},
        {"outputs": [{"textCard": {"description": "네", "buttons": [QUICK] * 4}}]},
        {"outputs": [{"textCard": {"description": "네", "buttons": [{"label": "네", "action": "phone"}]}}]},
        {"outputs": [TEXT], "quickReplies": [QUICK] * 11},
        {"outputs": [TEXT], "quickReplies": [{**QUICK, "label": "가" * 15}]},
        {"outputs": [], "quickReplies": [QUICK]},
        {"outputs": [{"hologram": {}}]},
    ],
)
def test_the_stand_in_refuses_what_the_guide_does(template: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SkillResponse.model_validate({"version": "2.0", "template": template})
