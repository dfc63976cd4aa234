"""Questions find their answers, with chances that mean what they say."""

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from bot.retrieval.decision import Hit, decide
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.text.thesaurus import Entry, Thesaurus
from tests.retrieval_support import ANSWERS, answer, best


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("여권 재발급 얼마예요?", "passport-renewal"),
        ("등본떼는법", "resident-copy"),
        ("emdqhs qkfrmq", "resident-copy"),
        ("대형폐기물 어떻게 버려요 ㅠㅠ", "bulky-waste"),
        ("여 권 잃 어 버 림", "passport-lost"),
        ("아기 태어나면 등록은 어디서 해요", "birth"),
        ("자동차 세금 납부 시기", "car-tax"),
        ("어르신 연금 자격", "pension"),
    ],
)
def test_people_s_words_find_the_answer(index, question, expected):
    assert best(index, question) == expected


def test_two_answers_that_fit_alike_are_both_offered(index):
    assert {hit.answer.id for hit in index.search("여권")[:2]} == {"passport-renewal", "passport-lost"}
    assert [hit.answer.id for hit in index.search("durnjs")] == [
        hit.answer.id for hit in index.search("여권")
    ]


@pytest.mark.parametrize("noise", ["", "?!", "  ", "ㅠㅠ"])
def test_a_question_of_an_answer_gives_that_answer_nearly_for_certain(index, noise):
    for one in ANSWERS:
        for question in one.questions:
            first = index.search(question.replace(" ", "") + noise)[0]
            assert first.answer == one
            if noise != "ㅠㅠ":
                assert first.matched_question == question
                assert first.score > 0.95
                assert decide([first]).kind == "answer"


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "?!…", "\u200b", "\ud800", "\x00"])
def test_nothing_to_read_finds_nothing(index, text):
    assert index.search(text) == []
    assert decide(index.search(text)).kind == "reject"


@pytest.mark.parametrize("text", ["심심한데 끝말잇기 하자", "비트코인 오를까", "pizza and beer", "zxcvbnm"])
def test_other_things_are_not_answered(index, text):
    assert decide(index.search(text)).kind == "reject"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.text("여권재발급 얼마예요ㅋㅠ?.aE1'\"<%\n", max_size=40))
def test_any_text_is_answered_with_ordered_chances(index, text):
    hits = index.search(text)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert sum(scores) <= 1 + 1e-4
    assert all(hit.matched_question in hit.answer.questions for hit in hits)
    assert len({hit.answer.id for hit in hits}) == len(hits) <= 10
    assert decide(hits).kind in {"answer", "clarify", "reject"}


def test_very_long_text(index):
    assert best(index, "여권을 잃어버렸어요 " + "정말 " * 5000) == "passport-lost"
    assert len(index.search("가" * 10_000)) == 10
    start = time.process_time()
    index.search("여권 재발급 " * 150_000)
    assert time.process_time() - start < 1


def test_the_same_question_twice_is_asked_back(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load(
        [*ANSWERS, answer("passport-lost-2", ("여권을 잃어버렸어요",), "해외에서는 영사관으로 가세요.")]
    )
    hits = index.search("여권을 잃어버렸어요")
    assert {hit.answer.id for hit in hits[:2]} == {"passport-lost", "passport-lost-2"}
    assert decide(hits).kind == "clarify"


def test_without_an_encoder_words_and_letters_are_searched(morphemes, caplog, tmp_path):
    encoder = encoder_or_none(str(tmp_path / "no-such-model"), morphemes)
    assert "words and letters only" in caplog.text
    index = AnswerIndex(encoder, morphemes, tmp_path)
    index.load(ANSWERS)
    assert best(index, "여권 재발급 얼마예요?") == "passport-renewal"
    assert decide(index.search("여권 재발급 수수료")).kind == "answer"
    assert decide(index.search("비트코인 오를까")).kind == "reject"


def test_misspelt_words_are_understood(index):
    assert best(index, "여꿘 제발급 얼마예요") == "passport-renewal"


def test_official_terms_are_searched_for_everyday_words(encoder, morphemes):
    thesaurus = Thesaurus((Entry("주민등록등본", ("집문서쪽지",)),))
    index = AnswerIndex(encoder, morphemes, thesaurus=thesaurus)
    index.load(ANSWERS)
    assert best(index, "집문서쪽지 어디서 받아요") == "resident-copy"


def test_the_named_place_decides(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    places = [
        answer(gu, (f"{name} 육아휴직 장려금은 얼마인가요?",), f"{name}에 사는 아빠에게 드려요.")
        for gu, name in (("seocho", "서초구"), ("gangnam", "강남구"), ("mapo", "마포구"))
    ]
    index.load([*ANSWERS, *places])
    assert best(index, "서초구 아빠 육아휴직 장려금") == "seocho"
    assert best(index, "마포구에서 아빠가 휴직하면 장려금 주나요") == "mapo"


def test_decisions_follow_the_chances():
    def hits(*scores):
        return [Hit(one, score, one.questions[0]) for one, score in zip(ANSWERS, scores, strict=False)]

    assert decide(hits(0.9, 0.05)).kind == "answer"
    clarified = decide(hits(0.3, 0.25, 0.2, 0.1))
    assert clarified.kind == "clarify"
    assert len(clarified.hits) == 3
    assert decide(hits(0.1, 0.1, 0.1, 0.1)).kind == "reject"
    assert decide([]).kind == "reject"


@pytest.mark.shared
def test_a_part_of_a_real_call_centre_s_answers(encoder, morphemes, tmp_path):
    from bot.retrieval.evaluation import SHARED, read_answers, read_questions

    if not SHARED.is_dir():
        pytest.skip("needs the public data beside the repository (../shared)")
    answers = read_answers()[:500]
    index = AnswerIndex(encoder, morphemes, tmp_path)
    index.load(answers)
    ids = {one.id for one in answers}
    found = [(one, index.search(one.text)) for one in read_questions()]
    asked = [(one, hits) for one, hits in found if one.answers & ids]
    assert len(asked) > 80
    first = np.mean([hits[0].answer.id in one.answers for one, hits in asked])
    wrong = np.mean([decide(h).kind == "answer" and h[0].answer.id not in one.answers for one, h in asked])
    refused = np.mean([decide(hits).kind == "reject" for one, hits in found if one.style == "oos"])
    assert first > 0.8
    assert wrong < 0.1
    assert refused > 0.9


def test_a_question_takes_milliseconds(index):
    with threadpool_limits(1):
        index.search("등본 발급")
        spent = []
        for _ in range(50):
            start = time.process_time()
            index.search("주민등록등본을 인터넷으로 뗄 수 있는지 궁금해요")
            spent.append(time.process_time() - start)
    assert np.median(spent) < 0.02
