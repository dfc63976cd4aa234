"""What may be said where everybody reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.danger import HELP
from actions.departments import contact_card, contact_facts
from bot.channel import Capabilities
from bot.content.load import read_departments, read_persona
from bot.content.persona import KEYS, Voice
from bot.fit import fit, length
from bot.masking import TOKENS, mask
from bot.messages import Button, Card, Fact, Inbound, Outbound, Reply
from bot.outcomes import Outcome
from bot.public import DANGER, MOST, in_public, public_words

NOW = datetime(2026, 3, 26, 4, 0, tzinfo=UTC)
DATA = Path(__file__).parent.parent / "data"
LINK = "https://chat.hanbit.example/chat/"
VOICE = Voice(read_persona(DATA / "persona.yml")[0], "099-120-1000")
DEPARTMENT = read_departments(DATA / "departments.yml")[0].departments[0]
WORDS = public_words(VOICE, "youtube:a:1", LINK)
WIDE = Capabilities(10_000, 0, 0, 0, False, False, False, False, 600.0)
NARROW = Capabilities(280, 0, 0, 0, False, False, False, False, 600.0, text_unit="weighted")
CARD = Card(
    title="여권 재발급 수수료는 얼마인가요?",
    text="10년 복수여권은 53,000원이에요. 5년은 45,000원이에요. 창구에서 카드로도 낼 수 있어요.",
    facts=(
        *contact_facts(DEPARTMENT, NOW),
        Fact(label="확인일", value="2026-03-01"),
        Fact(label="출처", value="외교부", url="https://www.passport.go.kr"),
    ),
    buttons=(
        Button(label="더 보기", payload="/show_more"),
        Button(label="여권 안내", url="https://www.passport.go.kr/info"),
    ),
)
FAQ = Reply(messages=(Outbound(cards=(CARD,)),), outcome=Outcome.ANSWERED_FAQ, intent="ask_faq")
CASE = "2026-000123번은 김시민 님의 민원이에요."


def comment(text: str = "여권 수수료 얼마예요?") -> Inbound:
    return Inbound(
        channel="youtube", user_id="a:1", message_id="1", sent_at=NOW, text=text, reply_to="1", public=True
    )


def reply(outcome: Outcome, text: str = "말", intent: str | None = None, **more: object) -> Reply:
    return Reply(messages=(Outbound(text=text),), outcome=outcome, intent=intent).model_copy(update=more)


def said(inbound: Inbound, given: Reply, room: Capabilities = WIDE, earlier: int = 0) -> str:
    found = in_public(inbound, given, WORDS, room, earlier)
    assert found.handoff is None
    assert all(not message.buttons and not message.cards for message in found.messages)
    assert (found.outcome == Outcome.IGNORED) == (not found.messages)
    return "\n---\n".join(message.text for message in found.messages)


def test_an_answer_is_said_with_its_evidence_and_the_way_to_the_private_chat() -> None:
    text = said(comment(), FAQ)
    assert text == (
        "여권 재발급 수수료는 얼마인가요?\n"
        "10년 복수여권은 53,000원이에요. 5년은 45,000원이에요. 창구에서 카드로도 낼 수 있어요.\n\n"
        f"담당: {DEPARTMENT.name}\n전화: {DEPARTMENT.phone}\n확인일: 2026-03-01\n"
        "출처: 외교부 (https://www.passport.go.kr)\n\n"
        f"여권 안내: https://www.passport.go.kr/info\n\n{WORDS.more}"
    )
    assert LINK in text


def test_who_is_open_now_is_not_written_down_for_ever() -> None:
    assert "지금" in [fact.label for fact in contact_facts(DEPARTMENT, NOW)]
    assert "지금:" not in said(comment(), FAQ)


def test_a_short_place_gets_whole_sentences_a_phone_and_the_link() -> None:
    text = said(comment(), FAQ, NARROW)
    assert text == (
        "10년 복수여권은 53,000원이에요. 5년은 45,000원이에요. 창구에서 카드로도 낼 수 있어요.\n\n"
        f"{DEPARTMENT.name} {DEPARTMENT.phone}\n\n{WORDS.more}"
    )
    long = CARD.model_copy(update={"text": "가나다라마바사아자차카타파하 가나다라마바사아자차카타예요. " * 9})
    text = said(comment(), FAQ.model_copy(update={"messages": (Outbound(cards=(long,)),)}), NARROW)
    assert text.startswith("가나다라")
    assert text.split("\n\n")[0].endswith("예요.")
    assert text.endswith(WORDS.more)
    endless = CARD.model_copy(update={"text": "가" * 300})
    text = said(comment(), FAQ.model_copy(update={"messages": (Outbound(cards=(endless,)),)}), NARROW)
    assert text == WORDS.invite


@given(
    st.text(alphabet="가나다 .!?\nhttps://w.ex", max_size=600),
    st.text(alphabet="가나다", min_size=1, max_size=60),
)
def test_an_answer_is_one_post(text: str, title: str) -> None:
    card = CARD.model_copy(update={"text": text, "title": title})
    found = in_public(
        comment(), FAQ.model_copy(update={"messages": (Outbound(cards=(card,)),)}), WORDS, NARROW
    )
    (message,) = found.messages
    assert length(message.text, "weighted") <= 280
    assert len(fit(message, NARROW)) == 1
    assert LINK in message.text


@pytest.mark.parametrize("key", ["public_more", "public_invite", "public_delete", "public_report",
                                 "public_suggestion"])  # fmt: skip
def test_every_public_sentence_fits_into_a_post(key: str) -> None:
    linked = "link" in KEYS[key].sometimes
    for seed in range(len(VOICE.persona.says[key])):
        for link in (LINK, "") if linked else ("",):
            text = VOICE.say(key, seed, link=link)
            assert length(f"{text}\n{DEPARTMENT.name} {DEPARTMENT.phone}", "weighted") <= 280
            assert link in text
            assert not text.endswith(":")


@pytest.mark.parametrize("outcome", [*Outcome])
@pytest.mark.parametrize("question", ["여권 수수료 얼마예요?", "좋아요 ㅋㅋ"])
def test_nothing_of_a_person_is_said_whatever_the_outcome(outcome: Outcome, question: str) -> None:
    """The words of a case, under every outcome and intent a dialogue could end in."""
    for intent in ("ask_case_status", "give_receipt_number", "ask_hours", "ask_faq", "several_requests"):
        given = reply(outcome, CASE, intent, handoff="asked")
        assert "시민" not in said(comment(question), given)


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        (Outcome.ASKED_BACK, Outcome.INVITED),
        (Outcome.HANDED_OFF, Outcome.INVITED),
        (Outcome.ANSWERED_SERVICE, Outcome.INVITED),
        (Outcome.UNANSWERED, Outcome.UNANSWERED),
        (Outcome.SERVICE_UNAVAILABLE, Outcome.SERVICE_UNAVAILABLE),
        (Outcome.BOT_UNAVAILABLE, Outcome.BOT_UNAVAILABLE),
    ],
)
def test_what_belongs_to_a_private_chat_becomes_an_invitation(outcome: Outcome, ends: Outcome) -> None:
    given = reply(outcome, "접수번호를 알려 주세요.", "ask_case_status", handoff="asked")
    found = in_public(comment("제 민원 어디까지 됐나요?"), given, WORDS, WIDE)
    assert [message.text for message in found.messages] == [WORDS.invite]
    assert found.outcome == ends


@pytest.mark.parametrize("outcome", [Outcome.UNANSWERED, Outcome.ASKED_BACK, Outcome.CLARIFIED,
                                     Outcome.ANSWERED_FAQ, Outcome.BOT_UNAVAILABLE])  # fmt: skip
@pytest.mark.parametrize(
    "text", ["좋아요 ㅋㅋ", "1등!", "영상 잘 봤습니다.", "여권 만들러 갔는데 친절했어요", "👍"]
)
def test_a_comment_that_asks_nothing_gets_no_answer(outcome: Outcome, text: str) -> None:
    given = FAQ if outcome == Outcome.ANSWERED_FAQ else reply(outcome)
    assert said(comment(text), given) == ""


@pytest.mark.parametrize("outcome", [Outcome.CHATTED, Outcome.REFUSED, Outcome.IGNORED, Outcome.WITH_PERSON])
@pytest.mark.parametrize("intent", ["greet", "chitchat", "praise_bot", "abuse", "thank", "out_of_scope"])
def test_talk_and_abuse_get_no_answer(outcome: Outcome, intent: str) -> None:
    assert said(comment("오늘 뭐 먹었어요?"), reply(outcome, "하하", intent)) == ""


@pytest.mark.parametrize(
    "text",
    ["사진 몇장 필요한가여", "주차비 얼마임?", "인터넷으로 되나요", "대형폐기물 어케 버려요",
     "쓰레기 언제 내놔", "행사 날짜 문의드립니다", "주말에 문 여나",
     "접수 방법 좀", "외국인도 돼요", "주차할 곳 있을까요"],
)  # fmt: skip
def test_questions_as_people_write_them(text: str) -> None:
    assert said(comment(text), reply(Outcome.UNANSWERED)) == WORDS.invite


@pytest.mark.parametrize(
    "text", ["누구나 좋아할 축제네요", "작년에 갔었는데 좋았어요", "앞으로도 부탁드려요"]
)
def test_statements_are_no_questions(text: str) -> None:
    assert said(comment(text), reply(Outcome.UNANSWERED)) == ""


def test_the_name_of_a_matter_is_a_question() -> None:
    assert said(comment("여권 재발급 수수료"), FAQ)
    assert said(comment("여권 재발급 수수료"), reply(Outcome.UNANSWERED)) == ""


@pytest.mark.parametrize("intent", ["crisis", "emergency"])
def test_help_in_danger_is_always_said(intent: str) -> None:
    line = Outbound(text=VOICE.say(intent), buttons=HELP[intent])
    assert {button.url for button in HELP[intent]} <= DANGER
    own = Reply(messages=(line,), outcome=Outcome.CHATTED, intent=intent, handoff="crisis")
    assert said(comment("너무 힘들어 죽고 싶다"), own, earlier=MOST) == line.text
    ahead = FAQ.model_copy(update={"messages": (line, *FAQ.messages)})
    assert said(comment("좋아요"), ahead) == line.text
    assert in_public(comment("좋아요"), ahead, WORDS, WIDE).outcome == Outcome.CHATTED
    first, second = said(comment(), ahead).split("\n---\n")
    assert (first, second) == (line.text, said(comment(), FAQ))
    masked, _ = mask("죽고 싶어요 010-1234-5678")
    assert said(comment(masked), own) == f"{line.text}\n---\n{WORDS.delete}"


@pytest.mark.parametrize("kind", sorted(set(TOKENS) - {"phone"}))
@pytest.mark.parametrize("given", [FAQ, reply(Outcome.CHATTED), reply(Outcome.HANDED_OFF, handoff="asked")])
def test_whoever_shows_personal_data_is_advised_to_take_it_down(kind: str, given: Reply) -> None:
    assert said(comment(f"제 번호는 [{TOKENS[kind]}] 이고 얼마예요?"), given) == WORDS.delete
    assert TOKENS[kind] not in WORDS.delete
    found = in_public(comment(f"[{TOKENS[kind]}]"), given, WORDS, WIDE)
    assert found.outcome == Outcome.INVITED  # never `ANSWERED_FAQ`: it would count, and be said again


def test_a_number_of_an_office_is_no_personal_data() -> None:
    masked, kinds = mask("02-1234-5678로 걸면 되나요?")
    assert kinds == (TOKENS["phone"],)
    assert said(comment(masked), FAQ) == said(comment(), FAQ)


def test_there_is_an_end_to_talk_in_public() -> None:
    assert said(comment(), FAQ, earlier=MOST - 1)
    assert said(comment(), FAQ, earlier=MOST) == ""


@pytest.mark.parametrize(
    "intent", ["ask_waste_day", "give_dong", "ask_bulky_waste", "ask_office", "ask_hours"]
)
def test_a_service_that_is_the_same_for_everybody_answers(intent: str) -> None:
    given = reply(Outcome.ANSWERED_SERVICE, "빛가온동은 월요일이에요.", intent)
    assert said(comment("빛가온동 쓰레기 언제예요?"), given) == f"빛가온동은 월요일이에요.\n\n{WORDS.more}"


def test_several_requests_are_answered_only_when_all_are_general() -> None:
    both = FAQ.model_copy(update={"intent": "several_requests", "detail": {"requests": ["answered_faq"] * 2}})
    assert "53,000원" in said(comment(), both)
    mixed = both.model_copy(update={"detail": {"requests": ["answered_service", "answered_faq"]}})
    assert said(comment(), mixed) == WORDS.invite
    number = FAQ.model_copy(update={"messages": (*FAQ.messages, Outbound(text=CASE))})
    assert said(comment(), number) == WORDS.invite


def test_choices_are_numbered_and_picked_in_the_private_chat() -> None:
    buttons = (
        Button(label="여권 수수료", payload='/choose_answer{"answer_id":"a"}'),
        Button(label="여권 사진", payload='/choose_answer{"answer_id":"b"}'),
        Button(label="여기에 없어요", payload="/deny"),
    )
    given = Reply(messages=(Outbound(text="이 중에 있나요?", buttons=buttons),), outcome=Outcome.CLARIFIED)
    text = said(comment("여권은요 어떻게 해요?"), given)
    assert text == f"이 중에 있나요?\n1. 여권 수수료\n2. 여권 사진\n\n{WORDS.invite}"


def test_who_does_not_know_names_who_does() -> None:
    card = contact_card(DEPARTMENT, NOW)
    given = reply(Outcome.UNANSWERED, messages=(Outbound(text="모르겠어요", cards=(card,)),))
    assert said(comment(), given) == f"{WORDS.invite}\n{DEPARTMENT.name} {DEPARTMENT.phone}"


def test_reports_and_suggestions_are_told_that_a_comment_is_none() -> None:
    shown = Outbound(text="불편하셨겠어요.", cards=(contact_card(DEPARTMENT, NOW),))
    report = Reply(messages=(shown,), outcome=Outcome.CHATTED, intent="report_problem")
    text = said(comment("가로등이 나갔어요"), report)
    assert text == f"{WORDS.report}\n{DEPARTMENT.name} {DEPARTMENT.phone}"
    assert (
        said(comment("공원을 늘려 주세요"), reply(Outcome.CHATTED, "…", "make_suggestion"))
        == WORDS.suggestion
    )
    known = FAQ.model_copy(update={"intent": "report_problem"})
    assert said(comment("가로등이 나갔어요"), known).startswith(WORDS.report)


def test_whoever_asks_who_we_are_is_told() -> None:
    text = said(comment("너 봇이야?"), reply(Outcome.CHATTED, "저는 봇이에요", "challenge_bot"))
    assert text == WORDS.invite
    assert "챗봇" in text
