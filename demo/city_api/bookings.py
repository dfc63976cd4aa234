"""Places of the invented city that can be booked; bookings last as long as the server runs."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from ruamel.yaml import YAML

from demo.city_api.people import Taken
from demo.city_api.seed import FOLDER, Row

DAYS = "월화수목금토일"
AHEAD = 60
"""Days for which bookings are taken."""


class Bookings:
    """Free slots, and who has booked which."""

    def __init__(self, today: Callable[[], date], folder: Path = FOLDER) -> None:
        """OSError or a YAML error when the file is missing or broken."""
        rows = YAML(typ="safe").load(folder / "facilities.yml")["facilities"]
        self._facilities = {row["facility"]: row for row in rows}
        self._today = today
        self._booked: dict[str, Row] = {}
        self._numbers = itertools.count(1)

    def free(self, facility: str, day: date) -> Row | None:
        """The free slots of a day, none when bookings are not taken for it; None for an unknown place."""
        row = self._facilities.get(facility)
        if row is None:
            return None
        return {
            "facility": facility,
            "name": row["name"],
            "date": day.isoformat(),
            "won": row["won"],
            "slots": self._slots(row, day),
        }

    def book(self, subject: str, facility: str, day: date, start: str) -> Row | None:
        """A booking; None for an unknown place. Raises `Taken`."""
        free = self.free(facility, day)
        if free is None:
            return None
        slot = next((slot for slot in free["slots"] if slot["start"] == start), None)
        if slot is None:
            raise Taken("이미 예약됐거나 예약을 받지 않는 시간이에요.")
        id_ = f"B-{next(self._numbers):05d}"
        self._booked[id_] = {
            "booking_id": id_,
            "facility": facility,
            "name": free["name"],
            "date": free["date"],
            **slot,
            "won": free["won"],
            "subject": subject,
        }
        return self._served(id_)

    def of(self, subject: str) -> list[Row]:
        """A person's bookings from today on, the earliest first."""
        mine = [id_ for id_, row in self._booked.items() if row["subject"] == subject]
        served = [self._served(id_) for id_ in mine]
        return sorted(
            (row for row in served if row["date"] >= self._today().isoformat()),
            key=lambda row: (row["date"], row["start"]),
        )

    def cancel(self, subject: str, booking_id: str) -> Row | None:
        """The booking that is no more; None when the person has no such."""
        if self._booked.get(booking_id, {}).get("subject") != subject:
            return None
        served = self._served(booking_id)
        del self._booked[booking_id]
        return served

    def _slots(self, row: Row, day: date) -> list[Row]:
        soon = self._today() <= day <= self._today() + timedelta(days=AHEAD)
        if not soon or DAYS[day.weekday()] in row["closed"]:
            return []
        starts = range(row["opens"], row["closes"] - row["hours"] + 1, row["hours"])
        slots = [{"start": f"{hour:02d}:00", "end": f"{hour + row['hours']:02d}:00"} for hour in starts]
        return [slot for slot in slots if not self._taken(row["facility"], day, slot["start"])]

    def _taken(self, facility: str, day: date, start: str) -> bool:
        here = (facility, day.isoformat(), start)
        if any((row["facility"], row["date"], row["start"]) == here for row in self._booked.values()):
            return True
        return zlib.crc32("/".join(here).encode()) % 4 == 0  # others were faster, the same ones every time

    def _served(self, booking_id: str) -> Row:
        return {key: value for key, value in self._booked[booking_id].items() if key != "subject"}
