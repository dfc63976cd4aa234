"""What the figures' pages call things."""

from __future__ import annotations

from bot.console.words import N_
from bot.figures.kinds import Group

GROUP_NAMES: dict[Group, str] = {
    Group.ANSWERED: N_("답했어요"),
    Group.CLARIFIED: N_("되물었어요"),
    Group.HANDED: N_("사람에게"),
    Group.UNANSWERED: N_("몰랐어요"),
    Group.FAILED: N_("장애·꺼 둠"),
    Group.OTHER: N_("인사 등"),
}
"""In the order in which they are stacked, from below."""
WEEKDAYS = (N_("월"), N_("화"), N_("수"), N_("목"), N_("금"), N_("토"), N_("일"))
PRESETS = ((1, N_("오늘")), (7, N_("7일")), (30, N_("30일")), (90, N_("90일")), (365, N_("1년")))
"""Days up to today."""
DESK_NAMES = {
    "asked": N_("사람을 찾은 일"),
    "claimed": N_("상담원이 맡은 일"),
    "gone": N_("기다리다 그만둔 일"),
}
SCORES = {5: N_("좋아요"), 4: N_("괜찮아요"), 3: N_("보통이에요"), 2: N_("별로예요"), 1: N_("아쉬워요")}
EVERYTHING = N_("전체 질문")
NO_TOPIC = N_("주제 없음")
NOTICES = {
    "counted": N_("고른 기간을 다시 셌어요."),
    "busy": N_("다른 곳에서 세고 있어요. 잠시 뒤 다시 해 주세요."),
}
TURN_COLUMNS = (
    N_("때"),
    N_("채널"),
    N_("주제"),
    N_("의도"),
    N_("결과"),
    N_("확신"),
    N_("걸린 시간(ms)"),
    N_("대화"),
    N_("대화 안 순서"),
)
COUNT_COLUMNS = (N_("때"), N_("무엇"), N_("채널"), N_("주제"), N_("값"), N_("수"))
KIND_NAMES = {
    "turns": N_("결과별 질문"),
    "first": N_("첫 반응(ms 이하)"),
    "full": N_("답까지(ms 이하)"),
    "wait": N_("상담 대기(ms 이하)"),
    "desk": N_("상담"),
    "pushed": N_("먼저 보낸 글"),
    "failed": N_("전하지 못한 글"),
    "rated": N_("평가"),
    "clock": N_("시각별"),
}
