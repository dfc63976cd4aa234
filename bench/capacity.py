"""What it takes to serve so many citizens a day, computed from what `bench/cluster.py` measured.

    python bench/capacity.py

Reads `bench/results/cluster.json`, checks a simulation of the queues (`queueing.py`) against the measured
latencies, and writes `bench/results/capacity.json` and `docs/capacity.md`. Ends with status 1 when nothing
was measured or the simulation is wrong by more than it says.
"""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass
from typing import Any

from about import about, read, write
from capacity_page import write_page
from queueing import Model, Server, Work, simulate

TOLERANCE = 0.35
"""Part by which a simulated percentile may miss a measured one."""
_CORES_HERE = 2
_BACKENDS = 4
"""Sessions of PostgreSQL that are at work for one message or another at the same time."""
_SECONDS = 300.0
"""Of a simulated load."""
_MESSAGES = 10_000
"""That are simulated in a busiest minute."""
_LEAST = 1e-6
"""Seconds of a core that a message costs a process at least; what works seldom is lost in its idle work."""
_MOST_LATER, _LATER_STEP = 0.6, 0.05
"""Part of the gateway's and PostgreSQL's work that may follow an answer, and how finely it is looked for."""
_LOAD = "load generator"
_DAY_KINDS = ("nginx", "gateway", "rasa", "actions", "postgres", "redis")
"""What an installation consists of; the demo city and the load generator are ours alone."""


@dataclass(frozen=True)
class Assumed:
    """What was not measured: how citizens behave and what machines cost."""

    messages: float = 4.0
    """Of a citizen on a day on which they write."""
    busiest_hour: float = 0.12
    """Part of the day's messages."""
    burst: float = 2.0
    """The busiest minute by the average of that hour."""
    fill: float = 0.6
    """Part of the cores in use in that minute."""
    nodes: int = 2
    """Of every kind at least, so that one may fail."""
    won_per_core: int = 45_000
    """A month, with 4 GB of memory."""
    won_per_gb: int = 200
    """A month, on a fast disk, kept twice."""
    days: int = 30
    """That messages are kept."""
    largest_server: int = 64
    """Cores of the largest server for a database that is easy to have."""
    wal_per_s: float = 400e6
    """Bytes a second that such a server's disk takes besides everything else."""
    sessions: int = 500
    """Of PostgreSQL before it needs a pooler before it."""
    pool: int = 15
    """Sessions of one gateway or action server at most."""


@dataclass(frozen=True)
class Need:
    """For so many citizens a day."""

    citizens: int
    peak_per_s: float
    processes: dict[str, int]
    cores: int
    storage_gb: float
    won_a_month: int
    p95_ms: float | None
    """As simulated in the busiest minute; None where it cannot be served by one installation."""


@dataclass(frozen=True)
class Limit:
    """Where one installation ends."""

    what: str
    messages_per_s: float
    remedy: str


def _kind(process: str) -> str:
    kind, _, number = process.rpartition("-")
    return kind if number.isdigit() else process


def by_kind(measured: dict[str, Any]) -> dict[str, float]:
    """Seconds of a core for a message, by kind of process, beside what it works when nobody writes."""
    found: dict[str, float] = {}
    for name, ms in measured["ms_of_core"].items():
        idle = measured["idle_cores"].get(name, 0.0) / measured["messages_per_s"]
        found[_kind(name)] = found.get(_kind(name), 0.0) + max(_LEAST, ms / 1000 - idle)
    return found


