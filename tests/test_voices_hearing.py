"""A report and an idea taken down in chat: whatever comes in whatever order, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel import MAX_MEDIA
from bot.content.live_file import read_file
from bot.messages import Attachment, AttachmentKind
from bot.settings import ROOT
from bot.voices.categories import Voices
from bot.voices.draft import KEPT, MAX_PHOTOS, Draft, headline, load
from bot.voices.hearing import Heard, Knowledge, begin, hear

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
KNOWN = Knowledge(
    read_file(ROOT / "data" / "voices.yml", Voices)[0], frozenset({"새솔동", "한내동", "가람면"})
)
PHOTO = Attachment(kind=AttachmentKind.PHOTO, ref="file-1", size=2_000_000)


def said(text: str = "", intent: str = "report_problem", confidence: float = 0.9, **more: object) -> Heard:
    return Heard(text=text, intent=intent, confidence=confidence, channel="phone", now=NOW, **more)  # type: ignore[arg-type]


def report(*texts: str) -> Draft:
    draft = begin(said(texts[0]), None, KNOWN)
    for text in texts[1:]:
        after = hear(draft, said(text, "nlu_fallback", 0.3), KNOWN)
        assert after is not None
        draft = after
    return draft


def test_everything_in_one_message() -> None:
    draft = begin(said("시청 앞 사거리 가로등 꺼졌어요", attachments=(PHOTO,)), None, KNOWN)
    assert (draft.category, draft.place, draft.ask) == ("streetlight", "시청 앞 사거리", "confirm")
    assert [photo.ref for photo in draft.photos] == ["file-1"]
    for yes in (
        said("네", "affirm"),
        said("보내기", "nlu_fallback", 0.2),
        said("접수해 주세요", "ask_faq"),
        said("네 접수해줘", "report_problem"),
        said("응 이대로 보내줘요", "nlu_fallback", 0.2),
    ):
        sent = hear(draft, yes, KNOWN)
        assert sent is not None
        assert sent.end == "send"


def test_after_a_second_thought_it_is_sent_all_the_same() -> None:
    draft = hear(report("시청 앞 사거리 가로등 꺼졌어요"), said("아니요", "deny"), KNOWN)
    assert draft is not None
    assert draft.ask == "fix"
    sent = hear(draft, said("그럼 접수해 주세요", "nlu_fallback", 0.2), KNOWN)
    assert sent is not None
    assert sent.end == "send"


def test_nothing_to_add_is_no_correction_and_sends_nothing() -> None:
    for words in ("없어요", "더 없습니다", "괜찮아요"):
        after = hear(report("시청 앞 사거리 가로등 꺼졌어요"), said(words, "deny"), KNOWN)
        assert after is not None
        assert (after.ask, after.note, after.end) == ("confirm", "voice_confirm_again", "")


def test_an_address_said_to_the_summary_is_the_place() -> None:
    draft = report("우체국 옆 골목에 가로등이 나갔어요", "빛가온로 12 앞이요")
    assert (draft.place, draft.ask, draft.text) == (
        "빛가온로 12 앞",
        "confirm",
        "우체국 옆 골목에 가로등이 나갔어요",
    )


def test_what_is_missing_is_asked_for() -> None:
    draft = report("신고할 게 있어요")
    assert draft.ask == "text"
    draft = report("신고할 게 있어요", "뚜껑이 덜컹거려서 시끄러워요")
    assert (draft.category, draft.ask) == ("noise", "place")
    assert report("이상한 게 굴러다니고 있어서 위험해 보여요").ask == "category"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ("여기요", "voice_place_vague"),
        ("가나동 우체국", "voice_unknown_dong"),
        ("https://naver.me/abc", "voice_link_unreadable"),
    ],
)
def test_bad_places_get_a_word_and_the_form_goes_on(answer: str, note: str) -> None:
    draft = report("가로등이 꺼졌어요", answer)
    assert (draft.note, draft.ask, draft.text) == (note, "place", "가로등이 꺼졌어요")
    after = hear(draft, said("한내동 우체국 앞", "give_dong"), KNOWN)
    assert after is not None
    assert (after.place, after.ask) == ("한내동 우체국 앞", "confirm")


def test_a_strange_neighbourhood_said_twice_is_taken() -> None:
    assert report("가로등이 꺼졌어요", "가나동 우체국", "가나동 우체국").place == "가나동 우체국"


@pytest.mark.parametrize(
    ("attachment", "note"),
    [
        (Attachment(kind=AttachmentKind.PHOTO, ref="x", size=50 * 2**20), "voice_photo_too_big"),
        (Attachment(kind=AttachmentKind.VIDEO, ref="x"), "voice_not_a_photo"),
        (Attachment(kind=AttachmentKind.OTHER), "voice_not_a_photo"),
        (Attachment(kind=AttachmentKind.LOCATION), "voice_place_unreadable"),
        (Attachment(kind=AttachmentKind.LOCATION, latitude=48.8, longitude=2.3), "voice_place_abroad"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_form_goes_on(attachment: Attachment, note: str) -> None:
    before = report("가로등이 꺼졌어요")
    draft = hear(before, said("/send_attachment", "send_attachment", attachments=(attachment,)), KNOWN)
    assert draft is not None
    assert (draft.note, draft.ask) == (note, "place")
    assert draft.photos == ()
    assert MAX_MEDIA < 50 * 2**20


def test_photos_and_a_shared_place_belong_to_the_report() -> None:
    draft = report("가로등이 꺼졌어요")
    for number in range(MAX_PHOTOS + 1):
        photo = Attachment(kind=AttachmentKind.PHOTO, ref=f"f{number}")
        after = hear(draft, said("", "send_attachment", attachments=(photo,)), KNOWN)
        assert after is not None
        draft = after
    assert len(draft.photos) == MAX_PHOTOS
    assert draft.note == "voice_photo_too_many"
    place = Attachment(kind=AttachmentKind.LOCATION, latitude=37.4, longitude=127.1)
    done = hear(draft, said("", "send_attachment", attachments=(place,)), KNOWN)
    assert done is not None
    assert (done.latitude, done.longitude, done.ask) == (37.4, 127.1, "confirm")


def test_a_picture_sent_first_is_part_of_the_report_that_follows() -> None:
    first = Draft(kind="report", begun_at=NOW).attached(PHOTO, "phone", MAX_MEDIA)
    draft = begin(said("시청 앞 가로등 꺼졌어요"), first, KNOWN)
    assert (len(draft.photos), draft.ask) == (1, "confirm")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("근데 여권 수수료는 얼마예요?", "ask_faq"),
        ("상담원 연결해 주세요", "talk_to_person"),
        ("불이 났어요", "emergency"),
        ("내 신고 어떻게 됐어요", "ask_my_voices"),
    ],
)
def test_something_else_is_left_to_its_own_rule(text: str, intent: str) -> None:
    for draft in (report("가로등이 꺼졌어요"), report("시청 앞 가로등이 꺼졌어요")):
        assert hear(draft, said(text, intent), KNOWN) is None


def test_it_can_be_put_right() -> None:
    draft = report("시청 앞 사거리 가로등이 꺼졌어요")
    for text in ("아니 위치는 새솔동 우체국 앞이에요", "아니요 새솔동 우체국 앞이에요"):
        after = hear(draft, said(text, "nlu_fallback", 0.3), KNOWN)
        assert after is not None
        assert (after.place, after.ask) == ("새솔동 우체국 앞", "confirm")
    asked = hear(draft, said("아니요", "deny"), KNOWN)
    assert asked is not None
    assert asked.ask == "fix"
    for word, wanted in (("위치", "place"), ("내용", "text"), ("갈래", "category")):
        fixing = hear(asked, said(word, "nlu_fallback", 0.3), KNOWN)
        assert fixing is not None
        assert fixing.ask == wanted
    more = hear(draft, said("불꽃도 조금 튀고 있어요", "report_problem"), KNOWN)
    assert more is not None
    assert more.text.endswith("불꽃도 조금 튀고 있어요")


def test_a_question_how_to_report_is_no_report() -> None:
    assert begin(said("불법주차 신고는 어떻게 해요?"), None, KNOWN).end == "answer"
    assert begin(said("시청 앞 가로등 꺼졌어요"), None, KNOWN, public=True).end == "answer"


def test_danger_is_told_whom_to_call_first() -> None:
    draft = report("한내동 시장 앞 옹벽이 무너질 것 같아요")
    assert (draft.note, draft.about) == ("voice_urgent", {"number": "119"})
    assert draft.ask == "confirm"


def test_giving_up_and_going_on_another_day() -> None:
    draft = report("가로등이 꺼졌어요")
    stopped = hear(draft, said("취소", "cancel"), KNOWN)
    assert stopped is not None
    assert stopped.end == "stop"
    kept = load(draft.model_dump(mode="json"), NOW + KEPT - timedelta(minutes=1))
    assert kept == draft
    assert load(draft.model_dump(mode="json"), NOW + KEPT) is None
    again = begin(said("신고할게요"), kept, KNOWN)
    assert (again.text, again.note, again.ask) == ("가로등이 꺼졌어요", "voice_resumed", "place")


def test_a_contact_needs_a_yes_to_the_very_text() -> None:
    draft = report("시청 앞 가로등이 꺼졌어요")
    asked = hear(draft, said(do="contact"), KNOWN)
    assert asked is not None
    assert asked.ask == "consent"
    agreed = hear(asked, said(do="agree:0123456789abcdef"), KNOWN)
    assert agreed is not None
    assert agreed.ask == "contact"
    none = hear(agreed, said("나중에요", "nlu_fallback", 0.3), KNOWN)
    assert none is not None
    assert (none.note, none.ask) == ("voice_no_contact", "contact")
    given = hear(agreed, said("[휴대전화]", tokens=("⟦mobile:x⟧",)), KNOWN)
    assert given is not None
    assert (given.contact, given.ask) == ("⟦mobile:x⟧", "confirm")
    refused = hear(asked, said("아니요", "deny"), KNOWN)
    assert refused is not None
    assert (refused.contact, refused.ask) == ("", "confirm")


def test_an_idea() -> None:
    draft = begin(said("막차 시간 좀 늦춰 주세요. 야근하면 탈 수가 없어요", "make_suggestion"), None, KNOWN)
    assert (draft.title, draft.ask) == ("막차 시간 좀 늦춰 주세요", "similar")
    joined = hear(draft, said(do="join:7"), KNOWN)
    assert joined is not None
    assert joined.end == "join:7"
    new = hear(draft, said(do="new"), KNOWN)
    assert new is not None
    assert new.ask == "confirm"
    asked = begin(said("건의할 게 있어요", "make_suggestion"), None, KNOWN)
    assert asked.ask == "text"
    told = hear(asked, said("수영장 하나 지어주면 안 되나요?", "ask_faq"), KNOWN)
    assert told is not None
    assert told.text == "수영장 하나 지어주면 안 되나요?"


@given(st.text(max_size=300))
def test_a_headline_is_short(text: str) -> None:
    assert len(headline(text)) <= 60


_INTENTS = st.sampled_from(
    ["report_problem", "make_suggestion", "ask_faq", "affirm", "deny", "nlu_fallback", "cancel"]
)
_DO = st.sampled_from(
    [
        "",
        "",
        "",
        "send",
        "fix",
        "fix:place",
        "fix:text",
        "category:road",
        "new",
        "join:3",
        "agree:x",
        "x",
        "contact",
    ]
)
_SENT = st.sampled_from([(), (PHOTO,), (Attachment(kind=AttachmentKind.OTHER),)])


@given(st.lists(st.tuples(st.text(max_size=60), _INTENTS, _DO, _SENT), max_size=8))
def test_nothing_is_sent_that_is_not_whole(talk: list[tuple[str, str, str, tuple[Attachment, ...]]]) -> None:
    """Whatever is said, a draft that is sent has words and, of a problem, a category and a place."""
    draft: Draft | None = None
    for text, intent, do, sent in talk:
        heard = said(text, intent, do=do, attachments=sent)
        draft = hear(draft, heard, KNOWN) or draft if draft else begin(heard, None, KNOWN)
        assert load(draft.model_dump(mode="json"), NOW) == (None if draft.end else draft)
        if draft.end:
            if draft.end == "send":
                assert draft.text
                assert draft.kind == "idea" or (
                    draft.category and (draft.place or draft.latitude is not None)
                )
            return
