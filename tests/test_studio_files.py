"""Text files that staff make and remove: named, begun with an example, refused while something needs them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from shutil import copy

import pytest
from sqlalchemy import select

from bot.log.engine import reading
from bot.log.tables import Audit
from bot.settings import ROOT
from bot.studio.compose import compose
from bot.studio.drafts import Drafts
from bot.studio.files import FOLDERS, misnamed, start
from bot.studio.flow_check import check_text
from bot.studio.needed import needed
from bot.studio.texts import Texts
from tests.teaching_support import DOMAIN, RULES, THESAURUS, content, desk

TALK = "/studio/texts/data/rules/talk.yml"
INSPECTION = "data/services/vehicle_inspection.yml"
CITY = "data/services/city.yml"
"""Addresses that services written in code call."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_new_file_begins_with_has_no_fault(folder: str) -> None:
    texts, path = Texts(ROOT, []), f"{folder}/brand_new.yml"
    text = start(path, texts, date(2026, 11, 24))
    assert "{" not in text.replace("{number}", "").replace("{name}", "").replace("{days", "").replace(
        "{title", ""
    )
    assert check_text(texts, path, text) == []


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", ["towing2", "towing-car", "a1-"])
def test_a_name_with_digits_and_hyphens_is_no_fault(folder: str, name: str) -> None:
    texts, path = Texts(ROOT, []), f"{folder}/{name}.yml"
    assert misnamed(folder, name, texts) == ""
    assert check_text(texts, path, start(path, texts, date(2026, 11, 24))) == []


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
        ("data/services", "city", "프로그램이 쓰는 이름"),
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
        addresses = tmp_path / "project" / CITY
        addresses.parent.mkdir()
        addresses.write_text((ROOT / CITY).read_text("utf-8"), "utf-8")
        assert "이 파일 지우기" not in await at.get(f"/studio/texts/{CITY}")
        refused = await at.post(f"{TALK}/remove", version="0")
        page = await refused.text()
        assert refused.status == 409
        assert "‘greet’에 무엇을 할지 이 파일에만 적혀 있어요" in page
        assert await at.draft("data/rules/talk.yml") is None
        for path in ("domain.yml", "data/persona.yml", "data/nlu/greet.yml", CITY):
            assert (await at.post(f"/studio/texts/{path}/remove", version="0")).status == 404


