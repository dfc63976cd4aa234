"""The report's tables of the whole bot under load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from about import read
from report_parts import how, met

from bot.evaluation.report import Part, Section, Table

_TARGETS: dict[str, tuple[str, str, str, Callable[[float], bool]]] = {
    "messages_per_s": ("받아 내는 초당 메시지", "100통 이상", "통", lambda value: value >= 100),
    "p95_ms": ("초당 50통일 때 대답까지, p95", "400 ms 이하", " ms", lambda value: value <= 400),
    "rss_mb": ("모든 프로세스의 메모리", "2,048 MB 이하", " MB", lambda value: value <= 2048),
}
_BESIDE = {
    "p50_ms": ("초당 50통일 때 대답까지, p50", " ms"),
    "stock_messages_per_s": ("기본 Rasa가 받아 내는 초당 메시지", "통"),
    "stock_p95_ms": ("기본 Rasa에 같은 만큼 물을 때, p95", " ms"),
}


def load(result: dict[str, float]) -> Section:
    """`load.json`, and `load_detail.json` where it is."""
    detail: dict[str, Any] = read("load_detail.json") or {}
    rows = [
        (label, target, f"{result[key]:,.0f}{unit}", met(good(result[key])))
        for key, (label, target, unit, good) in _TARGETS.items()
    ]
    rows += [
        (label, "", f"{result[key]:,.0f}{unit}", "")
        for key, (label, unit) in _BESIDE.items()
        if key in result
    ]
    parts: list[Part] = [
        "일곱 메신저의 시민이 한꺼번에 물어요. 서명된 웹훅부터 메신저에 답이 뜰 때까지, 코어 둘에서 쟀어요. "
        "기본 Rasa는 자기 REST 채널로 물었고, 기록도 답변 찾기도 없어요.",
        Table("목표", ("무엇", "목표", "잰 값", "결과"), tuple(rows)),
    ]
    if ours := detail.get("ours"):
        grown = ours["mb_in_half_an_hour"]
        parts += [
            f"{ours['soak_messages']:,}통을 이어 물으며 메모리를 쟀어요. 기울기로는 "
            f"초당 {detail['rate']:.0f}통을 30분 동안 받으면 {grown:,.0f} MB 늘어요.",
            f"답하지 못한 메시지는 {ours['unanswered']}통이에요.",
        ]
        used = tuple((name, f"{value:.1f} ms") for name, value in ours["ms_of_cores"].items())
        parts.append(
            Table("한 통에 쓴 프로세서 시간", ("프로세스", "시간"), used, folded=True),
        )
    if "at" in detail:
        parts.append(how(detail))
    return Section("모든 메신저로 한꺼번에", tuple(parts))
