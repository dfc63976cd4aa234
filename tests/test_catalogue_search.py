"""A search by need: over the demo's services, as `sotong services` and the chat see them."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.copying import copy_catalogue
from bot.catalogue.entries import entry
from bot.catalogue.fields import public_service
from bot.catalogue.indexing import FOLDER
from bot.catalogue.live import open_catalogue
from bot.catalogue.service import PublicService
from bot.catalogue.stored import Ours
from bot.catalogue.sync import synchronise
from bot.content.live_file import read_file
from bot.eligibility.hearing import Hearing, Words
from bot.encoder.encoder import load_encoder
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.retrieval.index import AnswerIndex
from bot.settings import ROOT, Settings
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import load_thesaurus
from demo.gov24.seed import load
from tests.catalogue_support import NIGHT, api, rows, served

NEEDS = {
    "아이 낳으면 뭐 받아요": {"첫만남이용권", "한빛시 출산축하금", "고용보험 미적용자 출산급여", "부모급여"},
    "혼자 애 키우는데 양육비": {"한부모가족 아동양육비", "양육비 선지급"},
    "청년월새 지원": {"청년월세 지원"},
    "장사 접으려고요": {"한빛시 폐업 사장님 다시서기", "희망리턴패키지 점포철거비"},
    "병원비가 너무 많이 나왔어요": {"재난적의료비 지원", "본인부담상한제 환급", "긴급복지 의료·주거지원"},
    "집에 물이 들어와요": {"한빛시 물막이판 설치", "풍수해·지진재해보험", "사회재난·자연재난 피해 지원"},
    "월급을 못 받았어요": {"간이대지급금(임금체불)"},
    "강아지 병원비": {"한빛시 취약계층 반려동물 진료비"},
    "농기계 빌리고 싶어요": {"한빛시 농기계 임대와 배달"},
    "전세 사기를 당했어요": {"전세사기피해자 주거·금융 지원"},
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The demo's services, read in this process."""
    demo = load()
    parts = zip(demo.serviceList, demo.serviceDetail, demo.supportConditions, strict=True)
    everything = [public_service(one["서비스ID"], one, two, three, None) for one, two, three in parts]
    ours = Ours(Settings(_env_file=None).service_agencies)
    words = read_file(ROOT / "data" / "eligibility" / "words.yml", Words)[0]
    hearing, lock = Hearing(words), threading.Lock()
    made = Catalogue(lock, lambda need: hearing.hear(need, date(2026, 11, 23)).has)
    made.show([service for service in everything if service in ours])
    morphemes = RecentMorphemes(Morphemes())
    index = AnswerIndex(
        load_encoder("sotong", morphemes), morphemes, thesaurus=load_thesaurus(ROOT / "data" / "thesaurus")
    )
    index.load([entry(service, words.codes) for service in made.services])
    made.search_in(index)
    return made


@pytest.mark.parametrize("need", NEEDS)
def test_what_is_needed_is_among_the_first_three(catalogue: Catalogue, need: str) -> None:
    found = catalogue.search(need, 3)
    assert {one.service.name for one in found} & NEEDS[need]
    assert sum(one.score for one in found) > 0.2


@pytest.mark.parametrize(
    "said", ["안녕하세요", "오늘 날씨 어때", "asdf", "", "ㅋㅋㅋ", "주민등록등본 떼는 법"]
)
def test_what_is_no_need_finds_nothing_likely(catalogue: Catalogue, said: str) -> None:
    assert sum(one.score for one in catalogue.search(said)) < 0.2


def test_other_municipalities_services_are_not_ours(catalogue: Catalogue) -> None:
    agencies = {service.agency for service in catalogue.services}
    assert {"한빛시", "해오름도", "보건복지부"} <= agencies
    assert agencies.isdisjoint({"그린군", "다온구", "새벽광역시", "물결구"})


def test_a_search_is_quick(catalogue: Catalogue) -> None:
    best = min(_seconds(catalogue, need) for need in NEEDS for _ in range(2))
    assert best < 0.025


def _seconds(catalogue: Catalogue, need: str) -> float:
    began = time.perf_counter()
    catalogue.search(need)
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("kind", "agency", "code", "is_ours"),
    [
        ("중앙행정기관", "보건복지부", "1352000", True),
        ("공공기관", "국민연금공단", "", True),
        ("", "어느 곳", "", True),
        ("시군구(기초자치단체)", "한빛시", "3999999", True),
        ("시군구", "한빛시 보건소", "", True),
        ("시군구", "새한빛시", "", False),
        ("광역시도", "어느도", "6999999", True),
        ("교육청", "어느도교육청", "", False),
        ("지방공기업", "다온공사", "", False),
    ],
)
def test_whose_services_are_ours(kind: str, agency: str, code: str, is_ours: bool) -> None:
    service = PublicService(id="1", name="x", agency=agency, agency_kind=kind, agency_code=code)
    assert (service in Ours(("한빛시", "6999999"))) is is_ours


async def test_the_catalogue_follows_the_database(settings: Settings) -> None:
    """Many services are read by a process of their own, and read from disk at the next start."""
    await migrate(settings.database)
    engine = open_engine(settings.database)
    entries = rows(60, 서비스목적요약="농기계를 빌려드려요.")
    live = open_catalogue(settings, engine)
    assert not await live.refresh()
    async with api(served(entries)) as client:
        await synchronise(engine, client, lambda: NIGHT)
    assert await live.refresh()
    assert not await live.refresh()
    assert live.catalogue.search("농기계 빌리기")
    assert list((settings.var_dir / FOLDER).glob("*.index"))

    again = open_catalogue(settings, engine)
    entries[7]["서비스명"] = "드론 조종 자격증 배우기"
    async with api(served(entries)) as client:
        await synchronise(engine, client, lambda: NIGHT)
    assert await again.refresh()
    assert again.catalogue.search("드론 배우고 싶어요")[0].service.id == f"{8:012d}"

    other = settings.model_copy(update={"var_dir": settings.var_dir / "other", "database_url": ""})
    await copy_catalogue(settings, other)
    copied = open_engine(other.database)
    theirs = open_catalogue(other, copied)
    assert await theirs.refresh()
    assert len(theirs.catalogue.services) == 60
    await copied.dispose()
    await engine.dispose()
