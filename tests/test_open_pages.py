"""The scorecard: made once a week, kept as it is, read by people, programs and catalogues of open data."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import delete, insert

from bot.log.engine import changing
from bot.log.tables import Conversation, Message
from bot.openness.card import schema
from bot.openness.pages import WEB
from bot.ratings.tables import Rating
from tests.open_support import LAST_WEEK, Open, open_pages
from tests.scripted_rasa import reply


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Open]:
    async with open_pages(tmp_path) as made:
        yield made


async def fetched(here: Open, path: str, status: int = 200) -> str:
    response = await here.client.get(path)
    assert response.status == status, path
    return await response.text()


async def card(here: Open, path: str = "/open/scorecard.json") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(await fetched(here, path))
    jsonschema_rs.validator_for(json.loads((WEB / "scorecard.schema.json").read_text("utf-8"))).validate(made)
    return made


def test_the_schema_in_the_repository_is_that_of_the_scorecard() -> None:
    kept = json.loads((WEB / "scorecard.schema.json").read_text("utf-8"))
    assert kept == schema(), (
        "write schema() of bot/openness/card.py into the file, and tell of it in CHANGELOG"
    )
    jsonschema_rs.meta.validate(kept)


class TestScorecard:
    async def test_what_happened_last_week_is_told(self, here: Open) -> None:
        await here.busy_week()
        await here.asked(30, "answered_faq", "passport-fee", at=LAST_WEEK - timedelta(weeks=1))
        await here.asked(30, "answered_faq", "passport-fee", at=here.now)
        made = await card(here)
        figures = made["figures"]
        assert (made["week"], made["first_day"], made["last_day"]) == ("2026-W47", "2026-11-16", "2026-11-22")
        assert made["publisher"] == {"id": "hanbit.example", "name": "한빛시"}
        assert (figures["questions"], figures["conversations"], figures["answered"]) == (143, 143, 95)
        assert figures["answer_rate"] == 0.664
        assert {row["outcome"]: row["questions"] for row in figures["outcomes"]} == {
            "answered": 95,
            "not_answered": 30,
            "other": 18,
        }
        rows = {row["topic"]: (row["answered"], row["not_answered"]) for row in figures["topics"]}
        assert rows["여권"] == (None, None)
        assert rows["쓰레기·재활용"] == (None, None)
        assert figures["latency_ms"]["p95"] >= figures["latency_ms"]["median"] > 0
        assert {row["channel"]: row["questions"] for row in figures["channels"]} == {
            "webchat": 115,
            "kakao": 28,
        }

    async def test_a_week_is_published_once_whatever_becomes_of_the_log(self, here: Open) -> None:
        await here.busy_week()
        first = await card(here)
        async with changing(here.engine) as connection:
            await connection.execute(delete(Message).where(Message.conversation_id < 5))
            await connection.execute(delete(Conversation).where(Conversation.id < 5))
        here.later(hours=5)
        await here.openness.making.run()
        again = await card(here)
        assert again["figures"] == first["figures"]
        assert again["made_at"] == first["made_at"]

    async def test_past_weeks_stay_and_missed_ones_are_made_up_for(self, here: Open) -> None:
        await here.busy_week()
        await here.openness.making.run()
        here.later(weeks=2)
        await here.openness.making.run()
        weeks = [
            one["week"] for one in json.loads(await fetched(here, "/open/scorecards.json"))["scorecards"]
        ]
        assert weeks == ["2026-W49", "2026-W48", "2026-W47"]
        assert (await card(here, "/open/scorecards/2026-W47.json"))["figures"]["questions"] == 143
        assert (await card(here))["figures"]["questions"] == 0
        assert "2026년 47번째 주" in await fetched(here, "/open/weeks/2026-W47")
        await fetched(here, "/open/weeks/2026-W40", 404)
        await fetched(here, "/open/scorecards/2026-W40.json", 404)

    async def test_the_week_that_goes_on_is_not_told(self, here: Open) -> None:
        await here.busy_week(at=here.now)
        assert (await card(here))["figures"]["questions"] == 0

    async def test_a_week_of_few_people_tells_nothing(self, here: Open) -> None:
        await here.asked(9, "answered_faq", "passport-fee")
        figures = (await card(here))["figures"]
        assert figures["questions"] is figures["conversations"] is figures["latency_ms"] is None
        assert figures["topics"] == figures["outcomes"] == figures["channels"] == []
        assert "10명보다 적어서" in await fetched(here, "/open")

    async def test_a_log_that_forgets_within_the_week_makes_no_scorecard(self, tmp_path: Path) -> None:
        async with open_pages(tmp_path, retention_days=3) as here:
            assert "아직 성적표가 없어요" in await fetched(here, "/open")
            await fetched(here, "/open/scorecard.json", 404)
            assert json.loads(await fetched(here, "/open/scorecards.json")) == {"scorecards": []}
            assert "dcat:Catalog" in await fetched(here, "/open/catalog.jsonld")

    async def test_ratings_of_enough_people_are_told(self, here: Open) -> None:
        await here.asked(12, "answered_faq", "passport-fee")
        rows = [{"conversation_id": n, "score": 5 if n % 2 else 3} for n in range(1, 13)]
        common = {"about": "answer", "channel": "webchat", "topic": "", "asked_at": LAST_WEEK}
        async with changing(here.engine) as connection:
            await connection.execute(
                insert(Rating), [{**common, "rated_at": LAST_WEEK, **row} for row in rows]
            )
        assert (await card(here))["figures"]["rating"] == {"ratings": 12, "average": 4.0}

    async def test_accuracy_is_measured_on_what_citizens_get(self, here: Open) -> None:
        questions = json.loads(await fetched(here, "/open/questions.json"))["questions"]
        wanted = {one["question"]: one["answers"] for one in questions}
        right = [text for text, answers in wanted.items() if answers][:30]

        def answer(text: str) -> Any:
            given = (
                [{"id": wanted[text][0], "score": 0.9}]
                if text in right
                else [{"id": "nothing", "score": 0.9}]
            )
            return reply("답", outcome="answered_faq", candidates=given)

        here.rasa.answer = answer
        here.rasa.has_model = False
        await here.openness.making.run()
        assert (await card(here))["accuracy"] is None
        here.rasa.has_model = True
        here.rasa.asked.clear()
        await here.openness.making.run()
        accuracy = (await card(here))["accuracy"]
        assert (accuracy["asked"], accuracy["right"], accuracy["release"]) == (len(wanted), 30, None)
        assert {each["message"] for each in here.rasa.asked} == set(wanted)
        assert all(each["sender"].startswith("open:") for each in here.rasa.asked)
        asked = len(here.rasa.asked)
        await here.openness.making.run()
        assert len(here.rasa.asked) == asked  # once a week


class TestFiles:
    async def test_the_sheet_has_every_week_and_no_formula(self, here: Open) -> None:
        await here.busy_week()
        text = await fetched(here, "/open/scorecards.csv")
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        assert {row["week"] for row in rows} == {"2026-W47"}
        told = {(row["subject"], row["name"], row["measure"]): row["value"] for row in rows}
        assert told["total", "", "questions"] == "143"
        assert told["topic", "여권", "answered"] == ""  # hidden
        assert not any(value[:1] in "=+-@" for row in rows for value in row.values() if value)

    async def test_the_catalogue_names_every_file_and_each_is_there(self, here: Open) -> None:
        made = json.loads(await fetched(here, "/open/catalog.jsonld"))
        assert made["@type"] == "dcat:Catalog"
        assert made["dct:license"]["@id"].startswith("https://www.kogl.or.kr/")
        assert {each["dct:identifier"] for each in made["dcat:dataset"]} == {
            *("scorecard", "answers", "services", "departments", "questions")
        }
        base = here.settings.own_url
        addresses = re.findall(r'"@id": "([^"#]+)"', json.dumps(made))
        ours = {each.removeprefix(base) for each in addresses if each.startswith(base)}
        assert len(ours) > 8
        for path in ours:
            kind = (await here.client.get(path)).status
            assert kind == 200, path

    async def test_nothing_of_a_citizen_is_in_any_file(self, here: Open) -> None:
        await here.busy_week()
        for path in ("/open", "/open/scorecards.json", "/open/scorecards.csv", "/open/catalog.jsonld"):
            page = await fetched(here, path)
            assert "secret" not in page
            assert "<script" not in page

    async def test_responses_can_be_kept_and_read_from_anywhere(self, here: Open) -> None:
        for path in ("/open", "/open/scorecard.json", "/open/feed.atom", "/open/api/answers"):
            first = await here.client.get(path)
            assert first.headers["Access-Control-Allow-Origin"] == "*"
            assert first.headers["Cache-Control"] == "public, max-age=60"
            again = await here.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status, await again.read()) == (304, b"")
        assert "script-src" not in (await here.client.get("/open")).headers["Content-Security-Policy"]
        robots = await fetched(here, "/robots.txt")
        assert "Allow: /open\n" in robots
        assert (await here.client.get("/open/", allow_redirects=False)).status == 301
