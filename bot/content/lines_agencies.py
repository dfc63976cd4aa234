"""Sentences of `data/persona.yml` about other agencies."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line, line

LINES: Mapping[str, Line] = {
    "not_ours": line("다른 기관 소관인 일을 물을 때", "owner", sometimes=("note",)),
    "ours": line("우리 시 소관인지 물었고 그렇다고 답할 때", "department", "department_phone"),
    "other_place": line("다른 시·군·구 일을 물을 때", "place", "phone_note"),
    "owner_unknown": line("어디 소관인지 알 수 없을 때", "department", "department_phone"),
    "referral_started": line("다른 기관에 질문을 전했을 때", "agency"),
    "referral_answered": line("다른 기관에서 답이 왔을 때; 아래에 그 답이 붙어요", "agency"),
    "referral_delayed": line(
        "다른 기관에 연결이 되지 않아 질문을 다시 전해 볼 때", "agency", sometimes=("agency_phone",)
    ),
    "referral_late": line("다른 기관이 며칠째 답하지 않을 때", "agency", sometimes=("agency_phone",)),
    "referral_failed": line("다른 기관에 질문을 전하지 못했을 때", "agency", sometimes=("agency_phone",)),
}
