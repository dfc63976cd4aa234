"""Fuzzes one parser in a process of its own: `python bench/fuzz_one.py masking --inputs 100000 --folder out`.

Atheris (libFuzzer) sees which lines of our code an input reaches and goes on from those that reach new ones.
Ends with 0, or with another status and the input in `folder` when the parser failed.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
with atheris.instrument_imports(include=["bot", "connectors"]):
    from bench.fuzz_mutate import mutated
    from bench.fuzz_targets import TARGETS

_LONGEST = 2048
"""Bytes of an input: the longest message of a citizen is 1000 characters, and longer ones are only slower."""
_SECONDS = 20
"""An input that takes longer hangs."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    target = TARGETS[options.target]
    corpus = options.folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((*target.seeds(), *target.regressions(options.target))):
        (corpus / f"seed-{number}").write_bytes(seed[:_LONGEST])
    arguments = [
        sys.argv[0], str(corpus), f"-runs={options.inputs}", f"-seed={options.seed}", f"-max_len={_LONGEST}",
        f"-timeout={_SECONDS}", "-rss_limit_mb=2048", f"-artifact_prefix={options.folder}/",
        "-print_final_stats=1", "-use_value_profile=0",
    ]  # fmt: skip
    change: dict[str, Any] = {"custom_mutator": _mutator} if target.json else {}
    atheris.Setup(arguments, target.make(), **change)
    atheris.Fuzz()


def _mutator(data: bytes, longest: int, seed: int) -> bytes:
    """Half of the time a change that keeps JSON, else one of libFuzzer's."""
    rng = random.Random(seed)
    if rng.random() < 0.5 and (changed := mutated(data, rng)):
        return changed[:longest]
    return bytes(atheris.Mutate(data, longest))


if __name__ == "__main__":
    main()
