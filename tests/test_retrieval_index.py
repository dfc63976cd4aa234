"""Content that changes is searched as it stands; its searchable form is kept on disk."""

import time
from datetime import date

import numpy as np
import pytest

from bot.retrieval.index import AnswerIndex
from bot.retrieval.store import Store
from bot.text.thesaurus import Entry, Thesaurus
from tests.retrieval_support import ANSWERS, answer, best

TWIN = ANSWERS[0].model_copy(update={"id": "twin"})


def test_an_unrelated_answer_changes_no_exact_hit(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load([*ANSWERS, answer("zoo", ("동물원 입장료", "판다 보러 가기"), "판다는 아홉 시부터 만나요.")])
    for one in ANSWERS:
        for question in one.questions:
            assert best(index, question) == one.id


def test_an_edit_is_found_and_the_old_text_is_not(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load(ANSWERS)
    edited = answer("water", ("수돗물 정수장 견학",), "정수장은 초등학생이 견학할 수 있어요.")
    index.load([edited if one.id == "water" else one for one in ANSWERS])
    assert best(index, "정수장 견학") == "water"
    assert all("누수 감면" not in hit.answer.questions for hit in index.search("누수 감면"))
    index.load([one for one in ANSWERS if one.id != "water"])
    assert "water" not in {hit.answer.id for hit in index.search("정수장 견학")}
    index.load([])
    assert index.search("여권") == []


def test_only_new_text_is_encoded_again(encoder, morphemes):
    asked = []

    class Counting:
        name = "counting"

        def encode(self, texts):
            asked.extend(texts)
            return encoder.encode(texts)

    index = AnswerIndex(Counting(), morphemes)
    index.load(ANSWERS)
    asked.clear()
    changed = ANSWERS[0].model_copy(
        update={"answer": "여권 수수료는 창구에서 내요.", "confirmed_on": date(2026, 1, 2)}
    )
    index.load([changed, *ANSWERS[1:]])
    assert "여권 수수료는 창구에서 내요." in asked
    assert len(asked) < 10
    asked.clear()
    index.load([changed.model_copy(update={"owner": "civil-affairs"}), *ANSWERS[1:]])
    assert asked == []
    assert index.search("여권 수수료")[0].answer.owner == "civil-affairs"


def test_answers_out_of_their_time_are_not_given(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    old = answer(
        "flu-2025", ("독감 예방접종은 언제 하나요?",), "시월부터 해요.", valid_until=date(2026, 3, 31)
    )
    new = answer("flu-2026", ("독감 예방접종은 언제 하나요?",), "구월부터 해요.", valid_from=date(2026, 4, 1))
    index.load([old, new, *ANSWERS])
    assert best(index, "독감 예방접종", today=date(2026, 3, 31)) == "flu-2025"
    assert best(index, "독감 예방접종", today=date(2026, 4, 1)) == "flu-2026"
    for day in (date(2026, 3, 31), date(2026, 4, 1)):
        assert len({"flu-2025", "flu-2026"} & {h.answer.id for h in index.search("독감", today=day)}) == 1
    index.load([old])
    assert index.search("독감", today=date(2027, 1, 1)) == []


def test_many_edits_end_in_the_same_hits_as_a_fresh_start(encoder, morphemes):
    edited = AnswerIndex(encoder, morphemes)
    many = [
        answer(f"place-{number}", (f"{number}번 놀이터는 어디인가요?",), f"{number}번 놀이터예요.")
        for number in range(300)
    ]
    edited.load([*ANSWERS, *many])
    for number in range(12):
        many[number] = many[number].model_copy(update={"answer": f"이 놀이터는 {number}길에 있어요."})
        edited.load([*ANSWERS, *many])
    edited.load([*ANSWERS, *many[:200]])
    fresh = AnswerIndex(encoder, morphemes)
    fresh.load([*ANSWERS, *many[:200]])
    for question in ("등본떼는법", "여권 분실", "놀이터 7길", "17번 놀이터", "250번 놀이터 위치"):
        assert best(edited, question) == best(fresh, question)
    assert not {h.answer.id for h in edited.search("250번 놀이터", 64)} & {one.id for one in many[200:]}


def test_an_edit_among_many_answers_takes_milliseconds(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    many = [
        answer(f"place-{number}", (f"{number}번 놀이터는 어디인가요?",), f"{number}번 놀이터예요.")
        for number in range(1500)
    ]
    index.load(many)
    spent = []
    for number in range(10):
        many[number] = many[number].model_copy(update={"answer": f"새 놀이터 {number}이에요."})
        start = time.process_time()
        index.load(list(many))
        spent.append(time.process_time() - start)
    assert np.median(spent) < 0.05


def test_prepared_answers_are_kept_on_disk(encoder, morphemes, tmp_path):
    first = AnswerIndex(encoder, morphemes, tmp_path / "cache")
    first.load([*ANSWERS, TWIN])

    class Named:
        name = encoder.name
        asked = 0

        def encode(self, texts):
            self.asked += len(texts)
            return encoder.encode(texts)

    quiet = Named()
    second = AnswerIndex(quiet, morphemes, tmp_path / "cache")
    second.load([*ANSWERS, TWIN])
    assert quiet.asked == 0
    for question in ("등본떼는법", "여권", "침대 버릴래요"):
        assert [(h.answer.id, h.score) for h in second.search(question)] == [
            (h.answer.id, pytest.approx(h.score, abs=1e-6)) for h in first.search(question)
        ]


def test_words_that_came_since_are_not_taken_for_slips(encoder, morphemes):
    many = [
        answer(f"place-{number}", (f"{number}번 놀이터는 어디인가요?",), f"{number}번 놀이터예요.")
        for number in range(100)
    ]
    index = AnswerIndex(encoder, morphemes)
    index.load([*ANSWERS, *many])
    index.load([*ANSWERS, *many, answer("toy", ("눌이터는 무엇인가요?",), "눌이터는 장난감을 빌려 드려요.")])
    assert best(index, "눌이터 알려 주세요") == "toy"
    index.use(Thesaurus((Entry("도서관", ("놀이텨",)),)))
    assert best(index, "놀이텨 대출") == "library"


def flipped(data):
    return data[:-5000] + bytes([data[-5000] ^ 1]) + data[-4999:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"PK\x03\x04 half a file",
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        flipped,
        lambda data: data.replace(b'"made_by": "', b'"made_by": "9'),
    ],
)
def test_a_broken_or_old_index_is_reported_and_replaced(encoder, morphemes, tmp_path, caplog, damage):
    AnswerIndex(encoder, morphemes, tmp_path).load(ANSWERS)
    path = Store(tmp_path, encoder.name).path
    path.write_bytes(damage(path.read_bytes()))
    index = AnswerIndex(encoder, morphemes, tmp_path)
    index.load(ANSWERS)
    assert "cannot be read" in caplog.text
    assert best(index, "등본 발급") == "resident-copy"
    caplog.clear()
    AnswerIndex(encoder, morphemes, tmp_path).load(ANSWERS)
    assert not caplog.text


def test_one_answer_without_any_word(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load([answer("odd", ("?",), "…")])
    assert all(np.isfinite(hit.score) for hit in index.search("여권"))
