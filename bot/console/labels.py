"""What operators read in place of the log's codes, and how moments are written."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from bot.outcomes import LABELS as OUTCOMES

STATES = {"waiting": "상담 대기", "operator": "상담 중", "bot": "챗봇 응대", "closed": "종료"}
CHANNELS = {
    "webchat": "웹챗",
    "telegram": "텔레그램",
    "kakao": "카카오톡",
    "naver": "네이버 톡톡",
    "line": "라인",
    "messenger": "페이스북 메신저",
    "instagram": "인스타그램",
    "whatsapp": "왓츠앱",
    "x": "X 쪽지",
    "xmentions": "X 멘션",
    "youtube": "유튜브 댓글",
    "webhook": "우리 기관 앱",
    "agency": "다른 기관",
    "terminal": "터미널",
}
AUTHORS = {"citizen": "시민", "bot": "챗봇", "operator": "상담원", "system": "알림"}
DELIVERIES = {
    "pending": "전달 중",
    "sending": "전달 중",
    "delivered": "전달됨",
    "failed": "전달 실패",
    "uncertain": "전달 확인 안 됨",
}
ATTACHMENTS = {
    "photo": "사진 보기",
    "voice": "음성 받기",
    "sticker": "스티커 보기",
    "file": "파일 받기",
    "other": "첨부 받기",
}
"""What can be looked at or saved, and the words of its link."""
REASONS = {
    "asked": "상담원을 찾았어요",
    "not_understood": "챗봇이 여러 번 이해하지 못했어요",
    "crisis": "위기 상황일 수 있어요",
    "emergency": "긴급 상황일 수 있어요",
    "complaint": "챗봇에 불만이 있어요",
    "abuse": "거친 말이 있었어요",
    "referred": "다른 기관에서 온 질문이에요",
}
INTENTS = {
    "ask_faq": "민원 질문",
    "search_service": "서비스 찾기",
    "check_benefit": "혜택 확인",
    "use_service": "서비스 이용",
    "ask_case_status": "처리 상황",
    "ask_waste_day": "수거 요일",
    "ask_bulky_waste": "대형폐기물",
    "ask_office": "부서 안내",
    "ask_hours": "운영 시간",
    "report_problem": "불편 신고",
    "make_suggestion": "제안",
    "ask_my_voices": "내 신고·제안",
    "voice": "신고·제안 단추",
    "send_attachment": "첨부",
    "log_in": "로그인",
    "log_out": "로그아웃",
    "talk_to_person": "상담원 찾기",
    "erase_my_data": "기록 삭제",
    "show_my_data": "내 정보 보기",
    "export_my_data": "대화 내보내기",
    "withdraw_consent": "동의 철회",
    "change_language": "언어 바꾸기",
    "ask_help": "도움말",
    "ask_privacy": "개인정보",
    "greet": "인사",
    "thank": "감사",
    "say_goodbye": "작별",
    "challenge_bot": "챗봇인지 물음",
    "chitchat": "잡담",
    "praise_bot": "칭찬",
    "complain_about_bot": "챗봇 불만",
    "abuse": "욕설",
    "emergency": "긴급",
    "crisis": "위기",
    "affirm": "긍정",
    "deny": "부정",
    "cancel": "취소",
    "ask_again": "다시 묻기",
    "give_receipt_number": "접수번호",
    "give_dong": "동 이름",
    "choose_answer": "답변 고르기",
    "show_more": "더 보기",
    "out_of_scope": "범위 밖",
    "subscribe": "알림 신청",
    "unsubscribe": "알림 끄기",
    "list_subscriptions": "알림 목록",
    "life_event": "생활 체크리스트",
    "nlu_fallback": "이해 못 함",
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
    "error": "bad",
}
"""Colour of an outcome by the part of its name before the first `_`; the label says it in words too."""


def outcome(code: str) -> str:
    """Label of an outcome."""
    return {str(known): label for known, label in OUTCOMES.items()}.get(code, code)


def tone(code: str) -> str:
    """Which of the page's colours an outcome has."""
    return OUTCOME_TONES.get(code.partition("_")[0], "calm")


def latency(milliseconds: int) -> str:
    """`320ms` or `1.4초`."""
    return f"{milliseconds}ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f}초"


class Calendar:
    """Moments as people in one time zone write them."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def short(self, at: datetime, now: datetime) -> str:
        """Today `오후 2:05`, this year `11월 3일`, else `2025. 11. 3.`."""
        at, now = at.astimezone(self._zone), now.astimezone(self._zone)
        if at.date() == now.date():
            return self.clock(at)
        if at.year == now.year:
            return f"{at.month}월 {at.day}일"
        return f"{at.year}. {at.month}. {at.day}."

    def day(self, at: datetime) -> str:
        """`2026년 11월 23일 월요일`."""
        at = at.astimezone(self._zone)
        return f"{at.year}년 {at.month}월 {at.day}일 {'월화수목금토일'[at.weekday()]}요일"

    def clock(self, at: datetime) -> str:
        """`오후 2:05`."""
        at = at.astimezone(self._zone)
        return f"{'오전' if at.hour < 12 else '오후'} {at.hour % 12 or 12}:{at.minute:02}"

    def full(self, at: datetime) -> str:
        """`2026-11-23 14:05:09`, for the tooltip."""
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def start_of(self, day: str) -> datetime | None:
        """Midnight of `2026-11-23`; None if that is no date."""
        try:
            return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=self._zone)
        except ValueError:
            return None


def waited(duration: timedelta) -> str:
    """`방금`, `12분째`, `2시간 5분째`."""
    minutes = int(duration.total_seconds() // 60)
    if minutes < 1:
        return "방금"
    if minutes < 60:
        return f"{minutes}분째"
    return f"{minutes // 60}시간 {minutes % 60}분째" if minutes % 60 else f"{minutes // 60}시간째"
