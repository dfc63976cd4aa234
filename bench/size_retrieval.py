"""Time and memory of retrieval over so many answers, in a process that `bench_retrieval.py` starts.

    python bench/size_retrieval.py ANSWERS CACHE_FOLDER

Prints one line of JSON. The first run of a size prepares its answers, which may take minutes, and keeps them
in CACHE_FOLDER; the process that is measured reads them from there, as a restarted server does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from about import THESAURUS, memory_mb
from synthetic import synthesise
from threadpoolctl import threadpool_limits

from bot.encoder.encoder import load_encoder
from bot.retrieval.evaluation import read_answers, read_questions
from bot.retrieval.index import AnswerIndex
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import load_thesaurus

_EDITS = 5


def measure(number: int, folder: Path, *, prepare: bool) -> dict[str, float]:
    """Milliseconds and MB; with `prepare` only how long it took to get everything ready."""
    answers = synthesise(read_answers(), number)
    morphemes = RecentMorphemes(Morphemes())
    start = time.perf_counter()
    index = AnswerIndex(
        load_encoder("sotong", morphemes), morphemes, folder, thesaurus=load_thesaurus(THESAURUS)
    )
    index.load(answers)
    loaded = time.perf_counter() - start
    if prepare:
        return {"cold_load_s": round(loaded, 1)}
    spent, worked = [], []
    for question in read_questions():
        start, cpu = time.perf_counter(), time.process_time()
        index.search(question.text)
        spent.append((time.perf_counter() - start) * 1e3)
        worked.append((time.process_time() - cpu) * 1e3)
    rss = memory_mb()
    edits = []
    for place in range(_EDITS):
        text = f"{answers[place].answer} 새 문장 {place}이에요."
        answers[place] = answers[place].model_copy(update={"answer": text})
        start = time.perf_counter()
        index.load(answers)
        edits.append((time.perf_counter() - start) * 1e3)
    return {
        "answers": number,
        "p50_ms": round(float(np.percentile(spent, 50)), 2),
        "p95_ms": round(float(np.percentile(spent, 95)), 2),
        "p50_cpu_ms": round(float(np.percentile(worked, 50)), 2),
        "p95_cpu_ms": round(float(np.percentile(worked, 95)), 2),
        "rss_mb": rss,
        "one_edit_ms": round(float(np.median(edits)), 1),
        "warm_load_s": round(loaded, 1),
        "peak_mb": memory_mb("VmHWM"),
    }


def main() -> None:
    """Prepare in another process where nothing is prepared, then measure."""
    number, folder = int(sys.argv[1]), Path(sys.argv[2])
    prepare = "--prepare" in sys.argv
    extra = {}
    if not prepare:
        cold = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, __file__, str(number), str(folder), "--prepare"]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
        extra = json.loads(line) if cold else {}
    with threadpool_limits(1):
        print(json.dumps(measure(number, folder, prepare=prepare) | extra))


if __name__ == "__main__":
    main()
