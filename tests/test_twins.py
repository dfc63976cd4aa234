"""Answers in plain language and in other languages: over HTTP, as Rasa calls the actions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.content.load import load_answers
from bot.content.models import Language
from bot.messages import Reply
from bot.retrieval.decision import decide
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import NoMeaning
from bot.retrieval.twins import TwinIndex
from bot.text.language import language_of
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from tests.actions_support import Rasa

TWINS = """\
topic: 외국인
entries:
  - id: residence-card
    questions: [외국인등록증은 어디서 만드나요?]
    answer: 출입국·외국인청에서 만들어요.
    owner: civil-affairs
    source: {title: 출입국관리법}
    confirmed_on: 2026-11-02
    plain:
      answer: 출입국 사무소에 가요.
      verified_on: 2026-11-03
    translations:
      en:
        questions: [How do I get a residence card?, alien registration appointment]
        answer: Register at an immigration office within 90 days. Book first. The fee is 35,000 won.
      zh:
        questions: [外国人登录证在哪里办？]
        answer: 请到出入境·外国人厅办理。
        verified_on: 2026-11-04
      vi:
        questions: [Làm thẻ cư trú ở đâu?]
        answer: Hãy đến cơ quan xuất nhập cảnh.
  - id: wifi
    questions: [free public wifi 어디 있나요?, free wifi]
    answer: 공원과 도서관에 있어요.
    source: {title: 한빛시}
  - id: soon
    questions: [내년 벚꽃 행사 안내]
    answer: 4월에 해요.
    source: {title: 한빛시}
    valid_from: 2027-01-01
    translations:
      en: {questions: [When is the cherry blossom festival?], answer: It is in April.}
