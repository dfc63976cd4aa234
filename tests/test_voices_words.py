"""Places in addresses of maps and in sentences, and what data/voices.yml says."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.live_file import read_file
from bot.content.load import read_departments
from bot.settings import ROOT
from bot.voices.categories import Voices, due, squeeze
from bot.voices.places import Point, map_link
from bot.voices.words import asks, place_in, too_vague, unknown_dong

VOICES = read_file(ROOT / "data" / "voices.yml", Voices)[0]
THINGS = [squeeze(word) for category in VOICES.categories for word in category.words]
KOREA = st.tuples(st.floats(33, 38.9), st.floats(124.5, 132)).map(
    lambda pair: (round(pair[0], 6), round(pair[1], 6))
)
FORMS = (
    "https://map.kakao.com/link/map/시청 앞,{lat},{lng}",
    "https://map.kakao.com/link/map/{lat},{lng}",
    "https://www.google.com/maps/@{lat},{lng},17z",
    "https://www.google.com/maps/place/x/@37.1,127.1,17z/data=!3m1!4b1!8m2!3d{lat}!4d{lng}",
    "https://www.google.com/maps/search/?api=1&query={lat}%2C{lng}",
    "https://maps.google.com/?q={lat},{lng}",
    "nmap://place?lat={lat}&lng={lng}&name=x",
    "https://map.naver.com/?lng={lng}&lat={lat}&title=x",
    "https://maps.apple.com/?ll={lat},{lng}&q=x",
    "geo:{lat},{lng}?z=16",
)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    for made in (text, f"https://map.kakao.com/{text}", f"https://www.google.com/maps/{text}", f"geo:{text}"):
        link = map_link(made)
        assert link is None or link.point is None or link.point.in_korea


@given(st.sampled_from(FORMS), KOREA, st.sampled_from(["", "여기예요 ", "위치: "]))
def test_every_form_of_a_map_gives_its_place(form: str, place: tuple[float, float], before: str) -> None:
    url = form.format(lat=place[0], lng=place[1]).replace("시청 앞", "시청앞")
    link = map_link(f"{before}{url} 맞아요")
    assert link is not None
    assert link.point is not None
    assert math.isclose(link.point.latitude, place[0], abs_tol=1e-6)
    assert math.isclose(link.point.longitude, place[1], abs_tol=1e-6)


def test_metres_of_web_mercator_are_degrees() -> None:
    link = map_link("https://map.naver.com/p/directions/14134831.2,4518388.4,시청")
    assert link is not None
    assert link.point == Point(37.566656, 126.975349)  # the city hall of Seoul


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("https://naver.me/5abc", True),
        ("https://kko.to/xyz", True),
        ("https://maps.app.goo.gl/abc", True),
        ("https://www.google.com/maps/@48.85,2.35,17z", True),  # Paris
        ("https://example.com/37.5,127.0", False),
        ("https://map.kakao.com.evil.example/link/map/37.5,127.0", False),
        ("https://google.com/search?q=37.5,127.0", False),
        ("http://[::1", False),
    ],
)
def test_an_address_without_a_place_gives_none(text: str, known: bool) -> None:
    link = map_link(text)
    assert (link is not None) == known
    assert link is None or link.point is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("시청 앞 사거리 가로등 꺼졌어요", "시청 앞 사거리"),
        ("가로등이 꺼졌어요 빛가온초등학교 정문 앞이에요", "빛가온초등학교 정문 앞"),
        ("한빛로 12길 34 앞에 쓰레기 무단투기", "한빛로 12길 34 앞"),
        ("새솔동 주민센터 뒤에서 공사 소음이 심해요", "새솔동 주민센터 뒤"),
        ("한내역 2번 출구 앞 맨홀 뚜껑이 열려있어요", "한내역 2번 출구 앞"),
        ("집앞 가로등이 깜빡거려요", ""),
        ("아이고 골목에 가로등이 나갔어요", ""),
        ("저기요 어제 한내역 2번 출구 앞에 쓰레기를 버렸어요", "한내역 2번 출구 앞"),
        ("도로에 구멍났어요 차 바퀴 빠질뻔", ""),
        ("신고할 게 있어요", ""),
    ],
)
def test_the_place_in_a_sentence(text: str, place: str) -> None:
    assert place_in(text, THINGS) == place


@given(st.text())
def test_every_sentence_can_be_read(text: str) -> None:
    assert len(place_in(text, THINGS)) <= 80
    assert isinstance(too_vague(text), bool)
    assert isinstance(asks(text), bool)
    assert unknown_dong(text, ()) == ""
    VOICES.category_in(text)


def test_vague_places_and_strange_neighbourhoods() -> None:
    assert [too_vague(text) for text in ("여기요", "집 앞이요", "", "시청 앞이요")] == [
        True,
        True,
        True,
        False,
    ]
    dongs = {"새솔동", "한내동", "가람면"}
    assert unknown_dong("가나동 우체국", dongs) == "가나동"
    assert unknown_dong("새솔동 우체국", dongs) == ""
    assert unknown_dong("운동장 정면", dongs) == ""


def test_what_staff_wrote_names_departments_that_exist() -> None:
    departments = {each.id for each in read_departments(ROOT / "data" / "departments.yml")[0].departments}
    assert {entry.department for entry in (*VOICES.categories, *VOICES.topics)} <= departments


def test_danger_goes_ahead_of_a_longer_word() -> None:
    found = VOICES.category_in("불법주정차 차 옆에서 가스 냄새가 나요")
    assert found is not None
    assert (found.id, found.urgent) == ("danger", "119")


def test_days_off_are_not_counted() -> None:
    """Thursday 24 December 2026: Christmas is a Friday, then comes a weekend, then New Year's Day."""
    thursday = datetime(2026, 12, 24, 11, tzinfo=ZoneInfo("Asia/Seoul"))
    assert due(thursday, 1).date().isoformat() == "2026-12-28"
    assert due(thursday, 5).date().isoformat() == "2027-01-04"
