"""Text files that staff make and remove: named, begun with an example, refused while something needs them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.studio.compose import compose
from bot.studio.drafts import Drafts
from bot.studio.files import FOLDERS, needed, start
from bot.studio.flow_check import check_text
from bot.studio.texts import Texts
from tests.teaching_support import desk

TALK = "/studio/texts/data/rules/talk.yml"


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_new_file_begins_with_has_no_fault(folder: str) -> None:
    texts, path = Texts(ROOT, []), f"{folder}/brand_new.yml"
    text = start(path, texts, date(2026, 11, 24))
    assert "{" not in text.replace("{number}", "").replace("{name}", "").replace("{days", "").replace(
        "{title", ""
    )
    assert check_text(texts, path, text) == []


async def test_a_new_file_is_a_draft_and_then_part_of_the_content(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert "새 파일" in await at.get("/studio/texts")
        assert "checked" in await at.get("/studio/texts/new?folder=data/services")
        made = await at.post("/studio/texts/new", folder="data/thesaurus", name="towing")
        assert made.headers["Location"] == "/studio/texts/data/thesaurus/towing.yml?new=1"
        page = await at.get(made.headers["Location"])
        assert "행정에서 쓰는 말" in page
        assert await at.draft("data/thesaurus/towing.yml") is None
        text = "topic: 견인\nwords:\n- official: 견인차량보관소\n  everyday: [차 끌려간 데]\n"
        await at.post("/studio/texts/data/thesaurus/towing.yml", text=text, version="0", seen="")
        assert "towing.yml" in await at.get("/studio/texts")
        again = await at.post("/studio/texts/new", folder="data/thesaurus", name="towing")
        assert again.status == 409
        assert "이미 있어요" in await again.text()
        drafts = Drafts(at.made.engine, at.made.clock)
        assert compose(tmp_path / "project", await drafts.list(), tmp_path / "candidate") == []
        assert (tmp_path / "candidate/data/thesaurus/towing.yml").read_text("utf-8") == text
        draft = await drafts.find("file:data/thesaurus/towing.yml")
        assert draft is not None
        gone = await at.post("/studio/texts/data/thesaurus/towing.yml/discard", version=str(draft.version))
        assert "되돌리기" in await at.get(gone.headers["Location"])
        await at.post("/studio/texts/data/thesaurus/towing.yml/restore", version=str(draft.version))
        assert await at.draft("data/thesaurus/towing.yml") == text


@pytest.mark.parametrize(
    ("folder", "name", "said"),
    [
        ("data/services", "Towing", "영어 소문자"),
        ("data/services", "../../etc", "영어 소문자"),
        ("data/services", "", "영어 소문자"),
        ("data/rules", "talk", "이미 있어요"),
        ("data/answers", "towing", "골라 주세요"),
        ("", "towing", "골라 주세요"),
    ],
)
async def test_a_bad_name_is_told_and_kept_to_be_mended(
    tmp_path: Path, folder: str, name: str, said: str
) -> None:
    async with desk(tmp_path) as at:
        answer = await at.post("/studio/texts/new", folder=folder, name=name)
        page = await answer.text()
        assert answer.status == 409
        assert said in page
        assert f'value="{name}"' in page


async def test_a_file_is_removed_by_a_draft_and_can_be_had_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        path = "data/services/local_tax.yml"
        file = tmp_path / "project" / path
        written = (ROOT / path).read_text("utf-8")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written, "utf-8")
        assert "이 파일 지우기" in await at.get(f"/studio/texts/{path}")
        stale = await at.post(f"/studio/texts/{path}/remove", version="7")
        assert stale.status == 409
        page = await at.get((await at.post(f"/studio/texts/{path}/remove", version="0")).headers["Location"])
        assert "지울 예정이에요" in page
        assert "지울 예정" in await at.get("/studio/texts")
        drafts = Drafts(at.made.engine, at.made.clock)
        draft = await drafts.find(f"file:{path}")
        assert draft is not None
        assert draft.text is None
        assert compose(tmp_path / "project", [draft], tmp_path / "candidate") == []
        assert not (tmp_path / "candidate" / path).exists()
        assert file.read_text("utf-8") == written
        file.write_text(written + "# 그 사이 손으로 고친 줄\n", "utf-8")
        (clash,) = compose(tmp_path / "project", [draft], tmp_path / "clash")
        assert clash.item == f"file:{path}"
        again = await at.post("/studio/texts/new", folder="data/services", name="local_tax")
        assert "지우기로 한 파일" in await again.text()
        back = await at.post(f"/studio/texts/{path}/discard", version=str(draft.version))
        assert "지우지 않기로 했어요" in await at.get(back.headers["Location"])
        assert await at.draft(path) is None


async def test_what_something_needs_is_not_removed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        refused = await at.post(f"{TALK}/remove", version="0")
        page = await refused.text()
        assert refused.status == 409
        assert "‘greet’에 무엇을 할지 이 파일에만 적혀 있어요" in page
        assert await at.draft("data/rules/talk.yml") is None
        for path in ("domain.yml", "data/persona.yml", "data/nlu/greet.yml"):
            assert (await at.post(f"/studio/texts/{path}/remove", version="0")).status == 404


def test_a_service_that_another_gives_over_to_is_needed() -> None:
    texts = Texts(ROOT, [])
    (reason,) = needed(texts, "data/services/facility_booking.yml")
    assert reason.startswith("data/services/facility_slots.yml")
    assert needed(texts, "data/services/vehicle_inspection.yml") == []


async def test_who_may_only_look_sees_no_button(tmp_path: Path) -> None:
    async with desk(tmp_path, roles=("viewer",)) as at:
        assert "이 파일 지우기" not in await at.get(TALK)
        assert "새 파일" not in await at.get("/studio/texts")
        assert (await at.post(f"{TALK}/remove", version="0")).status == 403
