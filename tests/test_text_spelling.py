"""The speller: slips are undone, right text stays, any text is taken."""

import csv
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text.hangul import is_syllable
from bot.text.morphemes import Morphemes
from bot.text.noise import mistyped
from bot.text.normalise import normalise
from bot.text.slips import heard, slip_cost
from bot.text.spelling import LONGEST_TEXT, Speller
from bot.text.thesaurus import Thesaurus, load_thesaurus
from bot.text.vocabulary import words_in

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def morphemes() -> Morphemes:
    return Morphemes()


@pytest.fixture(scope="module")
def thesaurus() -> Thesaurus:
    return load_thesaurus(ROOT / "data" / "thesaurus")


@pytest.fixture(scope="module")
def words(morphemes: Morphemes, thesaurus: Thesaurus) -> Counter[str]:
    """What a caller would pass: the words of the thesaurus, of its questions and of the gloss table."""
    texts = [text for group in thesaurus.questions for text in group]
    texts += [text for pair in thesaurus.pairs for text in pair]
    words = Counter(word for text in texts for word in words_in(text, morphemes.analyse(text)))
    lines = (ROOT / "data" / "gloss" / "ko-en.tsv").read_text("utf-8").splitlines()
    words.update(form for form, tag, *_ in (line.split("\t") for line in lines) if tag.startswith("NN"))
    return words


@pytest.fixture(scope="module")
def speller(words: Counter[str], morphemes: Morphemes) -> Speller:
    return Speller(words, morphemes)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("여꿘 제발급 얼마예요", "여권 재발급 얼마예요"),
        ("여꿘제발급얼마예요", "여권재발급얼마예요"),
        ("주정챠 딲지", "주정차 딱지"),
        ("대형페기물 버리려면", "대형폐기물 버리려면"),
        ("전입신거 하려고 하는데", "전입신고 하려고 하는데"),
        ("과태뇨", "과태료"),
        ("주소 화긴", "주소 확인"),
        ("여권 재제발급", "여권 재발급"),
        ("가족관게증명서", "가족관계증명서"),
    ],
)
def test_slips_of_finger_and_ear_are_undone(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "여권 재발급 신청은 어떻게 하나요",
        "신고 싶어요 신을",
        "빛가온동 김영희 씨가 세종대왕 동상을 봤어요",
        "passport 재발급 2026-000123 ㅋㅋㅠㅠ",
        "도서관 예약하고 수영장 등록할게요",
        "",
    ],
)
def test_right_text_stays(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


def test_a_repaired_word_helps_its_neighbour(speller: Speller) -> None:
    assert speller.correct("주정챠 딲지 여꿘 제발급") == "주정차 딱지 여권 재발급"


def test_nine_of_ten_slips_in_official_terms_are_undone(speller: Speller, thesaurus: Thesaurus) -> None:
    rng = random.Random(8)
    terms = sorted({entry.official for entry in thesaurus.entries})
    terms = rng.sample([term for term in terms if 3 <= len(term) <= 7 and all(map(is_syllable, term))], 300)
    undone = asked = 0
    for term in terms:
        at = rng.randrange(len(term))
        wrong = term[:at] + mistyped(term[at], 1.0, rng) + term[at + 1 :]
        asked += wrong not in terms
        undone += speller.correct(wrong) == term
    assert undone >= asked * 0.9


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(), max_size=60)
    | st.text(st.sampled_from("여권꿘제재발급끕주정차챠 딱지ab1ㅋ\n"), max_size=30)
)
def test_any_text_is_taken(speller: Speller, text: str) -> None:
    corrected = speller.correct(text)
    assert [char for char in corrected if not is_syllable(char)] == [
        char for char in text if not is_syllable(char)
    ]


def test_long_text_stays_and_costs_nothing(speller: Speller) -> None:
    began = time.perf_counter()
    text = "여꿘제발급" * 200_000
    assert speller.correct(text) is text
    assert "재발급" in speller.correct("여꿘제발급" * (LONGEST_TEXT // 5))
    assert time.perf_counter() - began < 2


def test_likely_slips_cost_less_than_unlikely_ones() -> None:
    assert slip_cost("권", "권") == 0
    assert slip_cost("꿘", "권") < slip_cost("건", "권")
    assert slip_cost("재", "제") < slip_cost("재", "쟈") < slip_cost("재", "저") < slip_cost("재", "굽")


def test_words_as_they_are_heard() -> None:
    assert heard("같이") == {"가치"}
    assert heard("확인") == {"화긴"}
    assert heard("없음") == {"업슴"}
    assert heard("강아지") == heard("신고") == heard("x1") == frozenset()


def test_the_words_of_a_text(morphemes: Morphemes) -> None:
    text = "대형폐기물은 어디에 버려요? 여권사진"
    found = list(words_in(text, morphemes.analyse(text)))
    assert {"대형", "폐기물", "대형폐기물", "버려요", "여권사진"} <= set(found)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared with the public data is not there")
class TestOnPublicText:
    """Rates over real sentences, whose own misspellings count as right: there are some in every hundred."""

    @pytest.mark.parametrize(("name", "most"), [("titles", 0.003), ("sae4k", 0.003), ("songys", 0.007)])
    def test_right_words_stay(self, speller: Speller, name: str, most: float) -> None:
        texts = random.Random(4).sample(_sentences(name), 500)
        changed = [
            (before, after)
            for text in map(normalise, texts)
            for before, after in zip(text.split(), speller.correct(text).split(), strict=True)
            if before != after
        ]
        assert len(changed) <= most * sum(len(text.split()) for text in texts)

    def test_half_of_the_mistyped_words_of_titles_come_back(
        self, words: Counter[str], morphemes: Morphemes
    ) -> None:
        rng = random.Random(5)
        titles = [normalise(title) for title in _sentences("titles")]
        known = words + Counter(
            word for title in titles for word in words_in(title, morphemes.analyse(title))
        )
        speller = Speller(known, morphemes)
        back = wrong = 0
        for title in rng.sample(titles, 400):
            typed = mistyped(title, 0.1, rng)
            for meant, written, read in zip(
                title.split(), typed.split(), speller.correct(typed).split(), strict=True
            ):
                wrong += meant != written
                back += meant != written and read == meant
        assert back >= wrong * 0.5


def _sentences(name: str) -> list[str]:
    if name == "sae4k":
        lines = (SHARED / "sae4k/sae4k_v1.txt").read_text("utf-8-sig").splitlines()
        return [line.split("\t")[0] for line in lines]
    path, column = {
        "titles": ("seoul120/seoul-120-text.csv", "제목"),
        "songys": ("songys_chatbot/ChatbotData.csv", "Q"),
    }[name]
    with (SHARED / path).open(encoding="utf-8-sig", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]
