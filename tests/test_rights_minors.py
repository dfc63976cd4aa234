"""Whoever says that they are a child is answered kindly, and asked for nothing personal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rights.minors import says_minor


@pytest.mark.parametrize(
    "text",
    [
        "저 12살이에요",
        "저는 만 13세입니다. 도서관 카드 만들고 싶어요",
        "나 11살인데 이거 신청돼?",
        "초등학생이에요",
        "저는 초등학생인데요 알림 받을 수 있어요?",
        "안녕하세요 저 초등학교 5학년이에요",
        "저 중1인데 로그인해야 해요?",
        "12살이에요",
        "제가 9살이라서 모르겠어요",
    ],
)
def test_a_child_speaks(text: str) -> None:
    assert says_minor(text)


@pytest.mark.parametrize(
    "text",
    [
        "12살 아이가 있어요",
        "우리 아이는 12살이에요",
        "딸이 초등학생이에요",
        "초등학생 돌봄교실 신청 방법 알려주세요",
        "저는 14살이에요",
        "저는 35살입니다",
        "제가 12살 때 이사 왔어요",
        "저는 13살 아들이 있어요",
        "만 12세 이하 무료인가요?",
        "중1 교복 지원은 어떻게 받아요?",
        "",
    ],
)
def test_a_parent_or_somebody_grown_up_speaks(text: str) -> None:
    assert not says_minor(text)


@given(st.integers(0, 99))
def test_it_is_the_years_that_count(age: int) -> None:
    assert says_minor(f"저는 만 {age}세예요") is (age < 14)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert says_minor(text) in (True, False)
