"""What the city's API answers, checked: an answer that does not fit is a `BadAnswer`, never shown.

Fields the bot does not use are ignored, so that an API may grow. Another API with other field names
needs only `validation_alias` here.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.content.models import Hours, Slug

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Day = Literal["월", "화", "수", "목", "금", "토", "일"]
Time = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]$")]


class Answered(BaseModel):
    """One answer of the API; `service` is its key in `data/services/city.yml`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]


class Schedule(BaseModel):
    """When one 동/읍/면 may put out which waste, local time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dong: Text
    general: Annotated[tuple[Day, ...], Field(min_length=1)]
    food: Annotated[tuple[Day, ...], Field(min_length=1)]
    recycling: Annotated[tuple[Day, ...], Field(min_length=1)]
    opens: Time
    closes: Time
    place: Text
    note: str = ""
    department: Slug


class Schedules(Answered):
    """The schedule of the place asked for, or of all places."""

    service = "waste_schedule"

    schedules: Annotated[tuple[Schedule, ...], Field(min_length=1)]


class Fee(BaseModel):
    """What one size of an item costs, in won."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    size: str = ""
    won: Annotated[int, Field(ge=0)]


class BulkyItem(BaseModel):
    """A thing too large for the waste bag."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item: Text
    fees: Annotated[tuple[Fee, ...], Field(min_length=1)]
    note: str = ""
    department: Slug


class BulkyItems(Answered):
    """The items that the name asked for may mean."""

    service = "bulky_waste"

    items: Annotated[tuple[BulkyItem, ...], Field(min_length=1)]


class OfficeHours(Hours):
    """Opening hours as an API gives them: what we do not know is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Office(BaseModel):
    """A department or place of the city."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Slug
    name: Text
    address: Text
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9-]+$")]
    department: Slug
    hours: OfficeHours


class Offices(Answered):
    """The offices named in a question; none is an answer too."""

    service = "offices"

    offices: tuple[Office, ...]
