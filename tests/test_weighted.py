"""X's own counting: vectors of twitter-text's conformance suite and of its configuration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import Capabilities
from bot.fit import fit
from bot.messages import Outbound
from bot.weighted import ADDRESS, weighted

LIMITS = Capabilities(280, 0, 0, 0, False, False, False, True, 5.0, text_unit="weighted")


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("Test https://test.com test https://test.com test.com test", 86),
        ("저찀쯿쿿", 8),
        ("https://chat.hanbit.example/chat/?from=x에서", ADDRESS + 4),
        ("(https://a.example/b)", ADDRESS + 2),
        ("가" * 140, 280),
        ("a" * 280, 280),
        ("\u1100\u1161", 2),  # one syllable in two letters
        ("‘따옴표’…", 10),
        ("😀", 2),
    ],
)
def test_known_weights(text: str, weight: int) -> None:
    assert weighted(text) == weight


@given(st.text(alphabet="가나 .!\nab😀:/", max_size=200), st.integers(0, 200))
def test_a_longer_text_never_weighs_less(text: str, cut: int) -> None:
    assert weighted(text[:cut]) <= weighted(text)


def test_a_long_address_is_not_cut() -> None:
    address = "https://www.hanbit.example/" + "a" * 400
    parts = [part.text for part in fit(Outbound(text="가" * 130 + ". " + address), LIMITS)]
    assert any(address in part for part in parts)
    assert all(weighted(part) <= 280 for part in parts)
