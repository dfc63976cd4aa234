"""Actions that answer from content, talk, and repeat: over HTTP, as Rasa calls them."""

from __future__ import annotations

import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.answer import ordinal
from actions.card import CARD_TEXT, shorten, shorten_label
from tests.actions_support import SHOWN, Rasa, tracker


def test_an_answer_is_a_card_with_its_evidence(rasa: Rasa) -> None:
    reply, slots = rasa.ask("action_answer", "여권 재발급 수수료는 얼마인가요?")
    assert reply.outcome == "answered_faq"
    [card] = reply.messages[0].cards
    facts = {fact.label: (fact.value, fact.url) for fact in card.facts}
    assert card.title == "여권 재발급 수수료는 얼마인가요?"
    assert card.text == "10년짜리 복수여권은 5만 원이에요."
    assert facts["담당"][0] == "민원여권과"
    assert facts["전화"] == ("099-120-2010", "tel:0991202010")
    assert facts["지금"][0] == "지금 열려 있어요 · 18:00까지"
    assert facts["확인일"][0] == "2026-11-01"
    assert facts["출처"] == ("여권법 시행규칙", "https://www.law.go.kr")
    assert "예시" in facts
    assert card.buttons[0].url == "https://www.passport.go.kr"
    assert slots["last_answer_id"] == "passport-fee"
    assert reply.candidates[0].id == "passport-fee"
    assert 0 < reply.candidates[0].score <= 1


def test_closed_at_night_and_unconfirmed(rasa: Rasa) -> None:
    reply, _ = rasa.ask(
        "action_answer", "여권을 잃어버렸을 때는 어떻게 하나요?", now="2026-11-23T22:00:00+09:00"
    )
    facts = {fact.label: fact.value for fact in reply.messages[0].cards[0].facts}
    assert facts["지금"].startswith("지금은 닫혀 있어요")
    assert facts["확인일"] == "확인 전"
    assert "예시" not in facts


def test_a_long_answer_unfolds(rasa: Rasa) -> None:
    reply, slots = rasa.ask("action_answer", "강아지 동물등록은 어디에서 하나요?")
    [card] = reply.messages[0].cards
    assert len(card.text) <= CARD_TEXT
    assert card.text.endswith("문장이에요.")
    assert card.buttons[0].payload == '/show_more{"answer_id":"pet-register"}'
    for entities, kept in ({"answer_id": "pet-register"}, {}), ({}, slots):
        more, _ = rasa.ask("action_show_more", "/show_more", "show_more", entities=entities, slots=kept)
        assert more.messages[0].cards[0].text.endswith("마지막 문장이에요.")
        assert more.messages[0].cards[0].buttons == ()
    again, _ = rasa.ask("action_ask_again", "뭐라고요?", "ask_again", slots=slots)
    assert again.messages[0].cards == reply.messages[0].cards
    nothing, _ = rasa.ask("action_ask_again", "뭐라고요?", "ask_again")
    assert nothing.outcome == "asked_back"


def test_an_answer_is_not_given_after_its_last_day(rasa: Rasa) -> None:
    question = "빛축제는 언제 하나요?"
    reply, slots = rasa.ask("action_answer", question, now="2026-12-10T10:00:00+09:00")
    assert reply.messages[0].cards[0].title == question
    after = "2026-12-11T00:00:01+09:00"
    reply, _ = rasa.ask("action_answer", question, now=after)
    assert "festival" not in {candidate.id for candidate in reply.candidates}
    reply, _ = rasa.ask("action_ask_again", "다시", "ask_again", slots=slots, now=after)
    assert reply.messages[0].cards == ()


def test_unknown_names_a_department_and_offers_a_person(rasa: Rasa) -> None:
    reply, slots = rasa.ask("action_answer", "기초연금 우주정거장 퀀텀 지렁이", "nlu_fallback")
    assert reply.outcome == "unanswered"
    [message] = reply.messages
    assert message.cards[0].title == "노인복지과"
    assert [button.payload for button in message.buttons] == ["/talk_to_person", "/deny"]
    assert slots["pending_offer"] == "handoff"
    yes, after = rasa.ask("action_affirm", "네", "affirm", slots=slots)
    assert (yes.handoff, yes.outcome, yes.messages) == ("asked", "handed_off", ())
    assert after["pending_offer"] is None
    no, after = rasa.ask("action_deny", "아니요", "deny", slots=slots)
    assert (no.handoff, no.outcome) == (None, "chatted")
    assert after["pending_offer"] is None


