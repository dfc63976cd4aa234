"""What the cluster's benchmark makes of what it saw: recoveries, the simulation of queues, the document."""

from __future__ import annotations

import importlib
import math
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT

Bench = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def bench() -> Any:
    """Modules of `bench/` as its scripts see each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        yield importlib.import_module


def test_a_fault_is_over_when_answers_are_quick_again_and_stay_so(bench: Bench) -> None:
    recovery, breaking = bench("cluster_recovery"), bench("cluster_breaking")

    def took(at: float) -> float:
        return 5.0 if 31 <= at < 36 or 38 <= at < 39 else 0.1

    timed = [recovery.Timed(n / 10, took(n / 10)) for n in range(900)]
    faults = [breaking.Failover("one", 30, 40), breaking.Failover("two", 60, 70)]
    one, two = recovery.recoveries(timed, faults, 90)
    assert one.recovered_s == pytest.approx(9, abs=0.5)
    assert (one.slowest_s, one.slow) == (5.0, 60)
    assert (two.recovered_s, two.slow) == (0, 0)


def test_a_fault_that_is_never_over_says_so(bench: Bench) -> None:
    recovery, breaking = bench("cluster_recovery"), bench("cluster_breaking")
    timed = [recovery.Timed(n / 10, 0.1 if n < 300 else math.inf) for n in range(600)]
    (one,) = recovery.recoveries(timed, [breaking.Failover("one", 30, 40)], 60)
    assert one.recovered_s == math.inf


def test_one_slow_message_in_a_hundred_is_normal(bench: Bench) -> None:
    recovery = bench("cluster_recovery")
    timed = [recovery.Timed(n / 20, 3.0 if n % 60 == 0 else 0.1) for n in range(400)]
    assert recovery.recovered(timed, 0, 20, 0.5) == 0


@given(st.integers(1, 10_000))
def test_answers_on_a_screen_are_those_of_the_turns_in_order(bench: Bench, seed: int) -> None:
    compare, tables = bench("faults_compare"), bench("bot.log.tables")
    platform = bench("demo.platforms.platform")
    chance = random.Random(seed)
    texts = [chance.choice("가나다") for _ in range(8)]
    rows = [compare._Row(tables.Message(turn_id=n // 2), (text,)) for n, text in enumerate(texts)]
    screen = [platform.Shown("kim", text, at=float(n)) for n, text in enumerate(texts)]
    assert compare._moments(rows, screen) == {0: 0.0, 1: 2.0, 2: 4.0, 3: 6.0}


@pytest.mark.parametrize("processes", [1, 2])
def test_the_simulation_agrees_with_the_theory_of_one_queue(bench: Bench, processes: int) -> None:
    """One server, exponential times: 1 / (service - arrival). Two that share one core are no quicker."""
    queueing = bench("queueing")
    servers = [queueing.Server(f"p{n}", "here") for n in range(processes)]
    way = [queueing.Work(f"p{n}", 0.01 / processes) for n in range(processes)]
    model = queueing.Model(servers, {"here": 1}, way, spread=1.0)
    seen = queueing.simulate(model, 60, 300, seed=3)
    assert sum(seen.took) / len(seen.took) == pytest.approx(0.01 / (1 - 0.6), rel=0.12)
    assert seen.unfinished < 20


def test_more_than_can_be_answered_piles_up_and_another_server_takes_it_away(bench: Bench) -> None:
    queueing = bench("queueing")

    def left(count: int) -> int:
        servers = [queueing.Server("p", f"m{n}") for n in range(count)]
        cores = {f"m{n}": 1 for n in range(count)}
        model = queueing.Model(servers, cores, [queueing.Work("p", 0.01)])
        unfinished: int = queueing.simulate(model, 150, 30).unfinished
        return unfinished

    assert left(1) > 1000
    assert left(2) < 20


MS = {
    "nginx": 0.4, "gateway-1": 6.0, "gateway-2": 5.0, "rasa-1": 4.0, "rasa-2": 4.0, "actions-1": 3.0,
    "actions-2": 3.0, "postgres": 3.0, "redis-1": 0.4, "redis-2": 0.1, "sentinel-1": 0.1,
    "load generator": 6.0, "city-api": 0.5,
}  # fmt: skip
IDLE = {"gateway-1": 0.055}
"""At 55 messages a second a thousandth of a second for each."""
PER = {
    "postgres_commits": 6.0, "postgres_wal_bytes": 9000.0, "postgres_bytes": 4000.0, "redis_commands": 9.0,
    "postgres_sessions_more": 0.0,
}  # fmt: skip


def measured(bench: Bench) -> dict[str, Any]:
    """A run whose latencies are those of the simulation itself, and a pause of 15 ms."""
    capacity, queueing = bench("capacity"), bench("queueing")
    runs = []
    for servers in (1, 2):
        run: dict[str, Any] = {"rasa_servers": servers, "messages_per_s": 55.0, "ms_of_core": MS}
        run |= {"per_message": PER, "idle_cores": {**dict.fromkeys(MS, 0.0), **IDLE}, "points": []}
        for rate in (10.0, 25.0):
            seen = queueing.simulate(capacity.here(run, 0.015), rate, 200, seed=9)
            point = {"rate": rate, "p50_ms": 1000 * seen.within(0.5), "p95_ms": 1000 * seen.within(0.95)}
            worked = {name: ms + 1000 * IDLE.get(name, 0.0) * (1 / rate - 1 / 55) for name, ms in MS.items()}
            run["points"].append(point | {"p99_ms": 1.0, "ms_of_core": worked})
        runs.append(run)
    failovers = [{"what": "freeze rasa", "recovered_s": 4.5, "slowest_s": 5.6, "slow": 11}]
    counts = {"messages": 9000, "lost": 0, "duplicated": 0, "reordered": 0, "uncertain": 1}
    return {
        "throughput": {"1": 50.0, "2": 55.0},
        "measured": runs,
        "failovers": failovers,
        **counts,
        "normal_p95_ms": 90.0,
        "rate": 12.0,
        "about": {"at": "2026-01-01T00:00:00Z", "machine": "Testprozessor", "command": "python bench/x.py"},
    }


def test_the_document_says_what_was_measured_and_what_follows(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about, capacity, page = bench("about"), bench("capacity"), bench("capacity_page")
    monkeypatch.setattr(about, "RESULTS", tmp_path)
    monkeypatch.setattr(page, "_PAGE", tmp_path / "capacity.md")
    assert capacity.main() == 1
    assert "아직 재지 않았어요" in (tmp_path / "capacity.md").read_text("utf-8")
    about.write("cluster.json", measured(bench))
    assert capacity.main() == 0
    found = about.read("capacity.json")
    assert found["cost_ms"] == {
        "nginx": 0.4, "gateway": 10.0, "rasa": 8.0, "actions": 6.0, "postgres": 3.0, "redis": 0.5,
    }  # fmt: skip
    assert max(map(capacity.wrong, found["points"])) < 0.15
    speeds = [limit["messages_per_s"] for limit in found["limits"]]
    assert speeds == sorted(speeds)
    small, million, _, most = found["needs"]
    # 1,000,000 × 4 messages, 12 % of them in an hour whose busiest minute is twice the average
    assert million["peak_per_s"] == pytest.approx(4_000_000 * 0.12 / 3600 * 2)
    assert million["processes"]["gateway"] == math.ceil(million["peak_per_s"] * 0.01 / 0.545)
    assert small["processes"]["nginx"] == 2
    assert small["p95_ms"] < 300
    assert most["p95_ms"] is None
    text = (tmp_path / "capacity.md").read_text("utf-8")
    for said in ("Testprozessor", "1,000,000명", "freeze rasa", "4.5초", "267통", "나눠야 해요"):
        assert said in text
