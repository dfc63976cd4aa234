"""Citizens of the invented city: their taxes, loans and vehicles; what changes is forgotten at the end."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from ruamel.yaml import YAML

from demo.city_api.seed import FOLDER, Row, weekday

LONGER = 14
"""Days by which a loan is extended."""


class Taken(Exception):
    """It cannot be done, or not any more; the text says why."""


class People:
    """What is known of whom. `today` dates the seeded days."""

    def __init__(self, today: Callable[[], date], folder: Path = FOLDER) -> None:
        """OSError or a YAML error when the file is missing or broken."""
        data = YAML(typ="safe").load(folder / "people.yml")
        self._people: list[Row] = data["people"]
        self._vehicles = {row["plate"]: row for row in data["vehicles"]}
        self._today = today

    def bills(self, subject: str) -> Row:
        """Taxes that are due, and their sum."""
        bills = [self._bill(row) for row in self._person(subject)["bills"]]
        return {"bills": bills, "total_won": sum(bill["won"] for bill in bills)}

    def loans(self, subject: str) -> list[Row]:
        """Books a person has."""
        return [self._loan(row) for row in self._person(subject)["loans"]]

    def extend(self, subject: str, loan_id: str) -> Row | None:
        """The loan, two weeks longer; None when the person has no such. Raises `Taken`."""
        row = next((row for row in self._person(subject)["loans"] if row["loan_id"] == loan_id), None)
        if row is None:
            return None
        loan = self._loan(row)
        if not loan["can_extend"]:
            raise Taken(loan["note"])
        row["due"] += LONGER
        row["extensions"] += 1
        return self._loan(row)

    def vehicle(self, plate: str) -> Row | None:
        """When a vehicle has to be inspected."""
        row = self._vehicles.get(plate)
        if row is None:
            return None
        return {
            "kind": row["kind"],
            "last_on": self._day(row["last"]),
            "from_on": self._day(row["from"]),
            "until_on": self._day(row["until"]),
            "overdue": row["until"] < 0,
        }

    def _person(self, subject: str) -> Row:
        known = {row["subject"]: row for row in self._people}
        return known.get(subject) or self._people[zlib.crc32(subject.encode()) % len(self._people)]

    def _bill(self, row: Row) -> Row:
        due = weekday(self._today() + timedelta(days=row["due"]))
        served = {key: value for key, value in row.items() if key != "due"}
        return served | {"due_on": due.isoformat(), "overdue": row["due"] < 0}

    def _loan(self, row: Row) -> Row:
        note = ""
        if row["reserved"]:
            note = "다른 분이 예약한 책이라 연장할 수 없어요."
        elif row["extensions"]:
            note = "이미 한 번 연장했어요."
        elif row["due"] < 0:
            note = "반납일이 지나 연장할 수 없어요."
        return {
            "loan_id": row["loan_id"],
            "title": row["title"],
            "place": row["place"],
            "due_on": self._day(row["due"]),
            "can_extend": not note,
            "note": note,
        }

    def _day(self, ahead: int) -> str:
        return (self._today() + timedelta(days=ahead)).isoformat()