def test_a_service_that_another_gives_over_to_is_needed() -> None:
    texts = Texts(ROOT, [])
    (need,) = needed(texts, "data/services/facility_booking.yml")
    assert need.path == "data/services/facility_slots.yml"
    assert need.said == "단추의 서비스 ‘facility_booking’가 없어요."
    assert needed(texts, "data/services/vehicle_inspection.yml") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("data/answers/tax.yml", 'entries:\n- answer: /use_service{"service": "vehicle_inspection"}\n'),
        ("data/rules/more.yml", "rules:\n- steps:\n  - slot_was_set:\n    - service: vehicle_inspection\n"),
        ("data/nlu/use_service.yml", "- [내 차](item){'service': 'vehicle_inspection'} 검사\n"),
    ],
)
def test_a_service_that_is_named_elsewhere_is_needed(tmp_path: Path, path: str, text: str) -> None:
    texts, service = Texts(content(tmp_path), []), "data/services/inspection.yml"
    for name, written in ((service, (ROOT / INSPECTION).read_text("utf-8")), (path, text)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(written, "utf-8")
    line = text.count("\n", 0, text.index("vehicle")) + 1
    assert [(need.path, need.line) for need in needed(texts, service)] == [(path, line)]
    (tmp_path / path).write_text(text.replace("inspection", "inspections"), "utf-8")
    assert needed(texts, service) == []


def test_rules_within_a_form_do_not_stand_in_for_those_without(tmp_path: Path) -> None:
    texts = Texts(content(tmp_path), [])
    more = RULES.replace("    steps", "    condition:\n      - active_loop: f\n    steps")
    (tmp_path / "data/rules/more.yml").write_text(more, "utf-8")
    (need,) = needed(texts, "data/rules/talk.yml")
    assert need.said == "‘greet’에 무엇을 할지 이 파일에만 적혀 있어요."
    assert needed(texts, "data/rules/more.yml") == []
    begins = "rules:\n- rule: Ask\n  steps:\n  - intent: nobody\n  - action: f\n  - active_loop: f\n"
    (tmp_path / "data/rules/ask.yml").write_text(begins, "utf-8")
    (need,) = needed(texts, "data/rules/more.yml")
    assert "양식 ‘f’를 하는 동안" in need.said


async def test_rules_of_an_intent_that_is_gone_are_not_needed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        without = DOMAIN.replace("  - greet\n", "")
        await at.post("/studio/texts/domain.yml", text=without, version="0", seen=DOMAIN)
        assert (await at.post(f"{TALK}/remove", version="0")).status == 303


async def test_a_text_saved_over_a_file_that_shall_go_does_not_empty_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        path = "data/thesaurus/waste.yml"
        await at.post(f"/studio/texts/{path}/remove", version="0")
        for typed in (THESAURUS, THESAURUS + "# 새로 쓴 줄\n"):
            late = await at.post(f"/studio/texts/{path}", text=typed, version="0", seen=THESAURUS)
            page = await late.text()
            assert late.status == 409
            assert "김하늘 님이 이 파일을 지우기로 했어요" in page
            assert typed.splitlines()[-1] in page
        draft = await Drafts(at.made.engine, at.made.clock).find(f"file:{path}")
        assert draft is not None
        assert draft.text is None


async def test_removals_are_audited_and_taken_back_on_the_list(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        path = "data/thesaurus/waste.yml"
        await at.post(f"/studio/texts/{path}/remove", version="0")
        form = re.search(rf'action="/studio/texts/{path}/discard"><input[^>]*><input[^>]*value="(\d+)"',
                         await at.get("/studio/texts"))  # fmt: skip
        assert form is not None
        await at.post(f"/studio/texts/{path}/discard", version=form[1])
        assert "지울 예정" not in await at.get("/studio/texts")
        async with reading(at.made.engine) as session:
            noted = list(await session.scalars(select(Audit).order_by(Audit.id)))
        removed, kept = noted[-2:]
        assert (removed.action, removed.target) == ("text_removed", f"file:{path}")
        assert "official: 대형폐기물" in (removed.changes or "")
        assert kept.action == "draft_discarded"


async def test_a_new_file_has_a_place_of_its_kind(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for path in ("data/other/new.yml", "data/rules/Bad.yml", "data/new.yml", "data/rules/deep/new.yml"):
            assert (await at.client.get(f"/studio/texts/{path}?new=1")).status == 404
            saved = await at.post(f"/studio/texts/{path}", text="a: 1\n", version="0", seen="")
            assert saved.status == 404
            assert await at.draft(path) is None


async def test_two_who_make_the_same_file(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        path = "data/thesaurus/towing.yml"
        await at.post(f"/studio/texts/{path}", text=THESAURUS, version="0", seen="")
        other = THESAURUS.replace("큰 쓰레기", "헌 가구")
        late = await at.post(f"/studio/texts/{path}", text=other, version="0", seen="")
        assert late.status == 409
        assert "헌 가구" in await late.text()
        assert await at.draft(path) == THESAURUS


async def test_undoing_leads_nowhere_else(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        page = await at.get("/studio/texts?gone=data/../../people/7.yml&version=1")
        assert "people/7" not in page


async def test_who_needs_a_file_is_told_with_a_way_there(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        services = tmp_path / "project/data/services"
        services.mkdir()
        for name in ("facility_booking", "facility_slots", "booking_cancel", "my_bookings"):
            copy(ROOT / f"data/services/{name}.yml", services)
        refused = await at.post("/studio/texts/data/services/booking_cancel.yml/remove", version="0")
        page = await refused.text()
        assert '<a href="/studio/texts/data/services/my_bookings.yml">' in page
        assert "37번째 줄" in page


async def test_who_may_only_look_sees_no_button(tmp_path: Path) -> None:
    async with desk(tmp_path, roles=("viewer",)) as at:
        assert "이 파일 지우기" not in await at.get(TALK)
        assert "새 파일" not in await at.get("/studio/texts")
        assert (await at.post(f"{TALK}/remove", version="0")).status == 403
