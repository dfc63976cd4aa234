"""`fit` obeys every limit and loses no word."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Capabilities
from bot.fit import card_text, fit, length
from bot.messages import Button, Card, Fact, Outbound

words = st.text(alphabet="가나다라마바사 .!?\nabc😀", max_size=300)
labels = st.text(alphabet="가나다라마바사아자차", min_size=1, max_size=60)
replies = st.builds(Button, label=labels, payload=st.just("p"))
addresses = st.builds(
    Button, label=labels, url=st.sampled_from(["https://hanbit.example/가", "tel:099-120-1000"])
)
buttons = replies | addresses
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
    text_unit=st.sampled_from(["characters", "utf16", "bytes", "weighted"]),
    max_text_with_buttons=st.none() | st.integers(20, 60),
    max_links=st.none() | st.integers(0, 3),
    mixed=st.booleans(),
    phones=st.booleans(),
    max_card=st.none() | st.integers(20, 200),
)


@given(messages, capabilities)
def test_every_part_is_within_the_limits(message: Outbound, limits: Capabilities) -> None:
    for part in fit(message, limits):
        longest = (part.buttons and limits.max_text_with_buttons) or limits.max_text
        assert length(part.text, limits.text_unit) <= longest
        assert len(part.buttons) <= limits.max_buttons
        assert all(len(button.label) <= limits.max_label for button in part.buttons)
        assert limits.cards or not part.cards
        for card in part.cards:
            assert len(card.buttons) <= limits.max_buttons
            shown = length(card_text(card), limits.text_unit)
            assert limits.max_card is None or shown <= limits.max_card
        assert limits.images or part.image_url is None
        urls = [button.url for button in part.buttons if button.url is not None]
        links = [url for url in urls if not url.startswith("tel:")]
        assert limits.max_links is None or len(links) <= limits.max_links
        assert limits.mixed or not links or all(button.payload is None for button in part.buttons)
        assert limits.phones or len(links) == len(urls)


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
    """Every quick reply is a button; every address is one, or stands in the text."""

    def choices(parts: Sequence[Outbound]) -> list[Button]:
        return [
            b for part in parts for b in (*part.buttons, *(b for card in part.cards for b in card.buttons))
        ]

    parts = fit(message, limits)
    given, shown = choices([message]), choices(parts)
    assert sum(b.payload is not None for b in given) == sum(b.payload is not None for b in shown)
    text = "".join("".join(part.text for part in parts).split())
    missing = Counter(b.url for b in given if b.url) - Counter(b.url for b in shown if b.url)
    for url, count in missing.items():
        assert text.count(str(url).removeprefix("tel:")) >= count


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


def test_an_address_no_button_can_hold_stands_in_the_text() -> None:
    limits = Capabilities(400, 10, 20, 64, False, False, False, True, 5.0, mixed=False, phones=False)
    link = Button(label="누리집", url="https://www.hanbit.example")
    phone = Button(label="전화", url="tel:099-120-1000")
    (alone,) = fit(Outbound(text="여기예요", buttons=(link, phone)), limits)
    assert (alone.text, alone.buttons) == ("여기예요\n전화: 099-120-1000", (link,))
    more = Button(label="더 보기", payload="x")
    (beside,) = fit(Outbound(text="여기예요", buttons=(link, more)), limits)
    assert (beside.text, beside.buttons) == ("여기예요\n누리집: https://www.hanbit.example", (more,))


def test_choices_become_numbered_lines_where_there_are_no_buttons() -> None:
    limits = Capabilities(400, 0, 0, 0, False, False, False, True, 5.0)
    choices = (Button(label="여권 수수료", payload="x"), Button(label="여권 사진", payload="y"))
    call = Button(label="민원여권과 전화", url="tel:0991202010")
    (part,) = fit(Outbound(text="이 중에 있나요?", buttons=(*choices, call)), limits)
    assert part.text == "이 중에 있나요?\n1. 여권 수수료\n2. 여권 사진\n민원여권과 전화: 0991202010"
    assert part.buttons == ()


def test_labels_that_say_the_same_are_told_apart() -> None:
    limits = Capabilities(400, 10, 20, 64, False, False, False, True, 5.0)
    more = [Button(label="더 보기", payload="a"), Button(label="더 보기", payload="b")]
    (part,) = fit(Outbound(text="둘 다요", buttons=(*more, Button(label="처음으로", payload="c"))), limits)
    assert [button.label for button in part.buttons] == ["1. 더 보기", "2. 더 보기", "처음으로"]
