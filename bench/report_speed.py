"""The report's tables and plots of how fast a turn, a search and an import are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from about import read
from report_parts import how, met

from bot.evaluation import charts
from bot.evaluation.report import Chart, Part, Section, Table

_TARGETS_OF_TURNS: dict[str, tuple[str, str, Callable[[float], bool]]] = {
    "turn_1_ratio": ("첫 턴: 몇 배 빠른가", "2.5배 이상", lambda value: value >= 2.5),
    "turn_50_ratio": ("50번째 턴: 몇 배 빠른가", "6배 이상", lambda value: value >= 6),
    "growth_10000": ("10,000번째 턴 ÷ 첫 턴", "1.2배 이하", lambda value: value <= 1.2),
    "throughput_ratio": ("8명이 함께 쓸 때 초당 메시지: 몇 배", "3배 이상", lambda value: value >= 3),
    "train_cold_ratio": ("처음 학습: 몇 배 빠른가", "3배 이상", lambda value: value >= 3),
    "train_warm_s": ("저장에서 새 모델의 답까지", "12초 이하", lambda value: value <= 12),
    "rss_ratio": ("Rasa 메모리: 기본 Rasa ÷ 소통", "1배 이상", lambda value: value >= 1),
    "swap_growth": ("모델을 20번 바꾼 뒤 메모리 ÷ 처음", "1.05배 이하", lambda value: value <= 1.05),
}
_SEARCHES = {
    "frequent word": "흔한 말",
    "two words": "두 낱말",
    "inside a word": "낱말 속",
    "one hit": "하나뿐인 말",
    "no hit": "없는 말",
    "no hit, three words": "없는 말, 세 낱말",
    "one syllable": "한 글자",
    "no hit, one channel": "없는 말, 채널 하나",
    "no hit, one outcome": "없는 말, 결과 하나",
    "rare, one week": "드문 말, 한 주",
    "two syllables, one hit": "하나뿐인 두 글자",
    "old week, frequent word": "흔한 말, 오래된 한때",
    "frequent word, rare outcome": "흔한 말, 드문 결과",
    "words of the bot, rare outcome": "챗봇의 말, 드문 결과",
    "rare answer, no words": "답변 하나, 낱말 없이",
    "an operator, no words": "상담원 하나, 낱말 없이",
    "rare outcome, no words": "드문 결과, 낱말 없이",
    "an old release, no words": "오래된 판, 낱말 없이",
    "frequent word, old release": "흔한 말, 오래된 판",
    "an intent on one channel": "의도와 채널 하나, 낱말 없이",
}
_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def turns(result: dict[str, Any]) -> Section:
    """`turns.json`, and `turns_detail.json` where it is."""
    detail: dict[str, Any] = read("turns_detail.json") or {}
    rows = []
    for key, (label, target, good) in _TARGETS_OF_TURNS.items():
        value = result.get(key)
        if value is not None:
            unit = "초" if key.endswith("_s") else "배"
            rows.append((label, target, f"{value:.2f}{unit}", met(good(value))))
    parts: list[Part] = [
        "같은 내용, 같은 Redis로 HTTP를 거쳐 기본 Rasa 3.6.21과 나란히 쟀어요.",
        Table("목표", ("무엇", "목표", "잰 값", "결과"), tuple(rows)),
    ]
    sides = {"ours": "소통", "stock": "기본 Rasa"}
    if series := {sides[side]: points for side, points in detail.get("latency_ms", {}).items() if points}:
        picture = charts.lines(series, "몇 번째 턴", "한 턴 (ms)", log=True)
        ends = {name: (points[0], points[-1]) for name, points in series.items()}
        alt = "; ".join(
            f"{name}: {first[0]:,}번째 {first[1]:.0f} ms, {last[0]:,}번째 {last[1]:.0f} ms"
            for name, (first, last) in ends.items()
        )
        parts.append(Chart("대화가 길어질 때 한 턴의 시간", picture, alt))
        cells = [
            (f"{turn:,}", name, f"{ms:.1f} ms") for name, points in series.items() for turn, ms in points
        ]
        parts.append(
            Table("대화가 길어질 때 한 턴의 시간(중앙값)", ("턴", "누가", "시간"), tuple(cells), folded=True)
        )
    if rates := {sides[side]: row for side, row in detail.get("throughput", {}).items() if row}:
        clients = sorted({int(key) for row in rates.values() for key in row})
        values = {name: [row.get(str(number)) for number in clients] for name, row in rates.items()}
        picture = charts.bars([f"{number}명" for number in clients], values, "초당 메시지")
        alt = "; ".join(
            f"{n}: " + ", ".join(f"{k}명 {v:.0f}" for k, v in row.items()) for n, row in rates.items()
        )
        parts.append(Chart("함께 쓰는 사람과 초당 메시지", picture, alt))
    parts += [str(note) for note in detail.get("notes", [])]
    if "at" in detail:
        parts.append(how(detail))
    return Section("대화 한 턴", tuple(parts))


def search(result: dict[str, Any]) -> Section:
    """`search.json`."""
    parts: list[str | Table] = []
    for database, part in result.items():
        rows = tuple(
            (
                _SEARCHES[name],
                f"{row['found']:.0f}",
                f"{row['p50_ms']:.0f} ms",
                f"{row['p95_ms']:.0f} ms",
                f"{row['max_ms']:.0f} ms",
            )
            for name, row in part["searches"].items()
        )
        parts.append(
            f"메시지 {part['messages']:,}개에서 찾아요. 가장 느려도 {part['limit_ms']} ms를 넘지 않아야 해요."
        )
        parts.append(Table(_DATABASES[database], ("찾는 것", "찾음", "p50", "p95", "가장 느림"), rows))
        if "write_with_index" in part:
            with_, without = part["write_with_index"], part["write_without_index"]
            parts.append(
                f"질문 하나와 답 하나를 적는 데 색인이 있으면 {with_['p50_ms']} ms, 없으면"
                f" {without['p50_ms']} ms 걸려요. 색인은 {part['index_mb']} MB예요."
            )
    return Section("지난 대화에서 찾기", tuple(parts))


def imports(result: dict[str, Any]) -> Section:
    """`import.json`."""
    rows = tuple(
        (
            run["file"],
            f"{run['imported']:,}",
            f"{run['import_s']:.1f}초",
            f"{run['load_s']:.1f}초",
            f"{run['check_s']:.1f}초",
        )
        for run in result["runs"]
    )
    table = Table("코어 하나", ("파일", "가져온 답변", "가져오기", "읽기", "점검"), rows)
    return Section("답변 가져오기", (f"{result['limit_s']:.0f}초 안에 가져와야 해요.", table))
