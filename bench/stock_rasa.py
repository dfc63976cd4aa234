"""Stock Rasa 3.6.21, side by side: its default pipeline with DIET on the benchmarks' intent sets and FAQ.

    .venv-rasa/bin/python bench/stock_rasa.py [NAME ...]

Without names everything still missing is trained and asked, one process each, which takes hours: a run
that was stopped goes on where it stopped. Every set gets `bench/results/stock/<name>.json` (times, where
the predictions are) and `<name>.jsonl` (one prediction a line, the ten best intents or answers). To do a set
again, delete its files. Runs in Rasa's environment; single-threaded, so that times compare.
"""

from __future__ import annotations

import os

os.environ.update(
    {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
)

import asyncio
import csv
import json
import logging
import platform
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from intent_sets import ROOT, SHARED, IntentSet, names, nlu_yaml, read

RESULTS = Path(__file__).resolve().parent / "results" / "stock"
FAQ = "faq"
PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True, "random_seed": 7},
    {"name": "EntitySynonymMapper"},
]
SELECTOR: dict[str, Any] = {
    "name": "ResponseSelector",
    "epochs": 100,
    "constrain_similarities": True,
    "random_seed": 7,
}
FALLBACK: dict[str, Any] = {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1}
"""`rasa init` of 3.6.21 writes these; only the seeds are ours."""


def order() -> list[str]:
    """Everything to do; the FAQ early, because retrieval's table needs it."""
    first, second, *rest = names()
    return [first, FAQ, second, *rest]


def write_set(content: IntentSet, folder: Path) -> None:
    """Config, domain and training file of an intent set."""
    intents = sorted({intent for _, intent in content.train})
    write(folder / "config.yml", {"recipe": "default.v1", "language": "en", "pipeline": PIPELINE})
    write(folder / "domain.yml", {"version": "3.1", "intents": intents})
    (folder / "nlu").mkdir(exist_ok=True)
    (folder / "nlu" / "set.yml").write_text(nlu_yaml(list(content.train)), encoding="utf-8")


