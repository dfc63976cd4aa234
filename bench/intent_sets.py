"""The intent sets of the benchmarks, read from `../shared/data` alike for ours and for stock Rasa.

Works in both Pythons (3.10 syntax, PyYAML only). No row of the public sets is in the repository.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
TEST_SHARE = 0.2
"""Part of BANKING77's train file that is held out: no test file of it is public here."""
SHOTS = 10
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]+\)|\{[^}]+\})")

Example = tuple[str, str]
"""A sentence (for training possibly with entities as `[value](entity)`) and its intent."""


@dataclass(frozen=True)
class IntentSet:
    """What to learn from and what to be asked; `strange` belongs to no intent."""

    train: tuple[Example, ...]
    test: tuple[Example, ...]
    strange: tuple[str, ...] = ()


def names() -> list[str]:
    """All sets, the quick and telling ones first."""
    rest = [f"hwu64-{fold}" for fold in range(2, 6)]
    return ["banking77-10shot", "sotong-ko", "hwu64-1", "banking77-full", *rest, "clinc150"]


def read(name: str, shared: Path = SHARED) -> IntentSet:
    """A set by its name; FileNotFoundError where the public data is not there, ValueError for other names."""
    data = shared / "data"
    if name.startswith("banking77-"):
        return _banking77(data / "banking77" / "train.csv", few=name.endswith("10shot"))
    if name.startswith("hwu64-"):
        folder = data / "hwu64" / f"KFold_{name.removeprefix('hwu64-')}"
        return IntentSet(
            _markdown(folder / "train.md"),
            tuple((plain(text), intent) for text, intent in _markdown(folder / "test.md")),
        )
    if name == "clinc150":
        rows = json.loads((data / "clinc150" / "data_full_train_val.json").read_text(encoding="utf-8"))
        strange = tuple(text for text, _ in rows["oos_val"] + rows["oos_train"])
        train, val = (tuple((text, intent) for text, intent in rows[part]) for part in ("train", "val"))
        return IntentSet(train, val, strange)
    if name == "sotong-ko":
        return _own(ROOT / "data" / "nlu")
    raise ValueError(f"no intent set is named {name!r}: {', '.join(names())}")


def plain(text: str) -> str:
    """A training sentence without the marks of its entities."""
    return _ENTITY.sub(r"\1", text)


def nlu_yaml(examples: Sequence[Example]) -> str:
    """Examples as a training file, in the block form that Rasa looks for."""
    by_intent: dict[str, list[str]] = {}
    for text, intent in examples:
        by_intent.setdefault(intent, []).append(text)
    lines = ['version: "3.1"', "nlu:"]
    for intent, texts in by_intent.items():
        lines += [f"- intent: {json.dumps(intent)}", "  examples: |", *(f"    - {text}" for text in texts)]
    return "\n".join(lines) + "\n"


def _banking77(path: Path, *, few: bool) -> IntentSet:
    """A fifth of every intent is held out, the same for both; `few` keeps ten of the others."""
    by_intent: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_intent.setdefault(row["category"], []).append(" ".join(row["text"].split()))
    return _split(by_intent, SHOTS if few else None)


def _own(folder: Path) -> IntentSet:
    """The bot's own Korean examples, a fifth of every intent held out."""
    by_intent: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in entry:
                lines = [line.strip()[2:].strip() for line in entry["examples"].splitlines() if line.strip()]
                by_intent.setdefault(entry["intent"], []).extend(lines)
    return _split(by_intent, None)


def _split(by_intent: dict[str, list[str]], shots: int | None) -> IntentSet:
    """Stratified and always the same; `shots` keeps so many examples of each intent for training."""
    chance = random.Random(77)
    train: list[Example] = []
    test: list[Example] = []
    for intent, texts in sorted(by_intent.items()):
        chance.shuffle(texts)
        held = round(len(texts) * TEST_SHARE)
        test += [(plain(text), intent) for text in texts[:held]]
        train += [(text, intent) for text in texts[held : None if shots is None else held + shots]]
    return IntentSet(tuple(train), tuple(test))


def _markdown(path: Path) -> tuple[Example, ...]:
    """Examples of the intents in Rasa's former markdown; its lookups and regexes are left aside."""
    found: list[Example] = []
    intent = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind, _, label = line[3:].strip().partition(":")
            intent = label if kind == "intent" else ""
        elif line.startswith("- ") and intent:
            found.append((line[2:].strip(), intent))
    return tuple(found)
