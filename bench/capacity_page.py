"""`docs/capacity.md` from figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from about import ROOT
from report_parts import how

_PAGE = ROOT / "docs" / "capacity.md"
_NAMES = {
    "nginx": "nginx",
    "gateway": "게이트웨이",
    "rasa": "Rasa 서버",
    "actions": "액션 서버",
    "postgres": "PostgreSQL",
    "redis": "Redis",
}


def write_page(known: tuple[dict[str, Any], dict[str, Any]] | None, assumed: dict[str, Any]) -> None:
    """Write the document anew: what was computed and what was measured; None = nothing was."""
    parts = [_head()]
    if known is None:
        parts.append("아직 재지 않았어요. `make cluster-test`를 돌린 뒤 `make capacity`를 실행해 주세요.")
    else:
        found, result = known
        parts += [f"잰 때: {how(found['about']['measured'])}", _cost(found, result), _needs(found)]
        parts += [_limits(found), _simulation(found), _faults(result)]
    _PAGE.write_text("\n\n".join([*parts, _assumed(assumed)]) + "\n", encoding="utf-8")
    print("wrote docs/capacity.md")


def _head() -> str:
    return _parts(
        "# 시민 몇 명에게 서버가 얼마나 드는가",
        _prose(
            "`make cluster-test`가 잰 값으로 `make capacity`가 셈해 이 파일을 새로 써요.",
            "고칠 것이 있으면 이 파일이 아니라 `bench/capacity.py`를 고쳐 주세요.",
            "서버를 어떻게 나누는지는 [여러 대로](cluster.md)에, 장애에도 말을 잃지 않는 방법은",
            "[메시지를 잃지 않는 방법](reliability.md)에 있어요.",
        ),
    )


def _cost(found: dict[str, Any], result: dict[str, Any]) -> str:
    cost, per = found["cost_ms"], found["per_message"]
    idle = found["idle_cores"]
    rows = [
        (_NAMES[kind], f"{ms:.2f} ms", f"{1000 / ms:,.0f}통", f"{idle[kind]:.1%}")
        for kind, ms in cost.items()
    ]
    rows.append(("모두", f"{sum(cost.values()):.2f} ms", f"{1000 / sum(cost.values()):,.0f}통", ""))
    speed = ", ".join(
        f"Rasa {servers}대로 초당 {rate:g}통" for servers, rate in sorted(result["throughput"].items())
    )
    return _parts(
        "## 메시지 하나에 드는 일",
        _table(("프로세스", "메시지 하나에 쓴 코어", "코어 하나로 1초에", "아무도 안 쓸 때의 코어"), rows),
        _prose(
            f"코어 2개짜리 컴퓨터 한 대에 이 모두와 메신저 흉내까지 함께 켜고 잰 값이에요: {speed}.",
            "두 코어가 다 찼기 때문에 Rasa를 늘려도 두 배가 되지 않아요.",
            "서버를 나누면 위 표의 코어만큼 늘어요.",
            f"메시지 하나마다 PostgreSQL은 커밋 {per['postgres_commits']:.1f}번, WAL",
            f"{per['postgres_wal_bytes'] / 1024:.1f} KB, 자리 {per['postgres_bytes'] / 1024:.1f}",
            f"KB를, Redis는 명령 {per['redis_commands']:.1f}개를 써요.",
        ),
    )


def _needs(found: dict[str, Any]) -> str:
    kinds = list(found["needs"][0]["processes"])
    rows = []
    for one in found["needs"]:
        counts = [f"{one['processes'][kind]:,}" for kind in kinds]
        p95 = f"{one['p95_ms']:.0f} ms" if one["p95_ms"] is not None else "나눠야 해요"
        cost = f"{one['won_a_month'] / 10_000:,.0f}만 원"
        disk = f"{one['storage_gb']:,.0f} GB"
        peak = f"{one['peak_per_s']:,.0f}통"
        rows.append((f"{one['citizens']:,}명", peak, *counts, f"{one['cores']:,}", disk, cost, p95))
    names = [f"{_NAMES[kind]}{'(코어)' if kind in ('postgres', 'redis') else ''}" for kind in kinds]
    head = ("하루에 묻는 시민", "가장 바쁜 1분, 초당", *names, "코어 모두", "기록 30일", "한 달", "p95 셈")
    million = next(one for one in found["needs"] if one["citizens"] == 1_000_000)
    return _parts(
        "## 몇 명에게 몇 대",
        _table(head, rows),
        _prose(
            f"하루 100만 명이면 가장 바쁠 때 초당 {million['peak_per_s']:,.0f}통이에요.",
            f"코어 {million['cores']}개면 돼요(Redis와 PostgreSQL의 대기 서버까지). 프로세스는 저마다",
            "코어 하나를 써요.",
            "게이트웨이, Rasa, 액션 서버는 개수만 늘리면 돼요.",
            "‘p95 셈’은 프로세스마다 코어를 하나씩 주고 가장 바쁜 1분을 흉내 낸 값이에요.",
            "디스크와 네트워크를 기다리는 시간은 들어 있지 않아요.",
        ),
    )


def _limits(found: dict[str, Any]) -> str:
    rows = [(one["what"], f"{one['messages_per_s']:,.0f}통", one["remedy"]) for one in found["limits"]]
    most, first = found["needs"][-1], found["limits"][0]
    return _parts(
        "## 하루 1억 명이면 무엇이 먼저 막히나",
        "한 설치에 하나뿐인 것들이에요. 위에서부터 먼저 막혀요.",
        _table(("무엇", "초당", "그다음에는"), rows),
        _prose(
            f"하루 1억 명이면 가장 바쁠 때 초당 {most['peak_per_s']:,.0f}통이에요.",
            f"가장 먼저 막히는 것은 **{first['what']}**이고, 초당 {first['messages_per_s']:,.0f}통에서예요.",
            "그래서 한 설치를 끝없이 키우지 않고 기관이나 지역마다 설치를 나눠요.",
            "대화는 서로 모르니 나누기 쉽고, 다른 기관의 일은 [기관끼리 잇기](agencies.md)로 물어봐요.",
            "한 곳의 장애가 다른 곳에 번지지도 않아요.",
            "하루 100만 명짜리 설치 100개가 하루 1억 명이에요.",
        ),
    )


def _simulation(found: dict[str, Any]) -> str:
    rows = [
        (
            f"{one['rasa_servers']}대",
            f"{one['rate']:g}통",
            f"{one['p50_ms']:.0f} ms",
            f"{one['simulated_p50_ms']:.0f} ms",
            f"{one['p95_ms']:.0f} ms",
            f"{one['simulated_p95_ms']:.0f} ms",
        )
        for one in found["points"]
    ]
    head = ("Rasa", "초당", "잰 p50", "흉내 낸 p50", "잰 p95", "흉내 낸 p95")
    return _parts(
        "## 셈을 믿을 수 있나",
        _prose(
            "줄 서기를 흉내 낸 프로그램(`bench/queueing.py`)으로 같은 컴퓨터를 흉내 내 잰 값과 견줬어요.",
            "프로세스마다 줄이 하나씩 있고, 코어 2개를 나눠 써요.",
            "메시지 하나에 드는 코어는 그 빠르기에서 잰 값이에요.",
            "한가하면 커밋을 나눠 쓰는 메시지가 적어 더 들어요.",
            "답이 나간 뒤에 하는 일의 몫(전달 결과 적기, 상황판), 그것이 없으면 기다리는 시간 하나만 가장",
            "한가할 때의 p50에 맞췄고, 나머지는 맞추지 않았어요.",
        ),
        _table(head, rows),
    )


def _faults(result: dict[str, Any]) -> str:
    if "failovers" not in result:
        return "## 장애\n\n아직 재지 않았어요."
    rows = [
        (one["what"], _seconds(one["recovered_s"]), _seconds(one["slowest_s"]), f"{one['slow']:.0f}통")
        for one in result["failovers"]
    ]
    return _parts(
        "## 하나씩 죽이고 얼리면",
        _prose(
            f"초당 {result['rate']:g}통씩 보내면서 하나씩 고장 냈어요.",
            f"메시지 {result['messages']:,}통 가운데 잃은 것 {result['lost']}, 두 번 답한 것",
            f"{result['duplicated']}, 순서가 바뀐 것 {result['reordered']}, 닿았는지 알 수 없는 것",
            f"{result['uncertain']}이에요.",
            f"평소 p95는 {result['normal_p95_ms']:.0f} ms예요.",
        ),
        _table(("무엇을", "p95가 돌아오기까지", "가장 느린 답", "느렸던 답"), rows),
    )


def _seconds(value: float | None) -> str:
    return "끝나지 않았어요" if value is None else f"{value:.1f}초"


def _assumed(assumed: dict[str, Any]) -> str:
    return _parts(
        "## 재지 않고 어림한 것",
        "셈에 넣은 어림이에요. 우리 기관과 다르면 `bench/capacity.py`의 `Assumed`를 고쳐 다시 셈해 주세요.",
        _lines(
            _prose(
                f"- 묻는 시민 한 사람이 하루에 {assumed['messages']:g}통을 써요.",
                f"가장 바쁜 한 시간에 하루의 {assumed['busiest_hour']:.0%}가 오고, 그 가운데 가장",
                f"바쁜 1분은 그 평균의 {assumed['burst']:g}배예요.",
            ),
            _prose(
                f"- 그 1분에도 코어를 {assumed['fill']:.0%}까지만 써요.",
                f"종류마다 적어도 {assumed['nodes']}개를 둬요.",
            ),
            _prose(
                f"- 코어 하나(메모리 4 GB)에 한 달 {assumed['won_per_core']:,}원, 디스크 1 GB에",
                f"{assumed['won_per_gb']}원(두 벌)으로 셈했어요.",
                "회선과 메신저의 발송 요금, 사람의 일은 들어 있지 않아요.",
            ),
            _prose(
                "- 시의 시스템(민원, 수거, 예약)이 그만큼 받아 준다고 봤어요.",
                "실제로는 이쪽이 먼저 막힐 수 있어요.",
                "막혀도 봇은 마지막으로 받은 값과 그 시각, 부서 전화를 알려 줘요.",
            ),
        ),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---", *["--:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _parts(*parts: str) -> str:
    return "\n\n".join(parts)


def _prose(*sentences: str) -> str:
    return " ".join(sentences)


def _lines(*lines: str) -> str:
    return "\n".join(lines)