def write_faq(folder: Path) -> None:
    """The FAQ as retrieval intents `faq/<number>`, its title the only example, beside our own intents."""
    import yaml

    examples: list[tuple[str, str]] = []
    responses = {}
    with (SHARED / "data" / "seoul120" / "seoul-120-text.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            title = " ".join(row["제목"].split()).replace("[", "(").replace("]", ")")
            examples.append((title, f"{FAQ}/{row['번호']}"))
            text = " ".join(row["내용"].split()) or title
            responses[f"utter_{FAQ}/{row['번호']}"] = [{"text": text}]
    intents = {FAQ}
    (folder / "nlu").mkdir(exist_ok=True)
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        (folder / "nlu" / path.name).write_text(text, encoding="utf-8")
        intents |= {entry["intent"] for entry in yaml.safe_load(text)["nlu"] if "intent" in entry}
    (folder / "nlu" / "zz_faq.yml").write_text(nlu_yaml(examples), encoding="utf-8")
    domain = {"version": "3.1", "intents": sorted(intents), "responses": responses}
    write(folder / "domain.yml", domain)
    pipeline = [*PIPELINE, SELECTOR, FALLBACK]
    write(folder / "config.yml", {"recipe": "default.v1", "language": "ko", "pipeline": pipeline})


def write(path: Path, value: object) -> None:
    """A file of JSON, which Rasa reads as YAML."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def spent() -> float:
    """CPU seconds of this process until now, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def questions(name: str) -> list[tuple[str, str]]:
    """(id, text) of everything a set is asked."""
    if name == FAQ:
        lines = (SHARED / "eval" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
        return [(row["id"], row["query"]) for row in map(json.loads, filter(None, lines))]
    content = read(name)
    asked = [(f"test-{place}", text) for place, (text, _) in enumerate(content.test)]
    return asked + [(f"strange-{place}", text) for place, text in enumerate(content.strange)]


def train(name: str, folder: Path) -> dict[str, Any]:
    """Train into `folder/model.tar.gz`; wall and CPU seconds of the training alone, without the imports."""
    from rasa.model_training import train_nlu

    if name == FAQ:
        write_faq(folder)
    else:
        write_set(read(name), folder)
    wall, cpu = time.perf_counter(), spent()
    path = train_nlu(
        str(folder / "config.yml"),
        str(folder / "nlu"),
        str(folder),
        fixed_model_name="model",
        domain=str(folder / "domain.yml"),
    )
    if path is None:
        raise SystemExit(f"{name}: Rasa trained nothing; its reason stands above")
    times = {"train_s": round(time.perf_counter() - wall, 1), "train_cpu_s": round(spent() - cpu, 1)}
    write(folder / "train.json", times)
    return times


def ask(name: str, folder: Path) -> tuple[Path, int]:
    """Parse whatever has no line yet; where the lines are and the RSS in MB."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(folder / "model.tar.gz"))
    out = RESULTS / f"{name}.jsonl"
    done = set()
    if out.exists():
        kept = [line for line in out.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        done = {json.loads(line)["id"] for line in kept}
        out.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    async def run() -> None:
        await agent.parse_message("처음 한 번은 느려요")
        with out.open("a", encoding="utf-8") as file:
            for key, text in questions(name):
                if key in done:
                    continue
                wall, cpu = time.perf_counter(), spent()
                found = await agent.parse_message(text)
                row: dict[str, Any] = {
                    "id": key,
                    "ms": round((time.perf_counter() - wall) * 1e3, 3),
                    "cpu_ms": round((spent() - cpu) * 1e3, 3),
                    "intent": found["intent"]["name"],
                    "ranking": [[i["name"], i["confidence"]] for i in found.get("intent_ranking", [])[:10]],
                }
                if name == FAQ:
                    best = found["response_selector"]["default"]["ranking"][:10]
                    row["answers"] = [
                        [r["intent_response_key"].partition("/")[2], r["confidence"]] for r in best
                    ]
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()

    asyncio.run(run())
    return out, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def do(name: str) -> None:
    """Train and ask one set in this process."""
    import rasa
    from rasa.utils.log_utils import configure_structlog

    warnings.simplefilter("ignore")
    configure_structlog(logging.WARNING)
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    trained = folder / "train.json"
    times = json.loads(trained.read_text(encoding="utf-8")) if trained.exists() else train(name, folder)
    out, rss = ask(name, folder)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    result = {
        "name": name,
        "rasa": rasa.__version__,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        **times,
        "parse_ms": middle([row["ms"] for row in rows]),
        "parse_cpu_ms": middle([row["cpu_ms"] for row in rows]),
        "rss_mb": rss,
        "asked": len(rows),
    }
    write(RESULTS / f"{name}.json", result)
    (folder / "model.tar.gz").unlink()


def middle(values: list[float]) -> float:
    """The median."""
    return round(sorted(values)[len(values) // 2], 3)


def main() -> int:
    """Do what is missing, one process a set; 1 if one failed."""
    wanted = sys.argv[1:]
    if wanted[:1] == ["--here"]:
        do(wanted[1])
        return 0
    if not SHARED.is_dir():
        print(f"Nothing measured: {SHARED} is absent, the public data this benchmark needs.")
        return 0
    failed = 0
    for name in wanted or order():
        if (RESULTS / f"{name}.json").exists():
            print(f"{name}: done before", flush=True)
            continue
        print(f"{name}: begins", flush=True)
        begin = time.perf_counter()
        code = subprocess.run([sys.executable, __file__, "--here", name], check=False).returncode
        print(
            f"{name}: {'done' if code == 0 else 'failed'} in {time.perf_counter() - begin:.0f} s", flush=True
        )
        failed += code != 0
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
