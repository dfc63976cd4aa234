"""`bench/`: the sets it reads, the answers it makes up, and the report, from small results."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from bot.content.models import Answer, Source
from bot.evaluation.intents import Guess
from bot.settings import ROOT
from bot.text.morphemes import Morphemes


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of `bench/` as its scripts see each other."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(ROOT / "bench")):
            del sys.modules[name]


def public(shared: Path) -> Path:
    """A tiny folder in the form of the public data."""
    data = shared / "data"
    (data / "banking77").mkdir(parents=True)
    rows = [f'"card number {n}, please",card' for n in range(30)] + [f"rate {n},rate" for n in range(30)]
    (data / "banking77" / "train.csv").write_text("text,category\n" + "\n".join(rows), encoding="utf-8")
    fold = data / "hwu64" / "KFold_1"
    fold.mkdir(parents=True)
    text = "## intent:alarm\n- wake me [at ten](time)\n\n## regex:key\n- wake\n## intent:music\n- play\n"
    (fold / "train.md").write_text(text, encoding="utf-8")
    (fold / "test.md").write_text("## intent:alarm\n- alarm [at nine](time) ok\n", encoding="utf-8")
    (data / "clinc150").mkdir()
    sets = {
        "train": [["hi", "a"]],
        "val": [["ho", "a"]],
        "oos_val": [["x", "oos"]],
        "oos_train": [["y", "oos"]],
    }
    (data / "clinc150" / "data_full_train_val.json").write_text(json.dumps(sets), encoding="utf-8")
    return shared


def test_intent_sets_are_split_alike_for_everybody(bench: Any, tmp_path: Path) -> None:
    sets = bench("intent_sets")
    shared = public(tmp_path)
    full, few = sets.read("banking77-full", shared), sets.read("banking77-10shot", shared)
    assert full == sets.read("banking77-full", shared)
    assert (len(full.train), len(full.test), len(few.train)) == (48, 12, 20)
    assert few.test == full.test
    assert not set(full.train) & set(full.test)
    assert set(few.train) <= set(full.train)
    hwu = sets.read("hwu64-1", shared)
    assert hwu.train == (("wake me [at ten](time)", "alarm"), ("play", "music"))
    assert hwu.test == (("alarm at nine ok", "alarm"),)
    clinc = sets.read("clinc150", shared)
    assert (clinc.train, clinc.test, clinc.strange) == ((("hi", "a"),), (("ho", "a"),), ("x", "y"))
    with pytest.raises(ValueError, match="no intent set"):
        sets.read("other", shared)


def test_our_own_examples_are_a_set_and_the_training_file_says_the_same(bench: Any) -> None:
    sets = bench("intent_sets")
    own = sets.read("sotong-ko")
    assert len(own.train) > 3 * len(own.test) > 300
    assert not any("](" in text or "]{" in text for text, _ in own.test)
    written = yaml.safe_load(sets.nlu_yaml(own.train))["nlu"]
    lines = [(line[2:], row["intent"]) for row in written for line in row["examples"].splitlines()]
    assert sorted(lines) == sorted(own.train)


def answers() -> list[Answer]:
    texts = {"a": ("여권 발급 수수료", "오만 원을 내요"), "b": ("소파 버리는 방법", "대형폐기물 신고를 해요")}
    source = Source(title="법")
    return [Answer(id=key, questions=(q,), answer=text, source=source) for key, (q, text) in texts.items()]


def test_made_up_answers_are_many_different_and_always_the_same(bench: Any) -> None:
    synthesise = bench("synthetic").synthesise
    made = synthesise(answers(), 40)
    assert [answer.id for answer in made[:2]] == ["a", "b"]
    assert len({answer.questions for answer in made}) == len({answer.id for answer in made}) == 40
    assert made == synthesise(answers(), 40)
    assert synthesise(answers(), 1) == answers()[:1]


def test_baselines_find_what_shares_words(bench: Any) -> None:
    baselines = bench("baselines")
    for rank in (baselines.bm25(answers(), Morphemes()), baselines.tfidf(answers())):
        assert rank("소파 버려요")[0][0] == "b"
        assert rank("여권 수수료 얼마")[0][0] == "a"
        assert rank("!!!") == []


def test_strange_sentences_are_scored_by_scope_where_there_is_one(bench: Any) -> None:
    scored = bench("stock_results").scored
    known = [Guess("a", "x", (("x", 0.9),), unsure=False), Guess("b", "x", (("y", 0.8),), unsure=False)]
    by_confidence = scored([*known, Guess("c", "", (("x", 0.85),), unsure=False)])
    assert by_confidence["accuracy"] == 0.5
    assert by_confidence["ece"] == pytest.approx((abs(0.9 - 1) + 0.8) / 2)
    assert by_confidence["oos_auroc"] == 0.5
    apart = [Guess(g.text, g.intent, g.ranking, unsure=False, scope=0.9) for g in known]
    strange = Guess("c", "", (("x", 0.85),), unsure=False, scope=0.2)
    assert scored([*apart, strange])["oos_auroc"] == 1.0


RATES = {"n": 10, "R@1": 0.8, "R@3": 0.9, "R@10": 1.0, "helped": 0.7, "misled": 0.05}
ALL = dict.fromkeys(("plain", "colloquial", "noisy", "in-scope"), RATES) | {
    "oos": {"n": 5, "refused": 0.96},
    "oos_near": {"n": 5, "refused": 0.6},
}
RANKED = {
    style: {k: v / 2 for k, v in RATES.items() if k.startswith("R@")} for style in ALL if "oos" not in style
}
SIDE = {
    "accuracy": 0.912, "ece": 0.031, "train_s": 3.0, "train_cpu_s": 2.5, "parse_ms": 4.2, "parse_cpu_ms": 3.9,
    "rss_mb": 500, "calibration": [[5, 0.4, 0.5], [20, 0.9, 0.95]],
}  # fmt: skip
ABOUT = {"at": "2026-01-01T00:00:00Z", "machine": "Testprozessor, 2 cores", "command": "python bench/x.py"}
RESULTS: dict[str, Any] = {
    "retrieval_quality.json": {
        "about": ABOUT,
        "answers": 2645,
        "questions": 780,
        "rates": {"Sotong": ALL, "Sotong without encoder": ALL, "BM25, morphemes": RANKED},
        "noise": {"as written": {"R@1": 0.8, "lost": 0.0}, "no spaces": {"R@1": 0.7, "lost": 0.1}},
    },
    "retrieval.json": [
        {"answers": 100000, "p50_ms": 9.0, "p95_ms": 31.7, "rss_mb": 812.0, "one_edit_ms": 77.0},
    ],
    "intents.json": {
        "clinc150": {"ours": SIDE | {"oos_auroc": 0.971}, "stock_rasa": SIDE | {"oos_auroc": 0.9}},
        "hwu64-2": {"ours": SIDE},
        "hwu64": {"ours": {key: value for key, value in SIDE.items() if key != "calibration"}},
    },
    "intents_about.json": ABOUT,
    "turns.json": {"turn_1_ratio": 2.9, "turn_50_ratio": 5.1, "growth_10000": 1.04, "train_warm_s": None},
    "turns_detail.json": ABOUT
    | {
        "latency_ms": {"ours": [[1, 7.1], [10000, 7.4]], "stock": [[1, 20.0], [200, 183.0]]},
        "throughput": {"ours": {"1": 90.0, "8": 151.0}, "stock": {"8": 44.0}},
        "notes": ["규칙을 고르는 데 4 ms가 들어요."],
    },
    "load.json": {"messages_per_s": 118.2, "p50_ms": 61.0, "p95_ms": 152.0, "rss_mb": 2100.0},
    "load_detail.json": ABOUT
    | {
        "rate": 50,
        "ours": {
            "soak_messages": 30000,
            "unanswered": 0,
            "mb_in_half_an_hour": 3.2,
            "ms_of_cores": {"rasa": 5.4, "load generator": 1.25},
        },
    },
}


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.addresses: list[str] = []
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]
        self.alts += [value or "" for name, value in attrs if name == "alt"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_shows_every_figure_and_loads_nothing(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = bench("about")
    monkeypatch.setattr(about, "RESULTS", tmp_path / "results")
    report = bench("report")
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(report, "_DOCUMENT", tmp_path / "docs" / "benchmarks.md")
    assert report.main() == 1  # nothing measured yet
    for name, value in RESULTS.items():
        about.write(name, value)
    assert report.main() == 0
    page = Words()
    page.feed((tmp_path / "results" / "report.html").read_text(encoding="utf-8"))
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert len(page.alts) == 4
    assert all(page.alts)
    document = (tmp_path / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for text in (page.text, document):
        for figure in (
            "96.0%",
            "31.7 ms",
            "812 MB",
            "91.2%",
            "0.971",
            "2.90배",
            "5.10배",
            "1.04배",
            "4 ms가",
            "118통",
            "2,100 MB",
            "30,000통",
            "5.4 ms",
        ):
            assert figure in text
        assert (
            text.count("아직이에요") == 9
        )  # styles' R@1 and R@3, helped, near, lost, 100,000 answers, turn 50, memory under load
        assert "Testprozessor" in text
        assert "저장에서 새 모델의 답까지" not in text  # not measured
    pictures = sorted((tmp_path / "docs" / "images").glob("bench-*.svg"))
    assert len(pictures) == 4
    assert all(f"images/{picture.name}" in document for picture in pictures)


@pytest.mark.parametrize("name", ["bench_retrieval", "bench_intents", "bench_import", "stock_results"])
def test_without_the_public_data_a_benchmark_says_so(
    name: str, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = bench(name)
    monkeypatch.setattr(module, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(sys, "argv", [name])
    assert not module.main()
    assert "is absent" in capsys.readouterr().out


class Echo:
    """A way to a bot that answers after a while, one message in ten not at all."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def newcomer(self) -> str:
        return f"citizen-{len(self.heard)}"

    async def ask(self, citizen: str, _: str) -> bool:
        self.heard.append(citizen)
        await asyncio.sleep(0.01)
        return len(self.heard) % 10 != 0


