"""What staff read in place of the inbox's codes."""

from __future__ import annotations

from collections.abc import Mapping

from bot.console.words import N_

WHYS: Mapping[str, str] = {
    "unanswered": N_("답을 못 했어요"),
    "clarified": N_("보여 준 답을 고르지 않았어요"),
    "none_fit": N_("보여 준 답이 모두 아니었어요"),
    "complained": N_("답을 듣고 불만을 말했어요"),
    "person": N_("답을 듣고 상담원을 찾았어요"),
    "rated": N_("도움이 안 됐다고 했어요"),
    "reviewed": N_("직원이 잘못된 답이라고 했어요"),
}
STATES: Mapping[str, str] = {
    "open": N_("볼 것"),
    "under_way": N_("게시를 기다려요"),
    "done": N_("마친 것"),
}
KINDS: Mapping[str, str] = {
    "example": N_("알아듣는 말의 예문으로"),
    "variant": N_("답변의 질문으로"),
    "answer": N_("새 답변으로"),
    "golden": N_("점검 질문으로"),
    "task": N_("부서의 할 일로"),
    "dismissed": N_("그냥 두기로"),
}
PERIODS: Mapping[str, tuple[str, int]] = {
    "": (N_("언제든지"), 0),
    "7": (N_("지난 7일"), 7),
    "30": (N_("지난 30일"), 30),
}
SORTS: Mapping[str, str] = {"": N_("많은 순서"), "new": N_("최근 순서")}
REASONS: Mapping[str, str] = {
    "chat": N_("인사나 장난이에요"),
    "elsewhere": N_("시에서 하는 일이 아니에요"),
    "known": N_("이미 알맞은 답이 있어요"),
    "unclear": N_("무슨 뜻인지 알 수 없어요"),
    "other": N_("그 밖의 까닭"),
}
"""Why nothing is made of a line."""
NOTICES: Mapping[str, str] = {
    "example": N_("예문으로 더했어요. 게시하면 챗봇이 배워요."),
    "variant": N_("답변에 질문을 더했어요. 게시하면 챗봇이 알아들어요."),
    "answer": N_("새 답변의 초안을 만들었어요."),
    "golden": N_("점검 질문으로 더했어요."),
    "task": N_("부서에 할 일을 맡겼어요."),
    "dismissed": N_("그냥 두기로 했어요."),
    "undone": N_("되돌렸어요."),
    "grouped": N_("새 글을 묶었어요."),
    "gone": N_("그 사이 다른 사람이 처리했어요. 지금 모습을 보여 드려요."),
}
TASK_NOTICES: Mapping[str, str] = {
    "given": N_("할 일을 맡겼어요."),
    "comment": N_("의견을 남겼어요."),
    "assigned": N_("맡은 사람을 바꿨어요."),
    "changed": N_("할 일을 고쳤어요."),
    "done": N_("할 일을 마쳤어요."),
    "reopened": N_("할 일을 다시 열었어요."),
    "variant": N_("답변에 질문을 더했어요. 게시하면 이 할 일도 끝나요."),
}
TASK_EVENTS: Mapping[str, str] = {
    "comment": N_("의견"),
    "assigned": N_("맡은 사람"),
    "changed": N_("고침"),
    "done": N_("마침"),
    "reopened": N_("다시 열림"),
    "published": N_("답이 게시되어 끝났어요"),
}
