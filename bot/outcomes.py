"""How a turn ended. Every turn has exactly one outcome; the console and the figures count them."""

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of one turn, with the label operators see in `LABELS`."""

    ANSWERED_FAQ = "answered_faq"
    ANSWERED_SERVICE = "answered_service"
    CHATTED = "chatted"
    ASKED_BACK = "asked_back"
    CLARIFIED = "clarified"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    HANDED_OFF = "handed_off"
    WITH_PERSON = "with_person"
    HELD = "held"
    SWITCHED_OFF = "switched_off"
    SERVICE_UNAVAILABLE = "error_service"
    BOT_UNAVAILABLE = "error_bot"
    ERASED = "erased"
    INVITED = "invited"
    IGNORED = "ignored"


LABELS: dict[Outcome, str] = {
    Outcome.ANSWERED_FAQ: "답변",
    Outcome.ANSWERED_SERVICE: "서비스 답변",
    Outcome.CHATTED: "대화",
    Outcome.ASKED_BACK: "되물음",
    Outcome.CLARIFIED: "후보 제시",
    Outcome.UNANSWERED: "모름",
    Outcome.REFUSED: "범위 밖",
    Outcome.HANDED_OFF: "상담원 연결",
    Outcome.WITH_PERSON: "상담원 응대",
    Outcome.HELD: "승인 대기",
    Outcome.SWITCHED_OFF: "봇 꺼 둠",
    Outcome.SERVICE_UNAVAILABLE: "외부 시스템 장애",
    Outcome.BOT_UNAVAILABLE: "봇 장애",
    Outcome.ERASED: "기록 삭제",
    Outcome.INVITED: "1:1 대화로 안내",
    Outcome.IGNORED: "응답 불필요",
}
