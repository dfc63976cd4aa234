"""What the console calls roles and permissions."""

from __future__ import annotations

from collections.abc import Mapping

from bot.console.words import N_
from bot.staff.roles import Permission, Role

ROLE_NAMES: Mapping[str, str] = {
    Role.VIEWER: N_("보는 사람"),
    Role.EDITOR: N_("편집자"),
    Role.APPROVER: N_("승인자"),
    Role.OPERATOR: N_("상담원"),
    Role.ADMINISTRATOR: N_("관리자"),
}
PERMISSION_NAMES: Mapping[Permission, str] = {
    "watch": N_("대화, 신고, 제안 보기"),
    "talk": N_("대화를 맡아 답하고 신고와 제안 처리하기"),
    "review": N_("봇의 답을 평가하고, 욕설이 이어지는 대화 쉬게 하기"),
    "switch": N_("긴급 안내를 보내고 봇 켜고 끄기"),
    "unmask": N_("가린 개인정보를 까닭을 적고 보기"),
    "figures": N_("통계와 알림 보기"),
    "view": N_("답변과 의도, 모르는 말, 판 보기"),
    "edit": N_("답변 고치기"),
    "teach": N_("의도와 대화 흐름 고치기"),
    "assign": N_("할 일을 부서에 맡기기"),
    "publish": N_("고친 내용 게시하기"),
    "rollback": N_("앞선 판으로 되돌리기"),
    "overrule": N_("점검에 걸린 내용을 까닭을 적고 게시하기"),
    "people": N_("사람과 역할 관리하기"),
    "audit": N_("감사 기록 보기"),
}
