"""Personal data never gets past the entrance."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.masking import TOKENS, find, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("주민번호 900101-1234568 입니다", "주민번호 [주민등록번호] 입니다"),
        ("９００１０１－１２３４５６８", "[주민등록번호]"),
        ("900101–1234567", "[주민등록번호]"),
        ("9001011234567", "[주민등록번호]"),
        ("900101-1******", "[주민등록번호]"),
        ("000229-3123456", "[주민등록번호]"),
        ("900101-5234561", "[주민등록번호]"),
        ("900\u200b101-1234568", "[주민등록번호]"),
        ("900229-1123456", "900229-1123456"),
        ("주문번호 1234567890123", "주문번호 1234567890123"),
        ("4111-1111-1111-1111", "[카드번호]"),
        ("378282246310005", "[카드번호]"),
        ("4111111111111112", "4111111111111112"),
        ("11-20-123456-78", "[운전면허번호]"),
        ("서울 92-123456-78", "[운전면허번호]"),
        ("M123A4567 M12345678", "[여권번호] [여권번호]"),
        ("010-1234-5678로 연락", "[휴대전화]로 연락"),
        ("010.1234.5678 010 1234 5678 01012345678", "[휴대전화] [휴대전화] [휴대전화]"),
        ("+82-10-1234-5678", "[휴대전화]"),
        ("010ㅡ1234ㅡ5678", "[휴대전화]"),
        ("02-123-4567 (031) 123-4567 02)123-4567", "[전화번호] [전화번호] [전화번호]"),
        ("hong.gd+1@example.go.kr", "[이메일]"),
        ("국민은행 123456-78-901234 입금해 주세요", "국민은행 [계좌번호] 입금해 주세요"),
        ("농협 302-1234-5678-91 로 입금", "농협 [계좌번호] 로 입금"),
        ("생년월일 1990.01.01 이에요", "생년월일 [생년월일] 이에요"),
        ("12가 3456 차가 막고 있어요", "[차량번호] 차가 막고 있어요"),
    ],
)
def test_vectors(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "icon@2x.png", "서비스ID 305000000138", "2026-03-05 14:00", "1588-1234", "124-81-00998",
        "국민신문고 110-123-45678", "1,000,000원", "접수번호 2026-000123",
        "2026년 3월 5일에 갔어요", "10만 원", "빛가온동 101동 1203호",
    ],
)  # fmt: skip
def test_what_is_needed_for_an_answer_stays(text: str) -> None:
    assert mask(text) == (text, ())


def test_kinds_are_named_once() -> None:
    assert mask("010-1234-5678 또는 010-1234-5679")[1] == ("휴대전화",)


@given(st.text())
def test_any_text(text: str) -> None:
    masked, kinds = mask(text)
    assert mask(masked)[0] == masked
    assert set(kinds) <= set(TOKENS.values())
    if not any(character.isnumeric() for character in text) and "@" not in text:
        assert masked == text


@given(st.text(), st.from_regex(r"\A(7|8|9)\d(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])-[12]\d{6}\Z"), st.text())
def test_a_resident_number_never_survives(before: str, number: str, after: str) -> None:
    text = f"{before} {number} {after}"
    masked, _ = mask(text)
    assert number not in masked


@given(st.text(alphabet="0123456789-. 가나다은행@a", max_size=80))
def test_found_spans_are_in_order_and_apart(text: str) -> None:
    spans = [(item.start, item.end) for item in find(text)]
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def test_hostile_length_is_no_way_to_stop_the_service() -> None:
    import time

    started = time.perf_counter()
    mask("a@" * 25_000 + "1" * 50_000)
    assert time.perf_counter() - started < 2.0
