"""The thesaurus: files read or refused with their place, everyday expressions found as people write them."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.morphemes import Morphemes
from bot.text.normalise import normalise
from bot.text.thesaurus import Entry, Thesaurus, load_thesaurus

FILE = """\
# 시민이 쓰는 말과 행정 용어
topic: 시험
words:
- official: 주민등록증
  everyday: [민증, 주민증, 등록증]
- official: 과태료
  everyday: [딱지]
- official: 주정차 위반
  everyday: [딱지, 불법 주차]
- official: 남성 육아휴직
  everyday: [애 보려고 쉬는 아빠]
- official: 자동차등록증
  everyday: [차 서류]
- official: 차량 견인
  everyday: [차가 끌려갔어요]
- official: 주민등록등본
  everyday: [등본 떼]
- official: 층간소음
  everyday: [윗집이 시끄럽다]
- official: 전입신고
  everyday: [이사하다]
- official: 아이
  everyday: [애]
- official: 소득
  everyday: [수입]
- official: 구급 신고
  everyday: [119]
questions:
- [민증 잃어버림, 주민등록증 분실]
apart:
- [전입신고, 전출신고]
"""


@pytest.fixture(scope="module")
def thesaurus(tmp_path_factory: pytest.TempPathFactory) -> Thesaurus:
    folder = tmp_path_factory.mktemp("thesaurus")
    (folder / "test.yml").write_text(FILE, encoding="utf-8")
    (folder / ".draft.yml").write_text("[", encoding="utf-8")
    (folder / "empty.yml").write_text("# 아직 없음\n", encoding="utf-8")
    return load_thesaurus(folder)


def test_a_file_gives_entries_questions_and_words_apart(thesaurus: Thesaurus) -> None:
    assert thesaurus.entries[0] == Entry("주민등록증", ("민증", "주민증", "등록증"), "시험")
    assert thesaurus.questions == (("민증 잃어버림", "주민등록증 분실"),)
    assert thesaurus.apart == (("전입신고", "전출신고"),)
    assert ("딱지", "주정차 위반") in thesaurus.pairs


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("민증 재발급", ("주민등록증",)),
        ("여권이랑민증재발급", ("주민등록증",)),
        ("등록증은 어디서 받나요", ("주민등록증",)),
        ("자동차 등록증 재발급", ()),
        ("사업자등록증", ()),
        ("딱지가 날아왔어요", ("과태료", "주정차 위반")),
        ("코딱지", ()),
        ("애를 보려고 쉬는 아빠인데요", ("남성 육아휴직",)),
        ("애보려고쉬는아빠", ("남성 육아휴직",)),
        ("차 끌려감", ("차량 견인",)),
        ("제 차가 어제 끌려갔어요", ()),
        ("등본 뗄 때", ("주민등록등본",)),
        ("등본을 떼려면", ("주민등록등본",)),
        ("윗집 시끄러워요", ("층간소음",)),
        ("이사했는데요", ("전입신고",)),
        ("애가 아파요 119 불러야 하나요", ("아이", "구급 신고")),
        ("애인이랑 애국가", ()),
        ("수입이 없어요", ("소득",)),
        ("수입세", ()),
        ("", ()),
    ],
)
def test_everyday_expressions_are_found_as_people_write_them(
    thesaurus: Thesaurus, text: str, terms: tuple[str, ...]
) -> None:
    assert thesaurus.official(text) == terms


def test_morphemes_show_where_words_begin_inside_unspaced_text(thesaurus: Thesaurus) -> None:
    morphemes = Morphemes()
    for text, terms in [
        ("등본떼고민증만들려고요", ("주민등록등본", "주민등록증")),
        ("코딱지파는아이인데요", ()),
    ]:
        assert thesaurus.official(text, morphemes.analyse(text)) == terms


@pytest.mark.parametrize(
    ("written", "line", "part"),
    [
        ("topic: 가\nwords:\n- official: 나\n", 3, "everyday"),
        ("words:\n- everyday: [가]\n", 2, "official"),
        ("words:\n- official: 가\n  everyday: [가]\n", 3, "같은 말"),
        ("words:\n- official: 가\n  everyday: []\n", 3, "말이"),
        ("words:\n- official: 가\n  everyday: 나\n", 3, "목록"),
        ("words:\n- official: 가\n  everyday: [나]\n  spoken: [다]\n", 4, "spoken"),
        ("words: 가\n", 1, "목록"),
        ("word: []\n", 1, "word"),
        ("- 가\n", 1, "이름: 값"),
        ("topic: 가\nquestions:\n- [하나]\n", 3, "2개"),
        ("words:\n- official: [가\n", 3, "YAML"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, written: str, line: int, part: str) -> None:
    path = tmp_path / "broken.yml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ValueError, match=part) as caught:
        load_thesaurus(tmp_path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_other_encodings_and_absent_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "old.yml").write_bytes("topic: 가".encode("cp949"))
    with pytest.raises(ValueError, match="UTF-8"):
        load_thesaurus(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_thesaurus(tmp_path / "nowhere")


@given(st.text(st.sampled_from([*"민증 주등록애보려고쉬는아빠를차딱지끌갔떼이가İﬃ9!\n"]), max_size=40))
def test_any_text_gives_known_terms(thesaurus: Thesaurus, text: str) -> None:
    found = thesaurus.official(text)
    assert set(found) <= {entry.official for entry in thesaurus.entries}
    assert len(set(found)) == len(found)


@given(st.lists(st.sampled_from(["민증", "불법 주차", "수입"]), min_size=1, max_size=5))
def test_every_expression_alone_is_found_whatever_its_spaces(thesaurus: Thesaurus, said: list[str]) -> None:
    for text in said:
        assert thesaurus.official(text)
        assert thesaurus.official(text.replace(" ", "")) == thesaurus.official(text)


def test_every_expression_of_ours_is_found() -> None:
    """The expression itself must bring its term, or staff extend the file in vain."""
    thesaurus = load_thesaurus(Path(__file__).resolve().parents[1] / "data" / "thesaurus")
    lost = [
        (said, official)
        for said, official in thesaurus.pairs
        if official not in thesaurus.official(normalise(said))
    ]
    assert lost == []


def test_five_thousand_pairs_cost_little() -> None:
    entries = [
        Entry(f"용어{at}", (f"말{chr(0xAC00 + at)} {chr(0xAE00 + at)}다", f"{chr(0xAC00 + at)}증"))
        for at in range(2500)
    ]
    thesaurus = Thesaurus(tuple(entries))
    text = "여권이랑 민증을 재발급 받으려고 하는데 어떻게 하나요"
    began = time.perf_counter()
    for _ in range(200):
        thesaurus.official(text)
    assert time.perf_counter() - began < 200 * 0.001  # 0.05 ms on an idle machine