"""


@pytest.fixture(scope="module")
def city(rasa: Rasa) -> Iterator[Rasa]:
    file = rasa.answers / "twins.yml"
    file.write_text(TWINS, "utf-8")
    wait(rasa, known=True)
    yield rasa
    file.unlink()
    wait(rasa, known=False)


def wait(rasa: Rasa, *, known: bool) -> None:
    until = time.monotonic() + 10
    while known != any(
        hit.id == "residence-card"
        for hit in rasa.ask("action_answer", "외국인등록증은 어디서 만드나요?")[0].candidates
    ):
        assert time.monotonic() < until
        time.sleep(0.1)


def facts(reply: Reply) -> dict[str, str]:
    return {fact.label: fact.value for fact in reply.messages[0].cards[0].facts}


def test_a_question_in_english_finds_its_answer_and_says_what_it_is_worth(city: Rasa) -> None:
    reply, slots = city.ask("action_answer", "how can i get my residence card?")
    [message] = reply.messages
    assert reply.outcome == "answered_faq"
    assert message.cards[0].title == "How do I get a residence card?"
    assert message.cards[0].text.startswith("Register at an immigration office")
    assert "not been checked" in message.text
    assert facts(reply)["Source"] == "출입국관리법"
    assert facts(reply)["Translation checked"] == "not yet"
    assert reply.candidates[0].id == "residence-card"
    assert slots["language"] == "en"
    original = message.cards[0].buttons[-1]
    assert (original.label, original.payload) == (
        "Korean text",
        '/show_more{"answer_id":"residence-card","language":"ko"}',
    )


def test_the_korean_original_is_a_tap_away(city: Rasa) -> None:
    given = {"answer_id": "residence-card", "language": "ko"}
    reply, _ = city.ask(
        "action_show_more", "/show_more", "show_more", entities=given, slots={"language": "en"}
    )
    [message] = reply.messages
    assert message.text == ""
    assert message.cards[0].text == "출입국·외국인청에서 만들어요."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("办外国人登录证去哪里", "请到出入境·外国人厅办理。"),
        ("làm thẻ cư trú ở đâu vậy", "Hãy đến cơ quan xuất nhập cảnh."),
    ],
)
def test_chinese_and_vietnamese(city: Rasa, question: str, answer: str) -> None:
    reply, _ = city.ask("action_answer", question)
    assert reply.messages[0].cards[0].text == answer
    assert bool(reply.messages[0].text) == (answer[0] == "H")  # the Chinese one was confirmed by a person


def test_what_is_only_in_korean_is_given_with_an_honest_word(city: Rasa) -> None:
    reply, _ = city.ask("action_answer", "Free WiFi?")
    assert reply.messages[0].cards[0].text == "공원과 도서관에 있어요."
    assert "only available in Korean" in reply.messages[0].text


def test_what_nobody_knows_is_said_in_the_citizens_language(city: Rasa) -> None:
    reply, _ = city.ask("action_answer", "who will win the world cup?")
    [message] = reply.messages
    assert reply.outcome == "unanswered"
    assert "I have no answer" in message.text
    assert [button.label for button in message.buttons] == ["Yes, please", "No, thanks"]


def test_korean_is_answered_in_korean_whatever_was_spoken_before(city: Rasa) -> None:
    reply, slots = city.ask("action_answer", "외국인등록증은 어디서 만드나요?", slots={"language": "en"})
    assert reply.messages[0].cards[0].text == "출입국·외국인청에서 만들어요."
    assert slots["language"] is None


def test_a_tap_goes_on_in_the_language_of_the_last_words(city: Rasa) -> None:
    reply, _ = city.ask(
        "action_choose_answer",
        "/choose_answer",
        "choose_answer",
        entities={"answer_id": "residence-card"},
        slots={"language": "vi"},
    )
    assert reply.messages[0].cards[0].title == "Làm thẻ cư trú ở đâu?"


def test_plain_language_is_a_button_and_stays(city: Rasa) -> None:
    reply, slots = city.ask("action_answer", "외국인등록증은 어디서 만드나요?")
    button = reply.messages[0].cards[0].buttons[-1]
    assert button.payload == '/change_language{"language":"plain","answer_id":"residence-card"}'
    given = {"language": "plain", "answer_id": "residence-card"}
    reply, slots = city.ask(
        "action_change_language", "/change_language", "change_language", entities=given, slots=slots
    )
    assert reply.messages[0].cards[0].text == "출입국 사무소에 가요."
    assert slots["wished_language"] == "plain"
    later, _ = city.ask("action_answer", "외국인등록증은 어디서 만드나요?", slots=slots)
    assert later.messages[0].cards[0].text == "출입국 사무소에 가요."
    assert later.messages[0].text == ""  # a person confirmed it
    other, _ = city.ask("action_answer", "여권 재발급 수수료는 얼마인가요?", slots=slots)
    assert "원래 글" in other.messages[0].text
    back, slots = city.ask("action_change_language", "다시 원래대로 말해줘", "change_language", slots=slots)
    assert slots["wished_language"] is None
    assert back.messages[0].cards[0].text == "출입국·외국인청에서 만들어요."


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("쉬운 말로 알려줘", "plain"),
        ("영어로 말해줘", "en"),
        ("한국말 잘 못해요 영어로", "en"),
        ("请说中文", "zh"),
        ("nói tiếng Việt được không", "vi"),
    ],
)
def test_a_language_is_asked_for_in_words(city: Rasa, words: str, wish: str) -> None:
    slots = {"last_answer_id": "residence-card"}
    reply, after = city.ask("action_change_language", words, "change_language", slots=slots)
    assert after["wished_language"] == wish
    assert reply.detail.get("twin") == wish


def test_another_language_is_declined_with_the_number_to_call(city: Rasa) -> None:
    reply, after = city.ask("action_change_language", "일본어로 해줘", "change_language")
    assert "1345" in reply.messages[0].text
    assert "wished_language" not in after
    assert [button.label for button in reply.messages[0].buttons] == [
        "English",
        "中文",
        "Tiếng Việt",
        "쉬운 말",
    ]


def test_a_misheard_question_in_english_is_answered(city: Rasa) -> None:
    for action, intent in (("action_change_language", "change_language"), ("action_say", "greet")):
        reply, _ = city.ask(action, "Hello, how do I get a residence card?", intent)
        assert reply.outcome == "answered_faq"


def test_a_scheduled_answer_and_its_twin_wait_for_their_day(city: Rasa) -> None:
    for question in ("내년 벚꽃 행사 안내", "When is the cherry blossom festival?"):
        before, _ = city.ask("action_answer", question, now="2026-12-31T23:59:59+09:00")
        assert before.outcome != "answered_faq"
        after, _ = city.ask("action_answer", question, now="2027-01-01T00:00:00+09:00")
        assert after.candidates[0].id == "soon"


def test_what_has_lapsed_is_not_said_but_whom_to_ask(city: Rasa) -> None:
    """The festival's answer ends with 10 December; nothing is started anew or loaded again."""
    reply, _ = city.ask("action_answer", "빛축제는 언제 하나요?", now="2026-12-11T00:00:00+09:00")
    assert reply.outcome == "unanswered"
    assert reply.messages[0].cards[0].title == "문화체육과"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What documents should I bring?", "en"),
        ("residence permit", "en"),
        ("쓰레기 언제 버려요", "ko"),
        ("durnjs woqkfrmq", "ko"),
        ("PASSPORT 재발급이요", "ko"),
        ("when is trash picked up in 새솔동", "en"),
        ("需要预约吗", "zh"),
        ("toi can giay to gi", "vi"),
        ("cần mang theo gì", "vi"),
        ("日本語でお願いします", None),
        ("по-русски пожалуйста", None),
        ("119", None),
        ("👍", None),
        ("", None),
    ],
)
def test_the_language_is_heard(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_the_demo_citys_twins_find_their_answers() -> None:
    answers = load_answers(Path(__file__).parent.parent / "data" / "answers").answers
    asked: dict[Language, dict[str, str]] = {
        "en": {"where can I buy garbage bags?": "waste-bags", "my visa expires next month": "foreigner-visa"},
        "zh": {"垃圾袋多少钱": "waste-bags", "签证怎么延期": "foreigner-visa"},
        "vi": {"mua túi rác ở đâu": "waste-bags", "gia hạn visa thế nào": "foreigner-visa"},
    }
    morphemes = RecentMorphemes(Morphemes())
    for language, questions in asked.items():
        index = TwinIndex(language, AnswerIndex(NoMeaning(), morphemes))
        index.load(answers)
        for question, id_ in questions.items():
            decision = decide(index.search(question, 10, date(2026, 11, 23)))
            assert (decision.kind, decision.hits[0].answer.id) == ("answer", id_), question
