"""Sentences of `data/persona.yml` about reminders and life events."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    # A wish in one phrase
    "wish_schedule": line("켜 둔 알림 한 줄: 정한 때에 알림", "when", "about"),
    "wish_schedule_plain": line("켜 둔 알림 한 줄: 정한 때에 알림, 무엇인지는 말하지 않았을 때", "when"),
    "wish_collection": line("켜 둔 알림 한 줄: 쓰레기 내놓는 날", "dong", "waste", "day", "time"),
    "wish_deadline": line("켜 둔 알림 한 줄: 신청 마감", "about", "days", "time", sometimes=("day",)),
    "wish_case": line("켜 둔 알림 한 줄: 민원 처리 상황", "number", "title"),
    "wish_news": line("켜 둔 알림 한 줄: 새로 생긴 지원", "about"),
    "wish_checklist": line("켜 둔 알림 한 줄: 생활 체크리스트의 기한", "event"),
    # Asking for what is missing
    "remind_ask_when": line("언제 알려 줄지 물을 때; 아래에 보기 단추가 붙어요"),
    "remind_ask_number": line("어느 민원의 소식을 알려 줄지 물을 때"),
    "remind_bad_number": line("알려 달라는 민원의 접수번호 꼴이 아닐 때"),
    "remind_no_case": line("알려 달라는 민원이 없을 때", "number"),
    "remind_when_past": line("알려 달라는 때가 이미 지났을 때"),
    "remind_no_such_day": line("달력에 없는 날을 말했을 때"),
    "remind_ask_service": line("어떤 지원의 마감을 알려 줄지 물을 때"),
    "remind_which_service": line("마감을 알릴 지원이 여럿일 때; 아래에 단추가 붙어요"),
    "remind_no_service": line("그런 이름의 지원을 찾지 못했을 때", "about"),
    # Yes or no
    "remind_confirm": line("알림을 켜기 전에 무엇인지 보여 줄 때; 아래에 물음이 붙어요", "what", "channel"),
    "remind_question": line("알림을 켤지 물을 때; 처음에는 동의를 받는 글이 대신 나가요"),
    "remind_window": line("하루가 지나면 먼저 글을 보낼 수 없는 메신저에서 알림을 켤 때", "channel"),
    "remind_yes": line("단추 이름: 알림 켜기 (14자까지)"),
    "remind_no": line("단추 이름: 알림 켜지 않기 (14자까지)"),
    "remind_on": line("알림을 켰을 때", "next"),
    "remind_on_once": line("한 번만 가는 알림을 켰을 때", "next"),
    "remind_on_case": line("민원 처리 알림을 켰을 때"),
    "remind_already": line("같은 알림이 이미 있거나 너무 많을 때"),
    "remind_no_push": line(
        "봇이 먼저 글을 보낼 수 없는 곳에서 알림을 부탁할 때",
        *("channel", "others", "department", "department_phone"),
    ),
    "remind_other_chat": line("단추 이름: 알림을 받을 수 있는 대화 열기 (14자까지)"),
    "remind_no_deadline": line("지원의 마감일을 알 수 없을 때", "about"),
    "remind_always_open": line("언제나 신청할 수 있는 지원일 때", "about"),
    "remind_service_ended": line("끝난 지원일 때", "about"),
    "remind_soon_over": line("마감이 코앞이라 미리 알릴 수 없을 때", "about", "day"),
    "remind_case_done": line("민원 처리가 이미 끝났을 때", "number"),
    # What there is
    "remind_list": line("켜 둔 알림을 보여 줄 때; 아래에 끄기 단추가 붙어요", "count", "list"),
    "remind_none": line("켜 둔 알림이 없을 때"),
    "remind_list_button": line("단추 이름: 켜 둔 알림 보기 (14자까지)"),
    "remind_off_button": line("단추 이름: 목록의 알림 하나 끄기 (14자까지)", "number"),
    "remind_all_off_button": line("단추 이름: 알림 모두 끄기 (14자까지)"),
    "remind_off": line("알림을 껐고 다른 알림이 남았을 때", "what", "left"),
    "remind_all_off": line("알림을 모두 껐을 때"),
    "remind_off_before": line("이미 꺼진 알림일 때"),
    # The reminders
    "remind_due": line("정한 때가 되었을 때", "about", "time"),
    "remind_due_plain": line("정한 때가 되었는데 무엇인지는 말하지 않았을 때", "time"),
    "remind_collection": line(
        "쓰레기 내놓는 날을 알릴 때", "day", "waste", "dong", sometimes=("opens", "closes")
    ),
    "remind_collection_holiday": line(
        "쓰레기 내놓는 날이 공휴일일 때", "day", "waste", "dong", "holiday", sometimes=("opens", "closes")
    ),
    "remind_deadline": line("신청 마감이 다가올 때", "about", "day", "left"),
    "remind_deadline_today": line("신청 마감 날", "about", "day"),
    "remind_case": line(
        "민원의 처리 상황이 바뀌었을 때", "number", "title", "before", "state", sometimes=("next_step",)
    ),
    "remind_news": line("새로 생긴 지원을 알릴 때", "about", "names"),
    "remind_checklist": line("생활 체크리스트의 기한이 다가올 때", "event", "steps"),
    "remind_stop": line("단추 이름: 이 알림 그만 받기 (14자까지)"),
    "remind_show_answer": line("단추 이름: 답변 다시 보기 (14자까지)"),
    "remind_show_service": line("단추 이름: 지원 자세히 보기 (14자까지)"),
    "checklist_show": line("단추 이름: 체크리스트 보기 (14자까지)"),
    "checklist_no_day": line("날짜를 모르는 체크리스트의 기한을 알려 달라고 할 때"),
    # Life events
    "event_which": line("어떤 일의 체크리스트인지 물을 때; 아래에 단추가 붙어요"),
    "event_which_day": line("체크리스트의 날짜를 하루로 말하지 않았을 때"),
    "event_not_yet": line("지난 날짜여야 하는데 앞날을 말했을 때"),
    "event_far": line("체크리스트의 날짜가 너무 멀 때"),
    "event_unknown_day": line("단추 이름: 날짜를 아직 모름 (14자까지)"),
    "event_opening": line(
        "체크리스트를 처음 또는 다시 보여 줄 때", "event", "done", "count", sometimes=("day",)
    ),
    "event_opening_gentle": line(
        "슬픈 일의 체크리스트를 보여 줄 때", "event", "done", "count", sometimes=("day",)
    ),
    "event_progress": line("체크리스트에서 하나를 했을 때", "event", "done", "count", sometimes=("day",)),
    "event_all": line("체크리스트 전체", "event", "done", "count", "list"),
    "event_all_done": line("체크리스트를 모두 했을 때", "event"),
    "event_all_done_gentle": line("슬픈 일의 체크리스트를 모두 했을 때", "event"),
    "event_until": line("기한: 남은 날", "day", "left"),
    "event_overdue": line("기한이 지났을 때", "day"),
    "event_passed": line("권하는 때가 지났을 때", "day"),
    "event_done_button": line("단추 이름: 했어요 (14자까지)"),
    "event_skip_button": line("단추 이름: 나에게는 해당 없음 (14자까지)"),
    "event_more_button": line("단추 이름: 할 일 자세히 보기 (14자까지)"),
    "event_all_button": line("단추 이름: 체크리스트 전체 보기 (14자까지)"),
    "event_remind_button": line("단추 이름: 기한 전에 알림 받기 (14자까지)"),
    "event_day_button": line("단추 이름: 날짜 정하기 (14자까지)"),
}
