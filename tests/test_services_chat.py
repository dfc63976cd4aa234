"""Services in conversation: from the citizen's words to the city's API and back, over HTTP on both sides."""

from __future__ import annotations

import pytest

from bot.content.store import ContentStore
from bot.identity.identities import Level
from bot.settings import Settings
from tests.services_support import Citizen, Office, city, text

LATER = "2026-11-24T11:00:00+09:00"


async def test_a_case_from_question_to_answer(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        asked = await citizen.say("민원 어디까지 됐어요", "ask_case_status")
        assert asked.outcome == "asked_back"
        bad = await citizen.say("2026-12", "give_receipt_number")
        assert bad.outcome == "asked_back"
        assert text(bad) != text(asked)
        assert "2026-000123" in text(bad)
        assert await citizen.hear("근데 여권 수수료는요?", "ask_faq") is None
        found = await citizen.say("２０２６-000123이요", "give_receipt_number")
        for part in ("2026-000123", "도로 파손 보수 요청", "처리 중", "도로과", "11월 26일(목)"):
            assert part in text(found)
        assert citizen.slots == {"service": None, "filling": None, "parameters": None}


async def test_a_number_alone_and_one_that_nobody_knows(office: Office) -> None:
    async with city(office):
        known = await Citizen(office).say("2026-000123", "give_receipt_number")
        unknown = await Citizen(office).say("2026-999999 조회", "ask_case_status")
    assert known.detail == {"service": "case_status", "found": True}
    assert unknown.detail == {"service": "case_status", "found": False}
    assert "2026-999999" in text(unknown)


async def test_booking_with_every_turn_a_citizen_may_take(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        login = await citizen.say("다음주 화요일 오후 3시에 체육관 예약할래요", "use_service")
        assert (citizen.button("로그인하기").url or "").startswith("http")
        assert login.outcome == "asked_back"
        assert text(await citizen.tap("로그인했어요")) != text(login)  # not yet
        assert await citizen.hear("주차는 돼요?", "ask_faq") is None
        again = await citizen.ask_again()
        assert "주민등록번호" in text(login)
        assert "주민등록번호" not in text(again)  # all of that has been said
        assert citizen.button("로그인하기").url
        await citizen.log_in()
        assert "전화번호" in text(await citizen.tap("로그인했어요"))  # what was said before has been kept
        assert "010-1234-5678" in text(await citizen.say("12-34"))
        assert await citizen.hear("주차는 돼요?", "ask_faq") is None
        token = await citizen.keep("mobile", "010 1234 5678")
        confirm = text(await citizen.say("[휴대전화]이요", kept=(token,)))
        for part in ("한빛체육관 농구장", "12월 1일(화)", "15:00~17:00", "010-****-5678"):
            assert part in confirm
        assert "2월 30일" in text(await citizen.say("아니 2월 30일로", "deny"))
        assert "15:00" in text(await citizen.say("12월 3일이요"))  # not free then: other times are offered
        assert "12월 3일(목)" in text(await citizen.say("오전으로요"))
        await citizen.tap("바꿀게요")
        await citizen.tap("시설")
        assert "별마루 테니스장" in text(await citizen.tap("테니스"))
        booked = await citizen.say("네", "affirm")
        assert booked.detail == {"service": "facility_booking", "found": True}
        assert "8,000원" in text(booked)

        mine = await citizen.say("내 예약 보여 주세요", "use_service")
        assert "별마루 테니스장" in text(mine)
        await citizen.tap("예약 취소")
        assert "취소했어요" in text(await citizen.tap("네, 맞아요"))
        assert (await citizen.say("내 예약 보여 주세요", "use_service")).detail["found"] is False


async def test_taxes_and_loans_of_whoever_is_logged_in(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        await citizen.log_in("hanbit-1")
        taxes = await citizen.say("세금 밀린 거 있나 조회해 줘", "use_service")
        assert "245,900원" in text(taxes)
        assert [card.title for card in taxes.messages[0].cards] == ["자동차세 2기분", "주민세 사업소분"]
        await citizen.say("빌린 책 언제까지 반납해요", "use_service")
        await citizen.tap("연장")
        assert "우리 동네 식물 이야기" in text(await citizen.tap("우리 동네"))
        assert "12월 10일(목)" in text(await citizen.tap("네, 맞아요"))
        other = Citizen(office)
        await other.log_in("hanbit-2")
        assert "없어요" in text(await other.say("빌린 책 연장해 주세요", "use_service"))
        assert (await other.say("낼 세금 조회", "use_service")).detail["found"] is False


async def test_a_vehicle_by_a_token(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        await citizen.say("내 차 검사 언제까지 받아야 해요?", "use_service")
        unknown = await citizen.keep("vehicle", "99가9999")
        assert "99가****" in text(await citizen.say("[차량번호]", kept=(unknown,)))  # asked for once more
        token = await citizen.keep("vehicle", "12가3456")
        found = await citizen.say("[차량번호]이요", kept=(token,))
        assert "12가**** 승용차" in text(found)
        assert "2027년 1월 2일(토)" in text(found)


async def test_a_value_that_is_gone_is_asked_for_again(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        await citizen.say("내 차 검사일 조회", "use_service")
        stale = "⟦vehicle:AAAAAAAAAAAAAAAAAAAAAA⟧"
        again = await citizen.say("[차량번호]이요", kept=(stale,))
        assert again.outcome == "asked_back"
        assert citizen.active
        token = await citizen.keep("vehicle", "12가3456")
        assert "승용차" in text(await citizen.say("[차량번호]", kept=(token,)))


async def test_the_next_day_it_goes_on_where_it_was(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        await citizen.say("소강당 빈 시간 알려 주세요", "use_service")
        citizen.now = LATER
        free = await citizen.say("내일이요")
        assert "11월 25일(수)" in text(free)
        assert "시민회관 소강당" in text(free)
        await citizen.tap("~")
        assert citizen.slots["service"] == "facility_booking"
        assert set(citizen.slots["filling"]["values"]) == {
            "facility",
            "date",
        }  # the time once it is looked up


async def test_afresh_another_service_and_goodbye(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        await citizen.say("테니스장 빈 시간 있어요?", "use_service")
        assert "시설" in text(await citizen.say("처음부터 다시요", "cancel"))
        other = await citizen.say("2026-000123 어디까지 됐어요", "ask_case_status")
        assert other.detail["service"] == "case_status"
        await citizen.say("테니스장 빈 시간 있어요?", "use_service")
        assert await citizen.hear("취소할래요", "cancel") is None
        assert await citizen.hear("상담원이요", "talk_to_person") is None
        left = await citizen.say("예약 그만둘게요", "use_service")  # close to 예약할게요
        assert left.outcome == "chatted"
        assert citizen.slots["service"] is None


async def test_which_service_is_asked_when_the_words_fit_several(office: Office) -> None:
    async with city(office):
        citizen = Citizen(office)
        asked = await citizen.say("예약", "use_service")
        assert asked.outcome == "asked_back"
        assert len(asked.messages[0].buttons) >= 3
        chosen = await citizen.tap("예약 취소")
        assert citizen.slots["service"] is not None
        assert text(chosen) != text(asked)


async def test_words_that_mean_no_service_are_answered_like_any_question(office: Office) -> None:
    async with city(office):
        reply = await Citizen(office).say(
            "여권을 잃어버렸을 때는 어떻게 하나요?", "use_service", confidence=0.4
        )
    assert reply.outcome == "answered_faq"


async def test_step_up_needs_the_stronger_login(office: Office) -> None:
    sensitive = (office.data / "services" / "local_tax.yml").read_text("utf-8")
    path = office.data / "services" / "local_tax.yml"
    path.write_text(sensitive.replace("identity: login", "identity: step_up"), "utf-8")
    try:
        async with city(office):
            citizen = Citizen(office)
            await citizen.log_in(level=Level.LOGIN)
            asked = await citizen.say("내 지방세 조회해 주세요", "use_service")
            assert asked.outcome == "asked_back"
            await citizen.log_in(level=Level.STRONG)
            citizen.last = asked
            voice = ContentStore(Settings(_env_file=None)).persona()
            assert voice.say("service_which") != text(await citizen.say("지방세요", "use_service"))
            assert citizen.slots["service"] is None  # answered
    finally:
        path.write_text(sensitive, "utf-8")


@pytest.mark.parametrize("said", ["", "네", "12월 3일", "/use_service"])
async def test_nothing_breaks_without_a_service(office: Office, said: str) -> None:
    reply, _ = office.rasa.ask("action_service", said, "use_service")
    assert reply.messages
