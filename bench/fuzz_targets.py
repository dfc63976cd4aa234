"""Every parser that strangers or staff feed, as a function of bytes that must not fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import fuzz_files, fuzz_texts, fuzz_wire

One = Callable[[bytes], None]
"""Reads one input; whatever it raises is a crash."""

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "fuzz"
"""Inputs that were crashes once, a folder for each target."""


@dataclass(frozen=True)
class Target:
    """A parser."""

    make: Callable[[], One]
    seeds: Callable[[], Iterable[bytes]]
    """Good inputs to begin with."""
    inputs: int
    """In a whole run of `make fuzz`: as many as it reads in its share of the time."""
    json: bool = False
    """Half of the changes keep it JSON."""

    def regressions(self, name: str) -> list[bytes]:
        """What was a crash once."""
        return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


TARGETS: dict[str, Target] = {
    "xlsx": Target(fuzz_files.xlsx, fuzz_files.sheets, 4_000),
    "yaml": Target(fuzz_files.document, fuzz_files.documents, 60_000),
    "normalise": Target(fuzz_texts.normalising, fuzz_texts.sentences, 200_000),
    "question": Target(fuzz_texts.question, fuzz_texts.sentences, 60_000),
    "hearing": Target(fuzz_texts.hearing, fuzz_texts.sentences, 60_000),
    "fit": Target(fuzz_texts.fitting, fuzz_texts.sentences, 100_000),
    "form": Target(fuzz_files.form, fuzz_files.forms, 60_000),
    "csv": Target(fuzz_files.csv, fuzz_files.tables, 80_000),
    "jsonl": Target(fuzz_files.jsonl, fuzz_files.lines, 100_000, json=True),
    "gov24": Target(fuzz_files.gov24, fuzz_files.gov24_bodies, 100_000, json=True),
    **{
        f"channel-{name}": Target(make, seeds, 180_000, json=True)
        for name, make, seeds in fuzz_wire.channels()
    },
    "values": Target(fuzz_texts.values, fuzz_texts.sentences, 400_000),
    "masking": Target(fuzz_texts.masking, fuzz_texts.sentences, 400_000),
    "examples": Target(fuzz_files.examples, fuzz_files.example_files, 100_000),
    "id-token": Target(fuzz_wire.id_token, fuzz_wire.tokens, 200_000),
    "slips": Target(fuzz_texts.slips, fuzz_texts.sentences, 600_000),
    "letter": Target(fuzz_wire.letter, fuzz_wire.letters, 800_000),
    "signature": Target(fuzz_wire.signature, lambda: [b"t=1,v1=ab\n{}"], 800_000),
    "cells": Target(fuzz_files.cells, fuzz_files.cell_texts, 800_000),
    "service-answer": Target(fuzz_files.service_answer, fuzz_files.service_answers, 600_000, json=True),
    "frame": Target(fuzz_wire.frame, fuzz_wire.frames, 1_000_000, json=True),
    "session": Target(fuzz_wire.session, lambda: [b"abc.def"], 1_500_000),
}
"""In the order in which they are begun: those that take longest first."""
