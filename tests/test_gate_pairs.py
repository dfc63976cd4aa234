"""Which sentences are near, which words tell them apart, what is kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.encoder.encoder import load_encoder, unit
from bot.gate.alike import Judge, Likeness
from bot.gate.pairs import NEAREST, near
from bot.gate.sentences import Reader
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Entry, Thesaurus


@pytest.fixture(scope="module")
def morphemes() -> RecentMorphemes:
    return RecentMorphemes(Morphemes())


@pytest.fixture(scope="module")
def reader(morphemes: RecentMorphemes) -> Reader:
    return Reader(load_encoder("sotong", morphemes), morphemes, None)


def likeness(reader: Reader, one: str, other: str, thesaurus: Thesaurus | None = None) -> Likeness:
    read = reader.read([one, other])
    cosine = float(read.vectors[0] @ read.vectors[1])
    judge = Judge(reader.encoder, thesaurus or Thesaurus())
    return judge.compare(one, read.words[0], other, read.words[1], cosine)


@given(st.integers(0, 40), st.integers(1, 6), st.integers(0, 2**31), st.booleans())
def test_pairs_are_those_of_the_whole_matrix(count: int, owners: int, seed: int, some: bool) -> None:
    chance = np.random.default_rng(seed)
    vectors = unit(chance.normal(size=(count, 3)).astype(np.float32))
    whose = chance.integers(0, owners, count)
    rows = np.flatnonzero(chance.random(count) < 0.3) if some else None
    found = near(vectors, whose, 0.9, rows)
    kept = {(min(a, b), max(a, b)) for a, b, _ in found}
    assert len(kept) == len(found.one)
    cosines = vectors @ vectors.T
    chosen = set(range(count)) if rows is None else set(rows.tolist())
    wanted = {
        (a, b)
        for a in range(count)
        for b in range(a + 1, count)
        if cosines[a, b] >= 0.9 and whose[a] != whose[b] and (a in chosen or b in chosen)
    }
    assert kept <= wanted
    for a, b in wanted - kept:  # crowded out by nearer ones only
        assert max(np.count_nonzero(found.one == a), np.count_nonzero(found.one == b)) == NEAREST
    assert list(found.cosine) == sorted(found.cosine, reverse=True)


def test_of_many_sentences_none_that_is_near_is_missed() -> None:
    chance = np.random.default_rng(4)
    middles = unit(chance.normal(size=(700, 128)).astype(np.float32))
    vectors = unit(np.repeat(middles, 6, axis=0) + chance.normal(0, 0.03, (4200, 128)).astype(np.float32))
    found = near(vectors, np.arange(4200), 0.9)
    cosines = np.triu(vectors @ vectors.T, 1)
    assert {(a, b) for a, b, _ in found} == set(
        zip(*(p.tolist() for p in np.nonzero(cosines >= 0.9)), strict=True)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("전입신고 어떻게 하나요?", "전입신고하는 방법 좀 알려 주세요"),
        ("쓰레기봉투 파는 곳이 어디예요", "쓰레기 봉투는 파는 곳이 어딘가요?"),
        ("건축선이란?", "건축선은 무엇입니까?"),
    ],
)
def test_politeness_and_spaces_tell_nothing_apart(reader: Reader, one: str, other: str) -> None:
    assert likeness(reader, one, other).same


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("건축분야 심사 대상은?", "토목분야 심사 대상은?", (("건축",), ("토목",))),
        ("장위1구역 현황", "장위14구역 현황", (("1",), ("14",))),
        ("어린이집에 보내면 수당을 받나요", "어린이집에 안 보내면 수당을 받나요", ((), ("아니",))),
        ("전입신고는 언제 하나요", "전입신고는 어디서 하나요", (("언제",), ("어디",))),
    ],
)
def test_a_word_of_its_own_tells_a_question_apart(
    reader: Reader, one: str, other: str, words: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    found = likeness(reader, one, other)
    assert not found.same
    assert (found.one_only, found.other_only) == words
    assert found.unclear is (not all(words))


def test_the_thesaurus_has_the_last_word(reader: Reader) -> None:
    same = Thesaurus(entries=(Entry("과태료", ("딱지",)),))
    assert likeness(reader, "딱지 조회", "과태료 조회", same).same
    apart = Thesaurus(apart=(("발급", "재발급"),))
    assert not likeness(reader, "여권 발급", "여권 재발급", apart).same


def test_what_was_read_is_kept_for_the_next_process(tmp_path: Path, morphemes: RecentMorphemes) -> None:
    encoder = load_encoder("sotong", morphemes)
    texts = ["여권 재발급", "자동차세는 언제 내나요?", "\ud800 이상한 글", "", "여권 재발급"]
    first = Reader(encoder, morphemes, tmp_path).read(texts)
    told: list[tuple[int, int]] = []
    second = Reader(encoder, morphemes, tmp_path).read(texts, lambda done, all_: told.append((done, all_)))
    assert told == []
    assert (first.vectors == second.vectors).all()
    assert first.words == second.words
    assert first.vectors.shape == (5, 256)
