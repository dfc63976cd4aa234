"""A signed entry in which an installation says who it is, what it answers, and by which key to know it.

Entries are exchanged between installations and need no central server: each is signed by the key it names, so
anyone may pass it on. That a key belongs to an agency is for staff to make sure of once (`Peers.trust`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.agencies.keys import BadKey, OwnKey, check_signature
from bot.content.live_file import LiveFile

VALID_FOR = timedelta(days=30)
"""How long an entry counts: a key that is lost does not stay in use for ever."""
_CLOCKS = timedelta(minutes=5)
"""How far two installations' clocks may differ."""
MAX_ENTRY = 64 * 1024
"""Bytes."""

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,60}$")]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class BadEntry(Exception):
    """An entry that cannot be believed; says why."""


class AgencyFile(BaseModel):
    """`data/agency.yml`: what an agency says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: _Id
    """For ever the same, usually the agency's domain: `hanbit.go.kr`."""
    name: _Name
    places: tuple[_Name, ...] = Field(default=(), max_length=100)
    """Names by which citizens call what it is responsible for: 그린군, 그린읍."""
    subjects: tuple[_Name, ...] = Field(default=(), max_length=200)
    """Words of what it answers wherever it is asked, for agencies that are none of a place."""
    phone: Annotated[str, StringConstraints(max_length=30)] = ""


class Entry(AgencyFile):
    """Who an installation is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["sotong.agency.v1"] = "sotong.agency.v1"
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s]*)?$", max_length=200)]
    """Where its citizens' port is."""
    key: str
    issued_at: AwareDatetime


class Signed(BaseModel):
    """An entry as it travels: the signed text as it is, and the signature."""

    model_config = ConfigDict(frozen=True)

    entry: str = Field(max_length=MAX_ENTRY)
    """JSON of an `Entry`."""
    signature: str = Field(max_length=200)


def sign(entry: Entry, key: OwnKey) -> Signed:
    """The entry, signed."""
    text = entry.model_dump_json()
    return Signed(entry=text, signature=key.sign(text.encode()))


def believed(signed: Signed, now: datetime) -> Entry:
    """The entry of a signed one. Raises `BadEntry` for one that is forged, broken, too old or of tomorrow."""
    try:
        entry = Entry.model_validate_json(signed.entry)
        check_signature(entry.key, signed.entry.encode(), signed.signature)
    except ValidationError as error:
        raise BadEntry(f"no entry: {error.error_count()} faults") from error
    except BadKey as error:
        raise BadEntry(str(error)) from error
    if entry.issued_at > now + _CLOCKS:
        raise BadEntry("issued in the future")
    if entry.issued_at < now - VALID_FOR:
        raise BadEntry("too old")
    return entry


def own_agency(data_dir: Path) -> LiveFile[AgencyFile]:
    """What we say of ourselves."""
    return LiveFile(data_dir / "agency.yml", AgencyFile)