async def test_load_is_as_much_as_was_asked_for_and_nobody_writes_twice_at_once(bench: Any) -> None:
    way = Echo()
    citizens = bench("load_citizens").Citizens(way, ["여권"])
    steady = await citizens.at_rate(100, 0.5)
    assert steady.messages == 50
    assert 1 <= steady.unanswered <= 20  # counted while others are on their way
    assert steady.within(0.5) >= 10
    assert steady.within(1.0) == 15_000  # an unanswered one is never a quick one
    most = await citizens.at_once(5, 0.3)
    assert 0 < most.rate <= 5 / 0.01
    assert max(Counter(way.heard).values()) <= 5


def test_growth_is_the_slope_of_memory_and_noise_has_none(bench: Any) -> None:
    slope = bench("load_processes").slope
    assert slope([(0, 100), (10, 120), (20, 140)]) == pytest.approx(2)
    assert slope([(0, 100), (10, 110), (20, 110), (30, 100)]) == pytest.approx(0)
    assert not slope([(1, 100)])


def test_processes_are_seen_at_work(bench: Any) -> None:
    processes = bench("load_processes").Processes({"me": lambda: [os.getpid()], "gone": lambda: [2**22 + 1]})
    processes.begin()
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    used = processes.milliseconds(10)
    assert 15 <= used["me"] <= 60
    assert used["load generator"] == pytest.approx(used["me"], abs=2)  # a tick between the two looks
    assert not used["gone"]
    assert processes.megabytes()["me"] > 10
