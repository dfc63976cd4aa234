"""What the default encoder is trained from: texts that mean the same.

The public collections lie beside the repository (`../shared/data`) and are never copied into it; questions
that measure the bot (`../shared/eval`, `data/answers`) are no part of this.
"""

from __future__ import annotations

import csv
import itertools
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from openpyxl import load_workbook

from bot.text.normalise import normalise
from bot.text.thesaurus import Thesaurus

HELD_OUT = 10
"""Every so-manieth set of texts is kept for measuring."""
_LONGEST = 600
"""Characters of an answer that are read: its beginning says what it is about."""
_PAIRS_A_SET = 12
_COMMANDS = 10_000
_SEED = 7


class Pair(NamedTuple):
    """Two texts that mean the same; pairs of one `subject` (within a source) must not be told apart."""

    subject: int
    one: str
    other: str


@dataclass(frozen=True)
class Pairs:
    """Texts of the same meaning, by where they are from."""

    learned: dict[str, list[Pair]] = field(default_factory=dict)
    held_out: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, name: str, sets: Iterable[tuple[str, ...]], most: int = _PAIRS_A_SET) -> None:
        """Pairs of every set (at most `most` of one); a whole set is either learned or held out."""
        chance = random.Random(_SEED)
        for number, texts in enumerate(sets):
            different = list(dict.fromkeys(text for text in map(normalise, texts) if text))
            pairs = [Pair(number, one, other) for one, other in itertools.combinations(different, 2)]
            side = self.held_out if number % HELD_OUT == 0 else self.learned
            side.setdefault(name, []).extend(pairs if len(pairs) <= most else chance.sample(pairs, most))


def read_pairs(thesaurus: Thesaurus, folder: Path) -> Pairs:
    """Everything; FileNotFoundError where the public collections are not in `folder`."""
    pairs = Pairs()
    pairs.add("words", ((entry.official, *entry.everyday) for entry in thesaurus.entries), most=40)
    pairs.add("questions", thesaurus.questions, most=20)
    pairs.add("answers", call_centre(folder))
    pairs.add("services", services(folder))
    pairs.add("paraphrases", paraphrases(folder))
    pairs.add("commands", itertools.islice(commands(folder), _COMMANDS))
    return pairs


def opposites(thesaurus: Thesaurus) -> list[tuple[str, str, str]]:
    """(official, everyday, what looks alike and is something else) for the words told apart."""
    everyday = {entry.official: entry.everyday for entry in thesaurus.entries}
    return [
        (normalise(one), normalise(said), normalise(other))
        for words in thesaurus.apart
        for one, other in itertools.permutations(words, 2)
        for said in everyday.get(one, ())[:4]
    ]


def call_centre(folder: Path) -> Iterator[tuple[str, ...]]:
    """Title and beginning of the text of each FAQ of Seoul's 120 call centre, one edition after the other."""
    found: dict[str, dict[str, None]] = {}
    with (folder / "seoul120" / "seoul-120-text.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["제목"].strip(), {})[row["내용"][:_LONGEST]] = None
    book = load_workbook(folder / "seoul120" / "ds120FAQ.xlsx", read_only=True)
    for _, title, text, *_ in itertools.islice(book.worksheets[0].iter_rows(values_only=True), 1, None):
        if title and text:
            found.setdefault(str(title).strip(), {})[str(text)[:_LONGEST]] = None
    book.close()
    return ((title, next(iter(texts))) for title, texts in found.items())


def services(folder: Path) -> Iterator[tuple[str, ...]]:
    """Name and purpose of public services."""
    names = ("PUBL_SERVC_TITLE", "title")
    texts = ("PUBL_SERVC_PURPS_DTCONT", "sub_title", "support_target", "service_contents")
    for path in sorted((folder / "gov24").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield tuple(str(row[key])[:_LONGEST] for key in (*names, *texts) if row.get(key))


def paraphrases(folder: Path) -> Iterator[tuple[str, ...]]:
    """Sets of ten ways to ask or say the same (ParaKQC)."""
    lines = (folder / "paraKQC" / "dev_even_sets.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    for _, group in itertools.groupby(rows, key=lambda row: row[0]):
        yield tuple(row[3] for row in group)


def commands(folder: Path) -> Iterator[tuple[str, ...]]:
    """Question or command, and what it is about as a noun phrase (sae4k), in a random order."""
    lines = (folder / "sae4k" / "sae4k_v1.txt").read_text(encoding="utf-8-sig").splitlines()
    rows = [tuple(line.split("\t")[:2]) for line in lines if line.strip()]
    random.Random(_SEED).shuffle(rows)
    return iter(rows)


def read_scored(path: Path) -> Iterator[tuple[tuple[str, str], float]]:
    """Two sentences and how alike people find them, 0 to 1 (KorSTS)."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield (normalise(row["sentence1"]), normalise(row["sentence2"])), float(row["score"]) / 5
