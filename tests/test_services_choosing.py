"""Which service words mean: by the files alone, in sentences that stand in none of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.encoder.encoder import Encoder, load_encoder
from bot.retrieval.lexical import NoMeaning
from bot.services.choosing import Chooser
from bot.services.load import LiveServices
from bot.services.models import Definition
from bot.settings import ROOT
from bot.text.morphemes import Morphemes

MEANT = {
    "local_tax": ("나 세금 뭐 내야돼", "체납된거 조회", "취득세 나온거 얼마인지 내 세금 조회"),
    "library_loans": ("책 언제까지 반납이지", "도서관에서 뭐 빌렸더라", "대출목록"),
    "library_extend": ("책 연장", "반납 미루고 싶은데", "도서 대출 연장 좀"),
    "vehicle_inspection": ("우리차 정기검사 언제까지야", "차 검사날짜 조회", "차 검사 받을 날짜"),
    "facility_booking": ("다음주 토요일 소강당 예약", "체육관 예약해줘", "12월 2일 10시 시민회관 예약"),
    "facility_slots": ("내일 체육관 빈 시간", "농구장 빈 시간 조회", "테니스장 빈 시간"),
    "my_bookings": ("대관한거 예약 확인", "예약 내역"),
    "booking_cancel": ("체육관 예약 취소", "대관한거 취소할래"),
    "case_status": ("민원 넣은거 결과", "접수한 거 처리 현황"),
}
NO_SERVICE = (
    "여권 어떻게 만들어요",
    "오늘 날씨 어때",
    "쓰레기 언제 버려요",
    "등본 떼고 싶어요",
    "전입신고 해줘",
)


@pytest.fixture(scope="module")
def services() -> Mapping[str, Definition]:
    return LiveServices(ROOT / "data" / "services").current()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("sotong", Morphemes())


@pytest.mark.parametrize("id_", MEANT)
def test_a_service_is_told_from_the_others(
    encoder: Encoder, services: Mapping[str, Definition], id_: str
) -> None:
    chooser = Chooser(encoder)
    for text in MEANT[id_]:
        assert text not in services[id_].examples
        assert chooser.choose(text, services).id == id_, text


def test_what_is_no_service_is_left_alone(encoder: Encoder, services: Mapping[str, Definition]) -> None:
    chooser = Chooser(encoder)
    assert [text for text in NO_SERVICE if chooser.choose(text, services).ids] == []


def test_words_that_fit_several_are_not_decided(encoder: Encoder, services: Mapping[str, Definition]) -> None:
    choice = Chooser(encoder).choose("예약", services)
    assert choice.id is None
    assert {"facility_booking", "my_bookings", "booking_cancel"} == set(choice.ids)


def test_every_example_is_its_own_service(encoder: Encoder, services: Mapping[str, Definition]) -> None:
    chooser = Chooser(encoder)
    for id_, service in services.items():
        for text in service.examples:
            assert chooser.choose(text, services).ids[0] == id_, text


def test_words_and_letters_do_without_an_encoder(services: Mapping[str, Definition]) -> None:
    assert Chooser(NoMeaning()).choose("체육관 예약 취소해 주세요", services).ids[0] == "booking_cancel"


def test_no_services_are_no_trouble(encoder: Encoder) -> None:
    assert Chooser(encoder).choose("세금 조회", {}).ids == ()
