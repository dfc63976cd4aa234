"""The talk about benefits, put to a running action server as Rasa puts it: one question after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.actions_support import Rasa, tracker
from tests.benefits_support import FORM, RAN, Talk, labels, titles
from tests.eligibility_support import fill


@pytest.fixture(scope="module")
def empty(rasa: Rasa) -> Rasa:
    """The server of all tests, without a catalogue."""
    wait_until(rasa, "error_service")
    return rasa


@pytest.fixture(scope="module")
def server(empty: Rasa) -> Iterator[Rasa]:
    """The same, with a small catalogue for a while."""
    asyncio.run(fill(empty.database))
    wait_until(empty, "asked_back")
    yield empty
    asyncio.run(fill(empty.database, ()))


def wait_until(rasa: Rasa, outcome: str) -> None:
    """Until the server has seen which services there are."""
    for _ in range(300):
        if Talk(rasa).hear("내가 받을 수 있는 혜택 뭐야", confidence=1.0).outcome == outcome:
            return
        time.sleep(0.1)
    raise AssertionError(f"not {outcome}: {rasa.log.read_text()}")


@pytest.fixture
def talk(server: Rasa) -> Talk:
    """Nothing was said yet."""
    return Talk(server)


def test_without_a_catalogue(empty: Rasa) -> None:
    """Comes first: nobody is asked for nothing, and is told where to ask."""
    talk = Talk(empty)
    reply = talk.hear("내가 받을 수 있는 혜택 뭐야", confidence=1.0)
    assert not talk.asking
    assert reply.outcome == "error_service"
    assert "혜택 목록을 아직 불러오지 못했어요" in reply.messages[-1].text
    assert titles(reply) == ["한빛콜센터"]


def test_from_the_first_question_to_the_cards(talk: Talk) -> None:
    first = talk.hear("내가 받을 수 있는 혜택 뭐야")
    assert first.outcome == "asked_back"
    assert "잘 모르겠어요" in labels(first)
    asked = [first.detail["asks"]]
    answers = {
        "age": "age:19-34",
        "sex": "JA0102",
        "income_percent": "JA0201",
        "traits": "JA0327",
        "household": "JA0404",
        "business": "none",
    }
    reply = first
    while talk.asking:
        group = reply.detail["asks"]
        reply = talk.tap(answers[group])
        if group in ("traits", "household"):
            assert "이제 없어요" in labels(reply)
            reply = talk.tap("none")
        asked.append(reply.detail.get("asks"))
    assert len(asked) <= 8
    assert len(set(asked)) == len(asked)
    assert reply.outcome == "answered_service"
    assert titles(reply) == ["구직청년 응원금", "1인가구 안심키트", "누구나 평생학습 수강료"]
    shown = {fact.label: fact.value for fact in reply.messages[-1].cards[0].facts}
    assert "구직자·실업자" in shown["이래서"]
    assert "19~39세" in shown["이래서"]
    assert shown["서류"] == "신청서, 신분증"
    assert shown["기한"] == "2026.11.01~2026.12.10"
    assert shown["담당"] == "한빛시 청년정책과"
    assert "최종 확인은 담당 부서" in reply.messages[-1].text
    more = talk.tap("page:3")
    assert titles(more) == ["저소득 난방비 도움"]
    assert reply.detail["found"] == 4  # none that is over, another city's or for businesses


def test_everything_in_one_sentence(talk: Talk) -> None:
    talk.hear("내가 받을 수 있는 혜택 뭐야")
    reply = talk.hear("27살이고 혼자 살아요, 지금 백수예요", "chitchat", 0.4)
    assert talk.facts["age"] == [27, 27]
    assert {"JA0404", "JA0327"} <= set(talk.facts["has"])
    assert "구직자·실업자, 1인가구" in reply.messages[-1].text
    corrected = talk.hear("아니 28살이요", "deny", 0.8)
    assert talk.facts["age"] == [28, 28]
    assert corrected.detail["asks"] == reply.detail["asks"]


def test_a_talk_goes_on_the_next_day_and_is_gone_after_that(talk: Talk) -> None:
    talk.hear("저 28살 취준생인데 받을 수 있는 거 있나요")
    talk.now = "2026-11-24T18:00:00+09:00"
    talk.hear("여자예요", "chitchat", 0.4)
    assert talk.facts["age"] == [28, 28]
    talk.now = "2026-11-26T09:00:00+09:00"
    talk.asking = False
    talk.hear("내가 받을 수 있는 혜택 뭐야")
    assert talk.facts["age"] is None


def test_told_at_the_start(talk: Talk) -> None:
    reply = talk.hear("저 28살 취준생인데 받을 수 있는 거 있나요")
    assert talk.facts["age"] == [28, 28]
    assert "JA0327" in talk.facts["has"]
    assert "적어 둘게요" in reply.messages[-1].text
    again = Talk(talk.server, dict(talk.slots))
    again.hear("우리 아버지가 70세신데 받을 수 있는 거 있나요")
    assert (again.facts["age"], again.facts["has"]) == ([70, 70], [])


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("근데 수수료는요?", "ask_faq"),
        ("27살인데 여권 재발급 수수료 얼마예요?", "ask_faq"),
        ("1인가구 지원은 어떻게 신청해요?", "ask_faq"),
        ("취소", "cancel"),
        ("상담원 연결해 주세요", "talk_to_person"),
        ("안녕하세요", "greet"),
        ("죽고 싶어요", "crisis"),
        ("혼자 살아요 죽고 싶어요", "crisis"),
    ],
)
def test_what_is_meant_for_others(talk: Talk, text: str, intent: str) -> None:
    talk.hear("내가 받을 수 있는 혜택 뭐야")
    before = talk.slots["benefit"]
    assert talk.say(text, intent, 0.95) is None
    assert talk.slots["benefit"] == before


def test_help_comes_first_where_danger_is_suspected(talk: Talk) -> None:
    talk.hear("내가 받을 수 있는 혜택 뭐야")
    suspected = talk.hear("27살이고 혼자 살아요, 지금 백수예요", "crisis", 0.6)
    assert "109" in suspected.messages[0].text
    assert talk.facts["age"] == [27, 27]
    assert len(talk.hear("집 없어요", "crisis", 0.9).messages) == 1


def test_the_form_asks_again_after_a_question_in_between(talk: Talk) -> None:
    first = talk.hear("내가 받을 수 있는 혜택 뭐야")
    talk.hear("250살이에요", "nlu_fallback", 0.3)
    answered = [{"event": "action", "name": "action_answer"}, RAN]
    ask = tracker("여권 얼마예요", "ask_faq", {}, talk.slots, answered, FORM)
    assert talk.server.post(f"validate_{FORM}", ask).json()["events"] == []
    reply, _ = talk.server.ask(
        "action_ask_benefit_answer", "여권 얼마예요", "ask_faq", slots=talk.slots, events=answered, form=FORM
    )
    assert reply.detail == first.detail
    assert "250" not in reply.messages[-1].text
    assert labels(reply) == labels(first)


def test_a_button_takes_up_what_a_talk_with_a_person_set_aside(talk: Talk) -> None:
    talk.hear("내가 받을 수 있는 혜택 뭐야")
    second = talk.hear("27살이에요")
    talk.asking = False
    again = talk.say("/check_benefit", confidence=1.0)
    assert again is not None
    assert talk.facts["age"] == [27, 27]
    assert labels(again) == labels(second)


@pytest.mark.parametrize(
    ("text", "said"), [("250살이에요", "250세"), ("2030년생이에요", "2030년생"), ("500식구예요", "500명")]
)
def test_what_cannot_be_is_said_and_asked_again(talk: Talk, text: str, said: str) -> None:
    first = talk.hear("내가 받을 수 있는 혜택 뭐야")
    reply = talk.hear(text, "nlu_fallback", 0.3)
    assert said in reply.messages[-1].text
    assert (reply.detail["asks"], talk.facts["age"]) == (first.detail["asks"], None)


def test_what_nobody_understands_is_asked_again(talk: Talk) -> None:
    first = talk.hear("내가 받을 수 있는 혜택 뭐야")
    for text, intent in (("ㅁㄴㅇㄹ", "nlu_fallback"), ("네", "affirm")):
        reply = talk.hear(text, intent, 0.3)
        assert reply.detail["asks"] == first.detail["asks"]
        assert reply.messages[-1].text != first.messages[-1].text


def test_skip_back_and_the_result_so_far(talk: Talk) -> None:
    first = talk.hear("내가 받을 수 있는 혜택 뭐야")
    second = talk.hear("모르겠어요", "nlu_fallback", 0.3)
    assert second.detail["asks"] != first.detail["asks"]
    assert "이전 질문" in labels(second)
    back = talk.hear("뒤로", "cancel", 1.0)
    assert back.detail["asks"] == first.detail["asks"]
    assert "첫 질문" in talk.hear("뒤로", "cancel", 1.0).messages[-1].text
    result = talk.hear("결과 보여줘", "nlu_fallback", 0.3)
    assert result.outcome == "answered_service"
    assert result.detail["undecided"] > 0
    assert "더 알려 주기" in labels(result)
    assert talk.tap("more").detail["asks"] == first.detail["asks"]


def test_numbers_and_labels_where_there_are_no_buttons(talk: Talk) -> None:
    reply = talk.hear("내가 받을 수 있는 혜택 뭐야")
    while reply.detail["asks"] != "household":
        reply = talk.hear("모르겠어요", "nlu_fallback", 0.3)
    number = labels(reply).index("1인가구") + 1
    talk.hear(f"{number}번", "choose_answer", 1.0)
    assert "JA0404" in talk.facts["has"]
    talk.hear("무주택세대", "give_dong", 0.4)
    assert "JA0412" in talk.facts["has"]


def test_income_in_won_needs_the_household(talk: Talk) -> None:
    reply = talk.hear("내가 받을 수 있는 혜택 뭐야")
    while reply.detail["asks"] != "income_percent":
        reply = talk.hear("모르겠어요", "nlu_fallback", 0.3)
    assert "4인 가구: 324만 원" in reply.messages[-1].text
    people = talk.hear("월 250만원 벌어요", "ask_faq", 0.7)
    assert labels(people)[:2] == ["1명", "2명"]
    talk.tap("people:4")
    assert "JA0201" in talk.facts["has"]


def test_one_benefit_by_name(talk: Talk) -> None:
    first = talk.hear("청년월세 받을 수 있어요?")
    assert "청년월세 한시 특별지원" in first.messages[-1].text
    reply = first
    while talk.asking:
        answer = {
            "age": "27살이요",
            "income_percent": "월 100만원이고 1인 가구예요",
            "household": "집 없어요",
        }
        reply = talk.hear(answer[reply.detail["asks"]], "nlu_fallback", 0.3)
    assert reply.detail == {"service": "000000000001", "verdict": "yes"}
    assert reply.messages[-1].text.count("✓") == 3
    too_old = Talk(talk.server, dict(talk.slots)).hear("45살인데 청년월세 받을 수 있어요?")
    assert too_old.detail["verdict"] == "no"
    assert "✗ 나이: 19~34세" in too_old.messages[-1].text


def test_a_question_with_an_answer_is_answered_first(talk: Talk) -> None:
    sure = talk.hear("여권 재발급 수수료는 얼마인가요?", confidence=0.4)
    assert (sure.detail["answer_id"], talk.asking) == ("passport-fee", False)
    assert "내 조건으로 찾기" in labels(sure)
    assert talk.tap("go").outcome == "asked_back"


def test_given_up(talk: Talk) -> None:
    talk.hear("내가 받을 수 있는 혜택 뭐야")
    left = [{"event": "active_loop", "name": None}]
    reply, _ = talk.server.ask("action_benefit", "취소", "cancel", slots=talk.slots, events=left)
    assert reply.outcome == "chatted"
    assert "멈출게요" in reply.messages[0].text