def at(measured: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """As if only this point had been measured: at a slow pace fewer messages share a commit."""
    return {**measured, "ms_of_core": point["ms_of_core"], "messages_per_s": point["rate"]}


def idle_by_kind(measured: dict[str, Any]) -> dict[str, float]:
    """Part of a core that a process of each kind works when nobody writes."""
    found: dict[str, float] = {}
    for name, part in measured["idle_cores"].items():
        found[_kind(name)] = max(found.get(_kind(name), 0.0), part)
    return found


def way(cost: dict[str, float], *, here: bool, later: float = 0.0) -> tuple[list[Work], int]:
    """A message's steps, and the one after which it is answered.

    `here` the messenger's stand-in and the demo city work on the same machine. `later` is the part of the
    gateway's and PostgreSQL's work that follows the answer: what became of its delivery, and the console.
    """
    half = {kind: seconds / 2 for kind, seconds in cost.items()}
    both = {kind: (1 - later) * half[kind] for kind in ("gateway", "postgres")}
    before = [("nginx", half["nginx"]), ("gateway", both["gateway"]), ("postgres", both["postgres"])]
    inside = [("rasa", half["rasa"]), ("redis", cost["redis"]), ("actions", cost["actions"])]
    after = [("rasa", half["rasa"]), ("postgres", both["postgres"]), ("gateway", both["gateway"])]
    steps = [*before, *inside, *after, ("nginx", half["nginx"])]
    if here:
        steps = [(_LOAD, half[_LOAD]), *steps, (_LOAD, half[_LOAD])]
    rest = [(kind, later * cost[kind]) for kind in ("gateway", "postgres") if later]
    return [Work(kind, seconds) for kind, seconds in (*steps, *rest)], len(steps) - 1


def here(measured: dict[str, Any], pause: float = 0.0, later: float = 0.0) -> Model:
    """The machine on which it was measured."""
    counts = {"nginx": 1, "gateway": 2, "postgres": _BACKENDS, "redis": 1, "actions": 2, _LOAD: 1}
    counts["rasa"] = measured["rasa_servers"]
    servers = [Server(kind, "here") for kind, count in counts.items() for _ in range(count)]
    steps, answered = way(by_kind(measured), here=True, later=later)
    return Model(servers, {"here": _CORES_HERE}, steps, pause=pause, answered=answered)


def fitted(measured: dict[str, Any], point: dict[str, Any]) -> tuple[float, float]:
    """What cannot be measured, from the median of one point: the pause, or else the part that comes later."""
    alone, wanted = at(measured, point), point["p50_ms"] / 1000
    for step in range(round(_MOST_LATER / _LATER_STEP) + 1):
        later = step * _LATER_STEP
        seen = simulate(here(alone, later=later), point["rate"], _SECONDS).within(0.5)
        if seen <= wanted:
            return (wanted - seen if step == 0 else 0.0), later
    return 0.0, _MOST_LATER


def checked(measured: dict[str, Any]) -> list[dict[str, float]]:
    """Measured and simulated latencies side by side; only the lowest rate's median is fitted."""
    points = sorted(measured["points"], key=lambda point: point["rate"])
    pause, later = fitted(measured, points[0])
    found = []
    for point in points:
        seen = simulate(here(at(measured, point), pause, later), point["rate"], _SECONDS)
        simulated = {f"simulated_{name}_ms": round(1000 * seen.within(part), 1)
                     for name, part in (("p50", 0.5), ("p95", 0.95))}  # fmt: skip
        found.append({"rasa_servers": measured["rasa_servers"], **point, **simulated})
    return found


def need(
    cost: dict[str, float], idle: dict[str, float], per: dict[str, float], citizens: int, assumed: Assumed
) -> Need:
    """What serves so many citizens, if one installation can."""
    a_day = citizens * assumed.messages
    peak = a_day * assumed.busiest_hour / 3600 * assumed.burst
    processes = {
        kind: max(assumed.nodes, math.ceil(peak * cost[kind] / (assumed.fill - idle.get(kind, 0.0))))
        for kind in ("nginx", "gateway", "rasa", "actions")
    }
    single = {kind: math.ceil(peak * cost[kind] / assumed.fill) for kind in ("postgres", "redis")}
    cores = sum(processes.values()) + assumed.nodes * sum(single.values())  # and what stands by for them
    storage = a_day * assumed.days * per["postgres_bytes"] / 1e9
    carried = all(limit.messages_per_s >= peak for limit in limits(cost, per, assumed))
    p95 = _simulated(cost, {**processes, **single}, peak) if carried else None
    won = cores * assumed.won_per_core + storage * assumed.won_per_gb
    return Need(citizens, peak, {**processes, **single}, cores, storage, round(won), p95)


def _simulated(cost: dict[str, float], processes: dict[str, int], peak: float) -> float:
    servers = [Server(kind, f"{kind}-{n}") for kind, count in processes.items() for n in range(count)]
    steps, _ = way(cost, here=False)
    model = Model(servers, {server.machine: 1 for server in servers}, steps)
    return round(1000 * simulate(model, peak, min(120.0, _MESSAGES / peak)).within(0.95), 1)


def limits(cost: dict[str, float], per: dict[str, float], assumed: Assumed) -> list[Limit]:
    """What there is only one of in an installation, the first to break first."""
    speakers = {kind: cost[kind] / assumed.fill for kind in ("gateway", "actions")}
    found = [
        Limit(
            "Redis 주 서버: 코어 하나로 일해요",
            assumed.fill / cost["redis"],
            "Redis Cluster로 대화를 나눠요. 잃어도 되는 것만 있어 옮기기 쉬워요",
        ),
        Limit(
            f"PostgreSQL 주 서버: 코어 {assumed.largest_server}개",
            assumed.fill * assumed.largest_server / cost["postgres"],
            "기관이나 지역마다 설치를 나눠요. 대화끼리는 서로 모르니 나눠도 잃는 것이 없어요",
        ),
        Limit(
            f"PostgreSQL의 기록(WAL): 초당 {assumed.wal_per_s / 1e6:.0f} MB",
            assumed.wal_per_s / max(1.0, per["postgres_wal_bytes"]),
            "기관이나 지역마다 설치를 나눠요",
        ),
        Limit(
            f"PostgreSQL의 연결 {assumed.sessions}개 (프로세스마다 많으면 {assumed.pool}개)",
            assumed.sessions / assumed.pool / sum(speakers.values()),
            "PgBouncer(세션 풀링)를 앞에 둬요",
        ),
    ]
    return sorted(found, key=lambda limit: limit.messages_per_s)


def main() -> int:
    """The command."""
    result = read("cluster.json")
    if not result or not result.get("measured"):
        print("bench/results/cluster.json is absent: run make cluster-test first")
        write_page(None, asdict(Assumed()))
        return 1
    measured = {one["rasa_servers"]: one for one in result["measured"]}
    whole = measured[max(measured)]
    cost = {kind: seconds for kind, seconds in by_kind(whole).items() if kind in _DAY_KINDS}
    assumed = Assumed()
    points = [point for servers in sorted(measured) for point in checked(measured[servers])]
    found = {
        "cost_ms": {kind: round(1000 * seconds, 3) for kind, seconds in cost.items()},
        "idle_cores": {kind: idle_by_kind(whole)[kind] for kind in cost},
        "per_message": whole["per_message"],
        "points": points,
        "needs": [
            asdict(need(cost, idle_by_kind(whole), whole["per_message"], citizens, assumed))
            for citizens in (100_000, 1_000_000, 10_000_000, 100_000_000)
        ],
        "limits": [asdict(limit) for limit in limits(cost, whole["per_message"], assumed)],
        "assumed": asdict(assumed),
        "about": {**about(), "measured": result["about"]},
    }
    write("capacity.json", found)
    write_page((found, result), found["assumed"])
    return 0 if all(wrong(point) <= TOLERANCE for point in points) else 1


def wrong(point: dict[str, float]) -> float:
    """By how great a part the simulation misses a measured point, at the worse of the two percentiles."""
    return max(
        abs(point[f"simulated_{name}_ms"] - point[f"{name}_ms"]) / point[f"{name}_ms"]
        for name in ("p50", "p95")
    )


if __name__ == "__main__":
    sys.exit(main())
