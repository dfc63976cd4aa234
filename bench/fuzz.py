"""Every parser gets inputs made to break it, ten million in total: none may fail.

    python bench/fuzz.py [--inputs 10000000] [--processes 2] [--only masking yaml] [--seed 1]

Each parser (`bench/fuzz_targets.py`) runs in a process of its own under Atheris. Writes
`bench/results/fuzz.json` {inputs, crashes, …}; ends with status 1 when there was a crash, and keeps its input
under `bench/results/fuzz/`: put it into `tests/fuzz/<target>/`, see `tests/test_fuzz.py` fail, and mend it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from about import RESULTS, ROOT, about, write
from rich.console import Console

from bench.fuzz_targets import TARGETS

_DONE = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_CRASHES = RESULTS / "fuzz"
_WITHIN = 3600.0
"""Seconds that a parser has for all its inputs."""


@dataclass(frozen=True)
class Run:
    """What became of one parser."""

    target: str
    inputs: int
    crashes: tuple[str, ...]
    """Names of the files that made it fail or hang."""
    seconds: float
    said: str
    """The end of what the process said, when it failed."""


def fuzz(target: str, inputs: int, seed: int) -> Run:
    """Give a parser so many inputs, or fewer if one makes it fail."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"sotong-fuzz-{target}-") as name:
        folder = Path(name)
        done = subprocess.run(
            [
                *(sys.executable, str(ROOT / "bench" / "fuzz_one.py"), target, "--inputs", str(inputs)),
                *("--folder", str(folder), "--seed", str(seed)),
            ],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_WITHIN,
            check=False,
        )
        said = done.stdout.decode(errors="replace")
        found = [path for kind in ("crash", "timeout", "oom", "leak") for path in folder.glob(f"{kind}-*")]
        for path in found:
            (_CRASHES / target).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, _CRASHES / target / path.name)
    counted = _DONE.search(said)
    names = tuple(path.name for path in found) or (("no file",) if done.returncode or not counted else ())
    seconds = round(time.monotonic() - began, 1)
    return Run(target, int(counted[1]) if counted else 0, names, seconds, said[-4000:] if names else "")


def main() -> int:
    """The command; 1 when a parser failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000_000, help="of all parsers together")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=sorted(TARGETS), default=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    shutil.rmtree(_CRASHES, ignore_errors=True)
    shares = {name: TARGETS[name].inputs for name in asked.only}
    whole, began, console = sum(shares.values()), time.monotonic(), Console(soft_wrap=True)
    order = [name for name in TARGETS if name in shares]  # those that take longest first

    def one(name: str) -> Run:
        run = fuzz(name, -(-asked.inputs * shares[name] // whole), asked.seed)
        sign = "[red]✗[/]" if run.crashes else "[green]✓[/]"
        console.print(f"{sign} {name}: {run.inputs:,} · {run.seconds:.0f} s", highlight=False)
        if run.crashes:
            console.print(run.said, markup=False, highlight=False)
        return run

    with ThreadPoolExecutor(asked.processes) as pool:
        runs = list(pool.map(one, order))
    inputs, crashes = sum(run.inputs for run in runs), sum(len(run.crashes) for run in runs)
    seconds = round(time.monotonic() - began, 1)
    told = {"inputs": inputs, "crashes": crashes, "seconds": seconds, "seed": asked.seed}
    kept = [{name: value for name, value in asdict(run).items() if name != "said"} for run in runs]
    write("fuzz.json", {**told, "targets": kept, "about": about()})
    console.print(f"{inputs:,} inputs, {crashes} crashes, {seconds:.0f} s")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
