"""What a click in the inbox writes into drafts, and what a second click takes out again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.gate.golden import golden_item
from bot.loop.making import CannotMake
from bot.settings import Settings
from bot.studio.answer_text import read_answer
from tests.loop_support import Ward, ward

ASKED = "여권 두께는 얼마나 되나요"


@pytest.fixture
async def here(settings: Settings) -> AsyncIterator[Ward]:
    async with ward(settings) as made:
        yield made


async def text_of(here: Ward, item: str) -> str:
    draft = await here.drafts.find(item)
    assert draft is not None
    assert draft.text is not None
    return draft.text


async def test_a_question_of_an_answer(here: Ward) -> None:
    making = here.loop.making
    item, new = await making.variant("passport-fee", [ASKED, ASKED], here.operator, "civil-affairs")
    assert (item, new) == ("answer:passport-fee", [ASKED])
    written = read_answer(await text_of(here, item))
    assert written.topic == "passport"
    assert written.fields["questions"][-1] == ASKED
    assert (await making.variant("passport-fee", [ASKED], here.operator, None))[1] == []
    await making.take_back("variant", item, [ASKED], here.operator)
    assert await here.drafts.find(item) is None


async def test_what_somebody_else_added_meanwhile_stays(here: Ward) -> None:
    making = here.loop.making
    item, _ = await making.variant("passport-fee", [ASKED], here.operator, None)
    await making.variant("passport-fee", ["여권은 몇 쪽인가요"], here.operator, None)
    await making.take_back("variant", item, [ASKED], here.operator)
    questions = read_answer(await text_of(here, item)).fields["questions"]
    assert ASKED not in questions
    assert questions[-1] == "여권은 몇 쪽인가요"


async def test_an_example_of_an_intent(here: Ward) -> None:
    making = here.loop.making
    item, new = await making.example("greet", ["반갑습니다람쥐", "안녕하세요"], here.operator)
    assert (item, new) == ("file:data/nlu/greet.yml", ["반갑습니다람쥐"])
    before = Path(here.settings.data_dir / "nlu/greet.yml").read_text()
    added = (await text_of(here, item)).splitlines()
    assert [line for line in added if line not in before.splitlines()] == ["    - 반갑습니다람쥐"]
    await making.take_back("example", item, new, here.operator)
    assert await here.drafts.find(item) is None


async def test_a_new_answer(here: Ward) -> None:
    making = here.loop.making
    item = await making.answer(
        "우주선은\n어디에 세우나요 010-1234-5678", "parking", "parking", 7, here.operator
    )
    assert item == "answer:question-7"
    written = read_answer(await text_of(here, item))
    assert written.topic == "parking"
    assert written.fields["owner"] == "parking"
    [question] = written.fields["questions"]
    assert question.startswith("우주선은 어디에 세우나요")
    assert "1234" not in question
    assert await making.answer("또", "parking", "parking", 7, here.operator) == "answer:question-7-2"
    await making.take_back("answer", item, [question], here.operator)
    assert await here.drafts.find(item) is None


@pytest.mark.parametrize("department", ["", "civil-affairs"])
async def test_a_golden_question(here: Ward, department: str) -> None:
    making = here.loop.making
    item = await making.golden(ASKED, ["passport-fee"], department, here.operator)
    assert item == golden_item(department)
    cases = YAML(typ="safe").load(await text_of(here, item))["cases"]
    assert {"ask": ASKED, "answers": ["passport-fee"]} in cases
    await making.take_back("golden", item, [ASKED], here.operator)
    draft = await here.drafts.find(item)
    assert draft is None or ASKED not in (draft.text or "")


async def test_what_cannot_be_made_is_told(here: Ward) -> None:
    making = here.loop.making
    with pytest.raises(CannotMake, match="답변이 더는 없어요"):
        await making.variant("no-such-answer", [ASKED], here.operator, None)
    with pytest.raises(CannotMake, match="이 파일에 없어요"):
        await making.example("no_such_intent", [ASKED], here.operator)
    with pytest.raises(CannotMake, match="비어 있어요"):
        await making.answer("  ", "parking", "parking", 1, here.operator)
    assert await here.drafts.list() == []
