"""Sentences of `data/persona.yml` about voices."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    # A problem
    "voice_ask_problem": line("신고할 내용을 물을 때"),
    "voice_ask_category": line("신고의 갈래를 물을 때; 아래에 갈래 단추가 붙어요"),
    "voice_ask_place": line("신고하는 곳이 어디인지 물을 때"),
    "voice_place_vague": line("‘여기요’처럼 어디인지 알 수 없을 때; 다시 묻는 말이 뒤따라요"),
    "voice_place_abroad": line("보내 준 위치가 우리나라가 아닐 때"),
    "voice_place_unreadable": line("보내 준 위치에 좌표가 없을 때"),
    "voice_link_unreadable": line("지도 주소만으로는 어디인지 알 수 없을 때"),
    "voice_unknown_dong": line("우리 시에 없는 동을 적었을 때", "dong"),
    "voice_urgent": line("먼저 전화해야 하는 위험한 일일 때; 신고가 이어져요", "number"),
    "voice_photo_taken": line("사진을 신고에 붙였을 때", "count"),
    "voice_photo_too_big": line("사진이 너무 클 때; 신고가 이어져요", "limit"),
    "voice_photo_too_many": line("사진이 너무 많을 때; 신고가 이어져요", "most"),
    "voice_not_a_photo": line("사진과 위치 말고 다른 것을 보냈을 때; 신고가 이어져요"),
    "voice_photo_first": line("신고하기 전에 사진이나 위치부터 보냈을 때; 아래에 신고하기 단추가 붙어요"),
    "voice_added": line("신고나 제안에 내용을 덧붙였을 때"),
    "voice_resumed": line("쓰다 만 신고나 제안을 이어서 할 때"),
    "voice_summary": line(
        "보내기 전에 신고를 보여 줄 때; 아래에 보내기·고치기 단추가 붙어요",
        *("category", "department", "text", "place"),
        sometimes=("photos", "contact"),
    ),
    "voice_confirm_again": line("보낼지 고칠지 알 수 없는 말을 들었을 때"),
    "voice_fix_what": line("무엇을 고칠지 물을 때; 아래에 단추가 붙어요"),
    "voice_ask_contact": line("연락처를 남길지 물을 때; 꼭 남기지 않아도 돼요"),
    "voice_no_contact": line("적은 글에서 연락처를 찾지 못했을 때"),
    "voice_sent": line("신고를 받았을 때", "number", "department", "due", sometimes=("department_phone",)),
    "voice_too_many": line(
        "하루에 보낼 수 있는 신고의 수를 넘었을 때; 쓴 것은 하루 동안 남아요",
        *("most", "department"),
        sometimes=("department_phone",),
    ),
    "voice_not_official": line("여기서 한 신고가 법정 민원이 아니라는 것을 알릴 때"),
    "voice_stopped": line("쓰던 신고나 제안을 그만둘 때"),
    "voice_nothing_to_send": line("보낼 신고나 제안이 없는데 단추를 눌렀을 때"),
    # What becomes of it
    "report_news_taken": line("부서가 신고를 받았을 때", "number", "department", "external"),
    "report_news_official": line(
        "부서가 신고를 법정 민원으로 접수했을 때", "number", "department", "external"
    ),
    "report_news_assigned": line(
        "신고의 담당자가 정해졌을 때", "number", "department", sometimes=("reason",)
    ),
    "report_news_moved": line(
        "신고의 담당 부서가 바뀌었을 때", "number", "department", sometimes=("reason",)
    ),
    "report_news_done": line("신고가 처리됐을 때", "number", "department", sometimes=("reason",)),
    "report_news_rejected": line("신고를 처리할 수 없을 때", "number", "department", "reason"),
    "my_voices": line("내 신고와 제안을 보여 줄 때; 아래에 목록이 붙어요"),
    "my_handed": line("다른 기관에 전해 준 질문이 어떻게 됐는지 보여 줄 때; 아래에 목록이 붙어요"),
    "my_voices_none": line("내 신고와 제안도, 다른 기관에 전한 질문도 없을 때"),
    "my_voice_unknown": line("물어본 번호의 신고나 제안이 이 대화에 없을 때", "number"),
    # An idea
    "idea_ask_text": line("제안할 내용을 물을 때"),
    "idea_ask_title": line("제안의 제목을 물을 때"),
    "idea_similar": line("비슷한 제안이 있을 때; 아래에 제안과 단추가 붙어요"),
    "idea_summary": line("보내기 전에 제안을 보여 줄 때; 아래에 단추가 붙어요", "title", "text", "topic"),
    "idea_sent": line("제안을 받았을 때", "number", sometimes=("link",)),
    "idea_joined": line("다른 사람의 제안에 함께할 때", "title", "count"),
    "idea_left": line("함께하기를 거둘 때", "title"),
    "idea_notify_on": line("공식 답변이 나오면 알려 주기로 했을 때", "title"),
    "idea_not_joined": line("함께하지 않은 제안의 소식을 받으려 할 때; 아래에 단추가 붙어요", "title"),
    "idea_gone": line("고른 제안이 이제 없을 때"),
    "idea_news_shown": line("제안이 공개됐을 때", "number", "title"),
    "idea_news_hidden": line("제안을 공개하지 않기로 했을 때", "number", "title", "reason"),
    "idea_news_merged": line("제안이 비슷한 제안과 합쳐졌을 때", "title", "into", "number"),
    "idea_news_reply": line("제안에 공식 답변이 나왔을 때", "number", "title", "reply", "department"),
}
