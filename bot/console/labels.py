"""What operators read in place of the log's codes, and how moments are written."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from babel.dates import format_date, format_time

from bot.console.words import N_, Words
from bot.outcomes import LABELS as OUTCOMES

STATES = {"waiting": N_("상담 대기"), "operator": N_("상담 중"), "bot": N_("챗봇 응대"), "closed": N_("종료")}
CHANNELS = {
    "webchat": N_("웹챗"),
    "telegram": N_("텔레그램"),
    "kakao": N_("카카오톡"),
    "naver": N_("네이버 톡톡"),
    "line": N_("라인"),
    "messenger": N_("페이스북 메신저"),
    "instagram": N_("인스타그램"),
    "whatsapp": N_("왓츠앱"),
    "x": N_("X 쪽지"),
    "xmentions": N_("X 멘션"),
    "youtube": N_("유튜브 댓글"),
    "webhook": N_("우리 기관 앱"),
    "agency": N_("다른 기관"),
    "terminal": N_("터미널"),
}
AUTHORS = {"citizen": N_("시민"), "bot": N_("챗봇"), "operator": N_("상담원"), "system": N_("알림")}
DELIVERIES = {
    "pending": N_("전달 중"),
    "sending": N_("전달 중"),
    "delivered": N_("전달됨"),
    "failed": N_("전달 실패"),
    "uncertain": N_("전달 확인 안 됨"),
}
ATTACHMENTS = {
    "photo": N_("사진 보기"),
    "voice": N_("음성 받기"),
    "sticker": N_("스티커 보기"),
    "file": N_("파일 받기"),
    "other": N_("첨부 받기"),
}
"""What can be looked at or saved, and the words of its link."""
REASONS = {
    "asked": N_("상담원을 찾았어요"),
    "not_understood": N_("챗봇이 여러 번 이해하지 못했어요"),
    "crisis": N_("위기 상황일 수 있어요"),
    "emergency": N_("긴급 상황일 수 있어요"),
    "complaint": N_("챗봇에 불만이 있어요"),
    "abuse": N_("거친 말이 있었어요"),
    "approval": N_("챗봇의 답을 아무도 확인하지 않았어요"),
    "referred": N_("다른 기관에서 온 질문이에요"),
    "transferred": N_("동료가 넘긴 대화예요"),
    "left_alone": N_("맡은 사람이 오래 답하지 못했어요"),
    "switched_off": N_("봇이 꺼져 있어요"),
}
INTENTS = {
    "ask_faq": N_("민원 질문"),
    "search_service": N_("서비스 찾기"),
    "check_benefit": N_("혜택 확인"),
    "use_service": N_("서비스 이용"),
    "ask_case_status": N_("처리 상황"),
    "ask_waste_day": N_("수거 요일"),
    "ask_bulky_waste": N_("대형폐기물"),
    "ask_office": N_("부서 안내"),
    "ask_hours": N_("운영 시간"),
    "report_problem": N_("불편 신고"),
    "make_suggestion": N_("제안"),
    "ask_jurisdiction": N_("소관 기관"),
    "several_requests": N_("여러 가지 물음"),
    "ask_my_voices": N_("내 신고·제안"),
    "voice": N_("신고·제안 단추"),
    "send_attachment": N_("첨부"),
    "log_in": N_("로그인"),
    "log_out": N_("로그아웃"),
    "talk_to_person": N_("상담원 찾기"),
    "erase_my_data": N_("기록 삭제"),
    "show_my_data": N_("내 정보 보기"),
    "export_my_data": N_("대화 내보내기"),
    "withdraw_consent": N_("동의 철회"),
    "change_language": N_("언어 바꾸기"),
    "ask_help": N_("도움말"),
    "ask_privacy": N_("개인정보"),
    "greet": N_("인사"),
    "thank": N_("감사"),
    "say_goodbye": N_("작별"),
    "challenge_bot": N_("챗봇인지 물음"),
    "chitchat": N_("잡담"),
    "praise_bot": N_("칭찬"),
    "complain_about_bot": N_("챗봇 불만"),
    "abuse": N_("욕설"),
    "emergency": N_("긴급"),
    "crisis": N_("위기"),
    "affirm": N_("긍정"),
    "deny": N_("부정"),
    "cancel": N_("취소"),
    "ask_again": N_("다시 묻기"),
    "give_receipt_number": N_("접수번호"),
    "give_dong": N_("동 이름"),
    "choose_answer": N_("답변 고르기"),
    "show_more": N_("더 보기"),
    "out_of_scope": N_("범위 밖"),
    "subscribe": N_("알림 신청"),
    "unsubscribe": N_("알림 끄기"),
    "list_subscriptions": N_("알림 목록"),
    "life_event": N_("생활 체크리스트"),
    "nlu_fallback": N_("이해 못 함"),
}
OUTCOME_TONES = {
    "answered": "good",
    "chatted": "calm",
    "asked": "calm",
    "clarified": "calm",
    "unanswered": "warn",
    "refused": "calm",
    "handed": "person",
    "with": "person",
    "held": "person",
    "switched": "warn",
    "error": "bad",
}
"""Colour of an outcome by the part of its name before the first `_`; the label says it in words too."""


def tone(code: str) -> str:
    """Which of the page's colours an outcome has."""
    return OUTCOME_TONES.get(code.partition("_")[0], "calm")


