"""`fit` obeys every limit and loses no word."""

from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Capabilities
from bot.fit import fit, length
from bot.messages import Button, Card, Fact, Outbound

words = st.text(alphabet="가나다라마바사 .!?\nabc😀", max_size=300)
labels = st.text(alphabet="가나다라마바사아자차", min_size=1, max_size=60)
buttons = st.builds(Button, label=labels, payload=st.just("p"))
cards = st.builds(
    Card, title=labels, text=words,
    facts=st.lists(st.builds(Fact, label=labels, value=labels), max_size=3).map(tuple),
    buttons=st.lists(buttons, max_size=3).map(tuple),
)  # fmt: skip
messages = st.builds(
    Outbound,
    text=words,
    buttons=st.lists(buttons, max_size=12).map(tuple),
    cards=st.lists(cards, max_size=2).map(tuple),
    image_url=st.none() | st.just("https://hanbit.example/a.png"),
)
capabilities = st.builds(
    Capabilities,
    max_text=st.integers(20, 400),
    max_buttons=st.integers(1, 10),
    max_label=st.integers(5, 40),
    max_payload_bytes=st.just(64),
    cards=st.booleans(),
    images=st.booleans(),
    typing=st.just(True),
    can_push=st.just(True),
    reply_within=st.just(5.0),
    text_unit=st.sampled_from(["characters", "utf16", "bytes"]),
)


@given(messages, capabilities)
def test_every_part_is_within_the_limits(message: Outbound, limits: Capabilities) -> None:
    for part in fit(message, limits):
        assert length(part.text, limits.text_unit) <= limits.max_text
        assert len(part.buttons) <= limits.max_buttons
        assert all(len(button.label) <= limits.max_label for button in part.buttons)
        assert limits.cards or not part.cards
        assert limits.images or part.image_url is None


@given(messages, capabilities)
def test_no_word_is_lost(message: Outbound, limits: Capabilities) -> None:
    parts = fit(message, limits)
    shown = "".join(part.plain() for part in parts)
    squeezed = "".join(shown.split())
    for text in (message.text, *(card.text for card in message.cards), *(b.label for b in message.buttons)):
        for word in text.split():
            assert word in squeezed


@given(messages, capabilities)
def test_every_choice_stays(message: Outbound, limits: Capabilities) -> None:
    parts = fit(message, limits)
    left = sum(len(part.buttons) + sum(len(card.buttons) for card in part.cards) for part in parts)
    assert left == len(message.buttons) + sum(
        min(len(card.buttons), limits.max_buttons) if limits.cards else len(card.buttons)
        for card in message.cards
    )


def test_a_long_text_is_cut_between_sentences() -> None:
    limits = Capabilities(40, 3, 20, 64, False, False, False, True, 5.0)
    parts = fit(
        Outbound(text="여권은 시청에서 만들어요. 사진 한 장이 필요해요. 수수료는 창구에서 내요."), limits
    )
    assert [part.text for part in parts] == [
        "여권은 시청에서 만들어요. 사진 한 장이 필요해요.",
        "수수료는 창구에서 내요.",
    ]


def test_a_card_becomes_text_where_there_are_none() -> None:
    limits = Capabilities(400, 3, 20, 64, False, False, False, True, 5.0)
    card = Card(
        title="여권 수수료",
        text="창구에서 내요.",
        facts=(Fact(label="전화", value="099-120-2010", url="tel:0991202010"),
               Fact(label="출처", value="외교부", url="https://www.passport.go.kr")),
        buttons=(Button(label="더 보기", payload="x"),),
    )  # fmt: skip
    (part,) = fit(Outbound(cards=(card,)), limits)
    assert part.text == (
        "여권 수수료\n창구에서 내요.\n\n전화: 099-120-2010\n출처: 외교부 (https://www.passport.go.kr)"
    )
    assert [button.label for button in part.buttons] == ["더 보기"]
