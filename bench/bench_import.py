"""How long importing and loading the two public FAQ files takes on one core.

    .venv/bin/python bench/bench_import.py

Writes `bench/results/import.json` beside what it prints. Needs the public data in `../shared`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bot.content.check import check
from bot.content.importer import import_answers, read_mapping
from bot.content.load import load_answers

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared" / "data" / "seoul120"
CASES = {
    "seoul-120-text.csv": "question=제목,answer=내용,topic=분류,id=번호",
    "ds120FAQ.xlsx": "question=title,answer=answer,topic=cat",
}
LIMIT = 15.0
"""Seconds an import may take."""


def measure(name: str, mapping: str, folder: Path) -> dict[str, object]:
    """Import one file, load and check what came out; times in seconds."""
    start = time.perf_counter()
    report = import_answers(SHARED / name, read_mapping(mapping), folder / "answers")
    imported = time.perf_counter()
    loaded = load_answers(folder / "answers")
    read = time.perf_counter()
    problems = check(HERE.parent / "data", folder / "answers")
    return {
        "file": name,
        "imported": report.imported,
        "refused": [list(refusal) for refusal in report.refused],
        "answers_loaded": len(loaded.answers),
        "import_s": round(imported - start, 2),
        "load_s": round(read - imported, 2),
        "check_s": round(time.perf_counter() - read, 2),
        "check_problems": len(problems),
    }


def main() -> int:
    """Measure every case; 1 when one is too slow."""
    if not SHARED.is_dir():
        print(f"Nothing measured: {SHARED} is absent.")
        return 0
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    results = []
    for name, mapping in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            results.append(measure(name, mapping, Path(folder)))
        print(json.dumps(results[-1], ensure_ascii=False))
    out = HERE / "results" / "import.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"limit_s": LIMIT, "cores": 1, "runs": results}, ensure_ascii=False, indent=2))
    return int(any(float(str(result["import_s"])) > LIMIT for result in results))


if __name__ == "__main__":
    sys.exit(main())