def test_no_city_matter_is_declined_and_an_answer_still_wins(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_answer", "비트코인 지금 사도 돼?", "out_of_scope")
    assert reply.outcome == "refused"
    reply, _ = rasa.ask("action_answer", "여권 재발급 수수료는 얼마인가요?", "out_of_scope")
    assert reply.outcome == "answered_faq"


def test_choosing_among_what_was_offered(rasa: Rasa) -> None:
    offered = {"offered": ["passport-fee", "pet-register"], "pending_offer": "choice"}

    def chosen(text: str, **entities: str) -> str | None:
        reply, _ = rasa.ask("action_choose_answer", text, "choose_answer", entities=entities, slots=offered)
        cards = reply.messages[0].cards
        assert reply.outcome == ("answered_faq" if cards else "asked_back")
        return cards[0].title if cards else None

    assert chosen("/choose_answer", answer_id="passport-lost") == "여권을 잃어버렸을 때는 어떻게 하나요?"
    assert chosen("/choose_answer", answer_id="gone") is None
    assert chosen("2번", ordinal="2") == "강아지 동물등록은 어디에서 하나요?"
    assert chosen("첫번째거") == "여권 재발급 수수료는 얼마인가요?"
    assert chosen("마지막이요") == "강아지 동물등록은 어디에서 하나요?"
    assert chosen("5번") is None


def test_what_two_citizens_picked_rises_for_the_next(rasa: Rasa) -> None:
    question = "여권 문의"
    before, _ = rasa.ask("action_answer", question)
    picked, chance = before.candidates[1].id, before.candidates[1].score
    slots = {"offered": [hit.id for hit in before.candidates[:3]], "offered_for": question}
    for citizen in ("web:31", "web:32"):
        chosen = tracker("/choose_answer", "choose_answer", {"answer_id": picked}, slots)
        rasa.post("action_choose_answer", chosen | {"sender_id": citizen})
    after, _ = rasa.ask("action_answer", "문의 여권이요")
    (risen,) = (hit.score for hit in after.candidates if hit.id == picked)
    assert risen > 2 * chance


def test_yes_and_no_to_a_choice(rasa: Rasa) -> None:
    offered = {"offered": ["passport-fee", "passport-lost"], "pending_offer": "choice"}
    reply, slots = rasa.ask("action_affirm", "네", "affirm", slots=offered)
    assert reply.outcome == "clarified"
    labels = [button.label for button in reply.messages[0].buttons]
    assert labels[2] == "여기에 없어요"
    assert slots["offered"] == offered["offered"]
    single = {"offered": ["passport-fee"], "pending_offer": "choice"}
    reply, _ = rasa.ask("action_affirm", "네", "affirm", slots=single)
    assert reply.outcome == "answered_faq"
    reply, slots = rasa.ask("action_deny", "여기 없어요", "deny", slots=offered)
    assert reply.outcome == "unanswered"
    assert reply.messages[0].cards[0].title == "민원여권과"
    assert slots["pending_offer"] == "handoff"


def test_erasing_is_asked_once_more(rasa: Rasa) -> None:
    reply, slots = rasa.ask("action_erase_data", "내 기록 지워줘", "erase_my_data")
    assert (reply.erase, slots["pending_offer"]) == (False, "erase")
    assert [button.payload for button in reply.messages[0].buttons] == ["/affirm", "/deny"]
    kept, _ = rasa.ask("action_deny", "아니", "deny", slots=slots)
    assert kept.erase is False
    gone, after = rasa.ask("action_affirm", "응", "affirm", slots=slots | {"dong": "한내동"})
    assert (gone.erase, gone.outcome) == (True, "erased")
    assert after["dong"] is None
    other, _ = rasa.ask("action_affirm", "응", "affirm")
    assert other.erase is False


@pytest.mark.parametrize(
    "intent",
    [
        "greet",
        "thank",
        "say_goodbye",
        "challenge_bot",
        "chitchat",
        "praise_bot",
        "complain_about_bot",
        "abuse",
        "emergency",
        "crisis",
        "cancel",
        "change_language",
        "ask_help",
        "ask_privacy",
    ],
)
def test_talk_has_a_line_for_each_intent(rasa: Rasa, intent: str) -> None:
    reply, slots = rasa.ask("action_say", "…", intent, slots={"pending_offer": "erase"})
    assert reply.outcome == "chatted"
    assert reply.messages[0].text
    assert "{" not in reply.messages[0].text
    assert slots["pending_offer"] != "erase"  # a later yes must not erase anything


def test_an_intent_that_nobody_wrote_a_line_for_gets_the_help_text(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_say", "…", "ask_something_new")
    assert reply.messages[0].text
    assert reply.messages[0].buttons


def test_help_shows_the_menu_and_emergencies_dial(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_say", "도움말", "ask_help")
    payloads = [button.payload or "" for button in reply.messages[0].buttons]
    assert len(payloads) > 3
    assert not any(payload.startswith("/") for payload in payloads)
    reply, _ = rasa.ask("action_say", "불났어요", "emergency")
    assert reply.messages[0].buttons[0].url == "tel:119"
    reply, _ = rasa.ask("action_say", "죽고 싶어요", "crisis")
    assert reply.messages[0].buttons[0].url == "tel:109"


def test_reports_are_safe_first(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_report_problem", "가로등이 꺼져서 깜깜해요", "report_problem")
    [message] = reply.messages
    assert "119" in message.text
    assert message.cards[0].title == "도로과"
    assert "https://www.safetyreport.go.kr" in {button.url for button in message.buttons}


def test_an_edit_is_live_within_a_second(rasa: Rasa) -> None:
    path = rasa.answers / "passport.yml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("5만 원이에요", "6만 원으로 올랐어요"), encoding="utf-8")
    try:
        time.sleep(1)
        reply, _ = rasa.ask("action_answer", "여권 재발급 수수료는 얼마인가요?")
        assert "6만 원으로 올랐어요" in reply.messages[0].cards[0].text
        path.write_text("entries: [", encoding="utf-8")
        time.sleep(1)
        reply, _ = rasa.ask("action_answer", "여권 재발급 수수료는 얼마인가요?")
        assert "6만 원으로 올랐어요" in reply.messages[0].cards[0].text
    finally:
        path.write_text(before, encoding="utf-8")
        time.sleep(1)


def test_errors_never_echo_the_request(rasa: Rasa) -> None:
    secret = "한빛시 비밀로 12"
    unknown = rasa.post("action_nobody_wrote", tracker(secret, "ask_faq"))
    assert (unknown.status_code, unknown.json()["action_name"]) == (404, "action_nobody_wrote")
    broken = httpx.post(f"{rasa.url}/webhook", content=b'{"tracker": "' + secret.encode(), headers=SHOWN)
    asked = {"next_action": "action_answer", "tracker": {"x": secret}}
    wrong = httpx.post(f"{rasa.url}/webhook", json=asked, headers=SHOWN)
    for response in (unknown, broken, wrong):
        assert response.status_code >= 400
        assert secret not in response.text
    reply, _ = rasa.ask("action_choose_answer", secret, "choose_answer", slots={"offered": 7})
    assert (reply.outcome, reply.detail) == ("error_service", {"error": "TypeError"})
    assert "099-120-1000" in reply.messages[0].plain()
    log = rasa.log.read_text()
    assert "action_choose_answer broke with TypeError" in log
    assert secret not in log


def test_a_wrong_time_does_not_silence_the_bot(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_say", "안녕", "greet", now="no time at all")
    assert reply.outcome == "chatted"


def test_odd_texts_get_a_reply(rasa: Rasa) -> None:
    for text in (
        "",
        "ㅋㅋㅋ",
        "😀",
        "<b>x</b>'; DROP TABLE",
        "가" * 10_000,
        "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    ):
        reply, _ = rasa.ask("action_answer", text, "nlu_fallback")
        assert reply.messages
        assert reply.outcome in {"unanswered", "clarified", "answered_faq"}


def test_only_who_has_the_token_can_ask(rasa: Rasa) -> None:
    for path in ("/actions", "/webhook", "/suggest", "/nowhere"):
        for shown in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
            refused = httpx.post(f"{rasa.url}{path}", json={}, headers=shown)
            assert (refused.status_code, refused.json()) == (401, {"error": "a token is needed"})
    assert httpx.get(f"{rasa.url}/health").status_code == 200
    names = {action["name"] for action in httpx.get(f"{rasa.url}/actions", headers=SHOWN).json()}
    assert {"action_answer", "action_service", "action_benefit"} < names
    assert "access-control-allow-origin" not in httpx.get(f"{rasa.url}/actions", headers=SHOWN).headers


@given(st.text(alphabet="가나다라. !?\n…)’ab1", max_size=900), st.integers(20, 400))
def test_shortening_never_breaks_a_word(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= max(limit, 1)
    if short == text:
        return
    kept = short.removesuffix("…")
    assert text.startswith(kept)
    rest = text[len(kept) :]
    has_space = any(sign.isspace() for sign in text[:limit].strip())
    assert not has_space or rest == "" or rest[0].isspace() or not kept


@given(st.text(max_size=100))
def test_labels_fit(text: str) -> None:
    assert len(shorten_label(text)) <= 40


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2번", 2),
        ("두번째요", 2),
        ("첫번째거", 1),
        ("셋째", 3),
        ("③", 3),
        ("３번", 3),
        ("마지막", -1),
        ("네", None),
    ],
)
def test_ordinals(text: str, number: int | None) -> None:
    assert ordinal(text) == number


def test_the_likelier_reading_wins_over_small_talk(rasa: Rasa) -> None:
    question = "여권 재발급 수수료는 얼마인가요?"
    sure, _ = rasa.ask("action_say", "여권 사진 예쁘게 나왔다", "chitchat", confidence=0.995)
    assert sure.messages[0].cards == ()
    assert sure.candidates
    unsure, slots = rasa.ask("action_say", question, "chitchat", confidence=0.4)
    assert unsure.messages[0].cards[0].title == question
    assert unsure.outcome == "answered_faq"
    assert slots["last_answer_id"] == "passport-fee"
    nothing, _ = rasa.ask("action_say", "심심해 놀아줘", "chitchat", confidence=0.4)
    assert nothing.outcome == "chatted"


def test_a_word_of_danger_is_heard_first_and_the_answer_follows(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_say", "여권 재발급 수수료는 얼마인가요?", "emergency", confidence=0.4)
    assert "119" in reply.messages[0].text
    assert reply.messages[0].cards[0].title == "여권 재발급 수수료는 얼마인가요?"


def test_danger_that_is_only_suspected_is_heard_too(rasa: Rasa) -> None:
    question = "여권 재발급 수수료는 얼마인가요?"
    heard, _ = rasa.ask("action_answer", question, ranking={"ask_faq": 0.7, "crisis": 0.2})
    help_line, answer = heard.messages
    assert any(button.url == "tel:109" for button in help_line.buttons)
    assert answer.cards[0].title == question
    calm, _ = rasa.ask("action_answer", question, ranking={"ask_faq": 0.9, "crisis": 0.05})
    assert len(calm.messages) == 1


def test_a_person_comes_with_the_answer_when_that_is_likelier_meant(rasa: Rasa) -> None:
    wanted, _ = rasa.ask("action_request_handoff", "상담원 바꿔 주세요", "talk_to_person")
    assert wanted.handoff == "asked"
    asked, slots = rasa.ask(
        "action_request_handoff", "여권 재발급 수수료는 얼마인가요?", "talk_to_person", confidence=0.4
    )
    assert asked.handoff is None
    assert asked.messages[0].cards[0].title == "여권 재발급 수수료는 얼마인가요?"
    assert asked.messages[0].buttons[0].label == "상담원 연결"
    assert slots["pending_offer"] == "handoff"


@pytest.mark.parametrize(
    ("action", "intent"), [("action_choose_answer", "choose_answer"), ("action_show_more", "show_more")]
)
def test_with_nothing_to_choose_from_the_words_are_a_question(rasa: Rasa, action: str, intent: str) -> None:
    reply, _ = rasa.ask(action, "여권 재발급 수수료는 얼마인가요?", intent)
    assert reply.messages[0].cards[0].title == "여권 재발급 수수료는 얼마인가요?"
    nothing, _ = rasa.ask(action, "그거요", intent)
    assert nothing.outcome == "asked_back"


def test_asking_twice_to_erase_is_a_yes(rasa: Rasa) -> None:
    asked, slots = rasa.ask("action_erase_data", "내 대화 지워줘", "erase_my_data")
    assert not asked.erase
    done, _ = rasa.ask("action_erase_data", "지워달라고요", "erase_my_data", slots=slots)
    assert done.erase


def test_rasa_shell_shows_words(rasa: Rasa) -> None:
    asked = tracker("여권 재발급 수수료는 얼마인가요?", "ask_faq")
    asked["events"][0]["input_channel"] = "cmdline"
    (said,) = rasa.post("action_answer", asked).json()["responses"]
    assert "10년짜리 복수여권은 5만 원이에요." in said["text"]
    assert said["custom"] == {}
