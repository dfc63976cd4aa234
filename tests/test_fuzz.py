"""No parser fails on what it gets: the short form of `make fuzz`, and what made one fail before."""

from __future__ import annotations

import random

import pytest

from bench.fuzz_mutate import mutated
from bench.fuzz_targets import CORPUS, TARGETS

_FEW = {"xlsx": 6, "yaml": 25, "examples": 30, "csv": 60, "jsonl": 60, "fit": 60, "form": 60}
_DEAR = {"question"}
"""Takes seconds to be ready; `make fuzz` has it."""
_MANY = 150
"""Inputs of a parser; those that are slow get fewer."""
_PIECES = (b"", b"\x00", b"\xed\xa0\xbd", b"9" * 30, "۱²".encode(), "가ㅏ".encode(), b"'\"[{", b"\n- ")


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - _DEAR))
def test_no_parser_fails(name: str) -> None:
    target, rng = TARGETS[name], random.Random(name)
    one, seeds = target.make(), list(target.seeds())
    for data in (*seeds[:_MANY], *target.regressions(name)):
        one(data)
    for _ in range(_FEW.get(name, _MANY)):
        seed = rng.choice(seeds)
        changed = mutated(seed, rng) if target.json and rng.random() < 0.7 else None
        one(changed or _bytes_changed(seed, rng))


def test_every_input_kept_belongs_to_a_parser() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)


def _bytes_changed(seed: bytes, rng: random.Random) -> bytes:
    data = bytearray(seed[:2048])
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        data[at : at + rng.randint(0, 8)] = rng.choice((*_PIECES, bytes([rng.randrange(256)])))
    return bytes(data)
