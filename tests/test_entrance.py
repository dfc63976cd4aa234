"""At the entrance: what is written down, what is kept for a service, and what is never kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.identity.entrance import Entrance
from bot.identity.personal import Personal, open_personal
from bot.identity.vault import kind_of
from bot.masking import completes, find
from bot.messages import Inbound, utc_now
from bot.settings import Settings
from tests.identity_support import everything_in, free_port

KEY = "phone:kim"


class Office:
    """An entrance, and the citizen before it."""

    def __init__(self, personal: Personal) -> None:
        self.personal = personal
        self.said: list[str] = []
        self._entrance = Entrance(personal.vault, self._last)

    async def _last(self, channel: str, user_id: str) -> str:
        assert (channel, user_id) == ("phone", "kim")
        return self.said[-1] if self.said else ""

    async def say(self, text: str, **fields: Any) -> Inbound:
        inbound = Inbound(
            channel="phone", user_id="kim", message_id="1", sent_at=utc_now(), text=text, **fields
        )
        admitted = await self._entrance.admit(inbound)
        self.said.append(admitted.text)
        return admitted

    async def values(self, admitted: Inbound) -> list[tuple[str | None, str | None]]:
        return [(kind_of(token), await self.personal.vault.open(KEY, token)) for token in admitted.kept]


@pytest.fixture
async def office(settings: Settings) -> AsyncIterator[Office]:
    personal = open_personal(settings)
    await personal.box._redis.flushdb()
    yield Office(personal)
    await personal.close()


async def test_a_label_stands_in_the_text_and_the_value_is_kept(office: Office) -> None:
    admitted = await office.say("이솔이고 010-1234-5678, sol@example.com 이에요. 12가 3456 차요")
    assert admitted.text == "이솔이고 [휴대전화], [이메일] 이에요. [차량번호] 차요"
    assert await office.values(admitted) == [
        ("mobile", "010-1234-5678"),
        ("email", "sol@example.com"),
        ("vehicle", "12가 3456"),
    ]
    again = await office.personal.vault.reveal(KEY, admitted.text, admitted.kept)
    assert again == "이솔이고 010-1234-5678, sol@example.com 이에요. 12가 3456 차요"
    assert await office.personal.vault.reveal("phone:lee", admitted.text, admitted.kept) == admitted.text


@pytest.mark.parametrize(
    "text",
    [
        "900101-1234568",
        "4111-1111-1111-1111",
        "11-20-123456-78",
        "여권 M12345678",
        "국민은행 123456-78-901234 입금해 주세요",
    ],
)
async def test_what_no_service_of_ours_may_have_is_never_kept(text: str, office: Office) -> None:
    for asked in (None, "mobile", "birth"):
        await office.personal.vault.ask(KEY, asked)
        admitted = await office.say(text)
        assert [kind_of(token) for token in admitted.kept] in ([], [asked])
        assert not [value for _, value in await office.values(admitted) if value in text and len(value) > 10]
        assert "1234" not in admitted.text
        assert "4111" not in admitted.text


@pytest.mark.parametrize(
    ("asked", "text", "masked", "value"),
    [
        ("birth", "1990년 1월 2일", "[생년월일]", "1990년 1월 2일"),
        ("birth", "90.1.2 생이요", "[생년월일] 생이요", "90.1.2"),
        ("birth", "19900102", "[생년월일]", "19900102"),
        ("birth", "1990-02-30", "[생년월일]", "1990-02-30"),
        ("birth", "２０３０-01-01", "[생년월일]", "２０３０-01-01"),
        ("mobile", "010-123-45", "[휴대전화]", "010-123-45"),
        ("mobile", "0 1 0 1 2 3 4 5 6 7 8", "[휴대전화]", "0 1 0 1 2 3 4 5 6 7 8"),
        ("account", "123456-78-901234", "[계좌번호]", "123456-78-901234"),
        ("email", "sol@localhost", "[이메일]", "sol@localhost"),
    ],
)
async def test_what_was_asked_for_needs_no_label_and_may_be_wrong(
    asked: str, text: str, masked: str, value: str, office: Office
) -> None:
    before = await office.say(text)
    assert before.text == text
    await office.personal.vault.ask(KEY, asked)
    admitted = await office.say(text)
    assert admitted.text == masked
    assert await office.values(admitted) == [(asked, value)]
    await office.personal.vault.ask(KEY, None)
    assert (await office.say(text)).text == text


async def test_a_question_in_between_is_not_taken_for_the_value(office: Office) -> None:
    for asked in ("birth", "mobile"):
        await office.personal.vault.ask(KEY, asked)
        for text in ("근데 수수료는요?", "2층에 있나요?", "10만 원이에요?", "접수번호 2026-000123 이에요"):
            assert (await office.say(text)).text == text
    assert (await office.say("날짜는 2026-12-03으로 바꿔요")).text == "날짜는 2026-12-03으로 바꿔요"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("900101-", "1234567"),
        ("900101 -", "-1234567"),
        ("900101", "1234567"),
        ("제 주민번호는 900101", "1234567"),
        ("９００１０１－", "１２３４５６７"),
        ("900101-", "1******"),
        ("앞자리는 900101", " 1234567 "),
    ],
)
async def test_a_resident_number_in_two_messages(first: str, second: str, office: Office) -> None:
    await office.say(first)
    admitted = await office.say(second)
    assert admitted.text == "[주민등록번호]"
    assert admitted.kept == ()


async def test_seven_digits_alone_are_nothing(office: Office) -> None:
    await office.say("여권 언제 나와요?")
    assert (await office.say("1234567")).text == "1234567"


async def test_typed_tokens_and_labels_are_words(office: Office) -> None:
    kept = (await office.say("010-1234-5678")).kept
    forged = await office.say(f"[휴대전화] {kept[0]} ⟦mobile:aaaaaaaaaaaaaaaaaaaaaa⟧")
    assert forged.kept == ()
    assert forged.text.startswith("(휴대전화) ")
    assert await office.personal.vault.reveal(KEY, forged.text, forged.kept) == forged.text


async def test_a_channel_cannot_bring_tokens_of_its_own(office: Office) -> None:
    kept = (await office.say("010-1234-5678")).kept
    assert (await office.say("안녕하세요", kept=kept)).kept == ()


async def test_nothing_is_kept_of_what_everybody_reads(office: Office) -> None:
    admitted = await office.say("010-1234-5678", public=True)
    assert (admitted.text, admitted.kept) == ("[휴대전화]", ())


async def test_without_redis_it_is_masked_all_the_same(settings: Settings) -> None:
    personal = open_personal(settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"}))
    admitted = await Office(personal).say("010-1234-5678")
    assert (admitted.text, admitted.kept) == ("[휴대전화]", ())
    await personal.close()


async def test_a_flood_of_values_is_not_kept(office: Office) -> None:
    admitted = await office.say(" ".join(f"010-1234-{number:04}" for number in range(200)))
    assert len(admitted.kept) == 20
    assert admitted.text == " ".join(["[휴대전화]"] * 200)
    assert "010-1234" not in await everything_in(office.personal.box._redis)


@given(
    st.text(alphabet="0123456789-. 년월일가@a", max_size=40), st.sampled_from(["birth", "mobile", "account"])
)
def test_asking_only_ever_hides_more(text: str, asked: str) -> None:
    hidden = {place for item in find(text) for place in range(item.start, item.end)}
    assert hidden <= {place for item in find(text, asked) for place in range(item.start, item.end)}


@given(st.text(), st.text())
def test_halves_of_any_texts(before: str, text: str) -> None:
    if completes(before, text):
        assert sum(character.isnumeric() for character in text) in (1, 7)


def test_the_command_shows_what_would_be_written() -> None:
    run = CliRunner().invoke
    assert run(app, ["mask", "전화 010-1234-5678"]).stdout == "전화 [휴대전화]\n"
    assert run(app, ["mask", "-"], input="주민번호 900101-1234568\n").stdout == "주민번호 [주민등록번호]\n"
    said = json.loads(run(app, ["mask", "--json", "메일 a@b.kr"]).stdout)
    assert said == {
        "text": "메일 [이메일]",
        "found": [{"kind": "email", "label": "이메일", "start": 3, "end": 9}],
    }
    assert json.loads(run(app, ["mask", "--json", "여권 얼마예요?"]).stdout)["found"] == []
