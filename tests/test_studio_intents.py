"""The pages of intents: examples added, moved, marked and taken back, and a new intent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml
from sqlalchemy import select

from bot.content.check_dialogue import check_dialogue
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.messages import Outbound, Reply
from bot.studio.compose import compose
from bot.studio.drafts import Drafts
from tests.teaching_support import DOMAIN, GREET, RULES, SOFA, desk

WASTE, HELLO = "data/nlu/ask_bulky_waste.yml", "data/nlu/greet.yml"
ONE = "/studio/intents/ask_bulky_waste"


async def test_the_list_tells_what_is_learned_and_used(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        asked = await at.made.ask("소파 버려요")
        reply = Reply(messages=(Outbound(text="네"),), outcome="answered_service", intent="ask_bulky_waste")
        await at.made.answer(asked, reply)
        page = await at.get("/studio/intents")
        assert "대형폐기물" in page
        assert "예문이 적어요" in page
        row = page[page.index("ask_bulky_waste</code>") :]
        assert row.index(">1<") < row.index("</tr>")
        assert "인사" not in await at.get("/studio/intents?q=소파")
        assert "그런 뜻이 없어요" in await at.get("/studio/intents?q=없는말없는말")


async def test_examples_are_added_and_duplicates_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        done = await at.post(f"{ONE}/add", examples="장롱 버려요\r\n- [티비](item) 버려요\n\n장롱 버려요")
        assert done.status == 303
        assert await at.draft(WASTE) == SOFA + "    - 장롱 버려요\n    - [티비](item) 버려요\n"
        assert (await at.client.get(done.headers["Location"])).status == 200
        for said, why in (
            ("안녕 하세요!", "인사"),
            ("대형 폐기물 신청", "이미"),
            ("주민번호는 900101-1234568이에요", "주민등록번호"),
            ("가" * 301, "300자"),
            ("  ", "한 줄에"),
        ):
            refused = await at.post(f"{ONE}/add", examples=said)
            assert refused.status == 409
            assert why in await refused.text()
        assert "900101-1234568" not in (await at.draft(WASTE) or "")
        async with reading(at.made.engine) as session:
            rows = [row for row in await session.scalars(select(Audit)) if row.target == f"file:{WASTE}"]
        assert [row.action for row in rows] == ["intent_examples_added"]


async def test_near_duplicates_are_shown_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        page = await at.get(f"{ONE}?show=twins")
        assert "책상 버리는 값" in page
        assert "‘인사’의 ‘책상은 버리는 값’와 비슷해요" in page
        assert "대형폐기물 신청" not in page.split('id="all"')[1]


async def test_what_was_moved_removed_or_reworded_comes_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        gone = await at.post(f"{ONE}/remove", raw="책상 버리는 값")
        assert "책상 버리는 값" not in (await at.draft(WASTE) or "")
        page = await at.get(gone.headers["Location"])
        assert "되돌리기" in page
        await at.post(f"{ONE}/add", examples="책상 버리는 값")
        assert await at.draft(WASTE) == SOFA

        await at.post(f"{ONE}/move", raw="책상 버리는 값", to="greet")
        assert (await at.draft(HELLO) or "").endswith("    - 책상 버리는 값\n")
        await at.post(f"{ONE}/return", raw="책상 버리는 값", **{"from": "greet"})
        assert (await at.draft(WASTE), await at.draft(HELLO)) == (SOFA, GREET)

        changed = await at.post(f"{ONE}/example/change", raw="책상 버리는 값", new="책상 버리는 가격")
        assert "책상 버리는 가격" in (await at.draft(WASTE) or "")
        assert "되돌리기" in await at.get(changed.headers["Location"])
        await at.post(f"{ONE}/example/change", raw="책상 버리는 가격", new="책상 버리는 값")
        assert await at.draft(WASTE) == SOFA

        everything = [line.strip()[2:] for line in SOFA.splitlines() if line.startswith("    - ")]
        refused = await at.post(f"{ONE}/remove", raw=everything)
        assert refused.status == 409
        assert "하나는 남겨" in await refused.text()


async def test_words_are_marked_with_the_mouse_or_without(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        raw = "책상 버리는 값"
        await at.post(f"{ONE}/example/mark", raw=raw, start="0", words="책상", entity="item")
        assert "    - [책상](item) 버리는 값\n" in (await at.draft(WASTE) or "")
        page = await at.get(
            f"{ONE}/example?raw=%5B%EC%B1%85%EC%83%81%5D(item)+%EB%B2%84%EB%A6%AC%EB%8A%94+%EA%B0%92"
        )
        assert "책상<small>버릴 물건</small>" in page
        await at.post(f"{ONE}/example/unmark", raw="[책상](item) 버리는 값", start="0")
        assert await at.draft(WASTE) == SOFA
        typed = await at.post(f"{ONE}/example/mark", raw=raw, start="", words="버리는", entity="item")
        assert typed.status == 303
        assert "책상 [버리는](item) 값" in (await at.draft(WASTE) or "")
        for fields in ({"words": "소파"}, {"words": "버리는"}, {"words": "값", "entity": "nobody"}):
            wrong = {"raw": "책상 [버리는](item) 값", "start": "", "entity": "item", **fields}
            assert (await at.post(f"{ONE}/example/mark", **wrong)).status == 409


async def test_two_who_change_different_lines_lose_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        done = await asyncio.gather(
            *(at.post(f"{ONE}/add", examples=f"{thing} 버려요") for thing in ("옷장", "거울", "화분"))
        )
        assert {one.status for one in done} <= {303, 409}
        kept = sum(one.status == 303 for one in done)
        assert kept
        assert (await at.draft(WASTE) or "").count(" 버려요\n") == kept


async def test_a_new_intent_is_written_into_every_file(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        said = "\n".join(
            f"견인된 차 {word}" for word in ("찾아 주세요", "어디 있어요", "찾으러 가요", "보관소", "요금")
        )
        fields = {"name": "ask_towing", "label": "견인 차량", "examples": said, "does": "say"}
        refused = await at.post("/studio/intents/new", **fields, says=" ")
        page = await refused.text()
        assert (refused.status, "챗봇이 할 말을 적어 주세요" in page, "견인된 차 보관소" in page) == (
            409,
            True,
            True,
        )
        assert await at.draft("domain.yml") is None
        made = await at.post("/studio/intents/new", **fields, says="견인보관소로 전화해 주세요. {phone}")
        assert made.headers["Location"] == "/studio/intents/ask_towing?notice=new"
        assert "견인 차량" in await at.get("/studio/intents")

        drafts = await Drafts(at.made.engine, at.made.clock).list()
        assert compose(tmp_path / "project", drafts, tmp_path / "candidate") == []
        new = tmp_path / "candidate"
        assert check_dialogue(new / "domain.yml", new / "data") == []
        domain = (new / "domain.yml").read_text(encoding="utf-8")
        assert domain == DOMAIN.replace("  - greet\n", "  - greet\n  - ask_towing\n")
        rule = yaml.safe_load((new / "data/rules/intents.yml").read_text(encoding="utf-8"))["rules"][0]
        assert rule["steps"] == [{"intent": "ask_towing"}, {"action": "action_say"}]
        persona = (new / "data/persona.yml").read_text(encoding="utf-8")
        assert yaml.safe_load(persona)["intents"] == {"ask_towing": ["견인보관소로 전화해 주세요. {phone}"]}
        assert (new / "data/rules/talk.yml").read_text(encoding="utf-8") == RULES
        again = await at.post("/studio/intents/new", **fields, says="네")
        assert again.status == 409


async def test_words_are_edited_as_rows(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.post("/studio/words/synonyms", old="소파", words="쇼파, 쏘파")
        await at.post("/studio/words/synonyms", old="", name="장롱", words="장농")
        text = await at.draft("data/nlu/synonyms.yml") or ""
        assert [entry["examples"] for entry in yaml.safe_load(text)["nlu"]] == [
            "- 쇼파\n- 쏘파\n",
            "- 장농\n",
        ]
        waste = "data/thesaurus/waste.yml"
        await at.post(
            "/studio/words/thesaurus", path=waste, old="대형폐기물", name="대형폐기물", words="가구 버리"
        )
        assert "everyday: [가구 버리]" in (await at.draft(waste) or "")
        assert "가구 버리" in await at.get("/studio/words/thesaurus?q=가구")
        refused = await at.post("/studio/words/thesaurus", path=waste, old="", name="대형폐기물", words="말")
        assert refused.status == 409
        assert (
            await at.post("/studio/words/thesaurus", path="../x", old="", name="a", words="b")
        ).status == 400


async def test_who_may_only_look_changes_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, roles=("viewer",)) as at:
        page = await at.get(ONE)
        assert "예문 더하기" not in page
        for path, fields in (
            (f"{ONE}/add", {"examples": "장롱 버려요"}),
            ("/studio/texts/data/rules/talk.yml", {"text": "rules: []", "version": "0"}),
            ("/studio/words/synonyms", {"old": "소파", "words": "쇼파"}),
            ("/studio/training", {}),
        ):
            assert (await at.post(path, **fields)).status == 403
        assert await at.draft(WASTE) is None
