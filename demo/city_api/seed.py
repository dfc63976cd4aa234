"""The demo city's data, read from the YAML files beside this module."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parent / "data"
RECEIPT = re.compile(r"[0-9]{4}-[0-9]{6}")
SATURDAY = 5

Row = dict[str, Any]


@dataclass(frozen=True)
class City:
    """Everything the API knows, in the form in which it is served (a case's dates excepted)."""

    cases: Mapping[str, Row]
    schedules: Mapping[str, Row]
    items: tuple[Row, ...]
    offices: tuple[Row, ...]

    def case(self, receipt_number: str, today: date) -> Row | None:
        """The case with its dates counted from `today`, or None."""
        row = self.cases.get(receipt_number)
        if row is None:
            return None
        served = {key: value for key, value in row.items() if key not in ("received", "due")}
        return served | {
            "received_on": weekday(today + timedelta(days=row["received"])).isoformat(),
            "due_on": weekday(today + timedelta(days=row["due"])).isoformat(),
        }

    def bulky(self, item: str) -> list[Row]:
        """The items called so; failing that, those with the longest name that occurs in `item`."""
        wanted = squeeze(item)
        same = [row for row in self.items if wanted in {squeeze(name) for name in names(row)}]
        if same:
            return same
        return best_named(((row, names(row)) for row in self.items), wanted)

    def find_offices(self, words: str) -> list[Row]:
        """Offices with the longest name or keyword that occurs in `words`."""
        wanted = squeeze(words)
        return best_named(((row, [row["name"], *row["keywords"]]) for row in self.offices), wanted)


def names(row: Row) -> list[str]:
    """An item's name and its aliases."""
    return [row["item"], *row["aliases"]]


def squeeze(text: str) -> str:
    """Text without the differences that do not matter to a search: width, case, spaces, marks."""
    return re.sub(r"[\s·()\-]+", "", unicodedata.normalize("NFKC", text)).casefold()


def best_named(rows: Iterable[tuple[Row, list[str]]], wanted: str) -> list[Row]:
    """The rows whose longest name (two letters or more) occurring in `wanted` is the longest of all."""
    scored = [
        (max(len(squeeze(name)) for name in called), row)
        for row, every in rows
        if (called := [name for name in every if len(squeeze(name)) > 1 and squeeze(name) in wanted])
    ]
    best = max((length for length, _ in scored), default=0)
    return [row for length, row in scored if length == best]


def weekday(day: date) -> date:
    """`day`, or the Monday after it when it falls on a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= SATURDAY else day


def load(folder: Path = FOLDER) -> City:
    """Read the seed files. OSError or a YAML error when they are missing or broken."""
    yaml = YAML(typ="safe")
    cases = yaml.load(folder / "cases.yml")["cases"]
    schedules = yaml.load(folder / "waste.yml")["schedules"]
    items = yaml.load(folder / "bulky.yml")["items"]
    offices = yaml.load(folder / "offices.yml")["offices"]
    return City(
        cases={row["receipt_number"]: row for row in cases},
        schedules={row["dong"]: {**row, "department": "recycling"} for row in schedules},
        items=tuple({"note": "", "department": "recycling", **row} for row in items),
        offices=tuple({**row, "hours": hours(row["hours"])} for row in offices),
    )


def hours(row: Row) -> Row:
    """Opening hours with every key present."""
    closed: Row = {"saturday": None, "sunday": None, "holidays": None, "closed": [], "lunch": None}
    return {**closed, "note": "", **row}