class Labels:
    """Codes and durations in the words of one language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def outcome(self, code: str) -> str:
        """Label of an outcome."""
        return self._words({str(known): label for known, label in OUTCOMES.items()}.get(code, code))

    def latency(self, milliseconds: int) -> str:
        """`320ms` or `1.4초`."""
        if milliseconds < 1000:
            return f"{milliseconds}ms"
        return self._words("%(n).1f초", n=milliseconds / 1000)

    def waited(self, duration: timedelta) -> str:
        """`방금`, `12분째`, `2시간 5분째`."""
        hours, minutes = divmod(int(duration.total_seconds() // 60), 60)
        if hours and minutes:
            return self._words("%(hours)d시간 %(minutes)d분째", hours=hours, minutes=minutes)
        if hours:
            return self._words("%(hours)d시간째", hours=hours)
        return self._words("%(minutes)d분째", minutes=minutes) if minutes > 0 else self._words("방금")


class Calendar:
    """Moments as people in one time zone write them; patterns as in Unicode's UTS 35."""

    def __init__(self, zone: tzinfo, words: Words) -> None:
        self._zone = zone
        self._words = words

    def short(self, at: datetime, now: datetime) -> str:
        """Today `오후 2:05`, this year `11월 3일`, else `2025. 11. 3.`."""
        at, now = at.astimezone(self._zone), now.astimezone(self._zone)
        if at.date() == now.date():
            return self.clock(at)
        return self._date(at, self._words("M월 d일") if at.year == now.year else self._words("y. M. d."))

    def day(self, at: datetime) -> str:
        """`2026년 11월 23일 월요일`."""
        return self._date(at.astimezone(self._zone), self._words("y년 M월 d일 EEEE"))

    def clock(self, at: datetime) -> str:
        """`오후 2:05`."""
        at = at.astimezone(self._zone)
        return format_time(at.time(), self._words("aaaa h:mm"), locale=self._words.language)

    def full(self, at: datetime) -> str:
        """`2026-11-23 14:05:09`, for the tooltip."""
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def tomorrow(self, now: datetime) -> datetime:
        """The midnight that comes."""
        today = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return today + timedelta(days=1)

    def start_of(self, day: str) -> datetime | None:
        """Midnight of `2026-11-23`; None if that is no date."""
        try:
            return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=self._zone)
        except ValueError:
            return None

    def _date(self, at: datetime, pattern: str) -> str:
        return format_date(at.date(), pattern, locale=self._words.language)
