"""The form of the files staff edit: `data/answers/*.yml`, `data/departments.yml`, `data/persona.yml`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]
"""An id that is safe in file names, web addresses and messenger payloads."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

Language = Literal["en", "zh", "vi"]
"""English, Chinese, Vietnamese: those in which answers may have twins."""
LANGUAGES: tuple[Language, ...] = get_args(Language)

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
"""A time of day, `HH:MM`; `24:00` is the end of the day."""
Span = tuple[Clock, Clock]


class Content(BaseModel):
    """Unknown keys are errors: a typo in a key must not silently drop a staff member's text."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Source(Content):
    """Where an answer's facts come from."""

    title: Line
    url: str | None = None


class Link(Content):
    """A button under an answer."""

    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
    url: str


class Twin(Content):
    """The same answer said otherwise."""

    answer: Text
    verified_on: date | None = None
    """Day a person last confirmed that it says what the answer says; None = nobody has."""


class Translation(Twin):
    """The same answer in another language."""

    questions: Annotated[tuple[Line, ...], Field(min_length=1)]
    """As those of the answer: the first is the title."""
    links: tuple[Link, ...] = ()
    """In place of the answer's own, where there are pages in the language."""


class Answer(Content):
    """One FAQ entry."""

    id: Slug
    questions: Annotated[tuple[Line, ...], Field(min_length=1)]
    """The first is the title shown on cards and buttons; the others are ways citizens put it."""
    answer: Text
    """Plain text; a blank line between paragraphs, `- ` before list items. No placeholders, no logic."""
    owner: Slug | None = None
    """Id of the department in `departments.yml` that answers for the text."""
    source: Source
    links: tuple[Link, ...] = ()
    confirmed_on: date | None = None
    """Day a person last checked the facts; None for imported text nobody has checked yet."""
    valid_from: date | None = None
    valid_until: date | None = None
    """Last day on which the answer may be given."""
    example: bool = False
    """The facts are an example of an invented city, not real."""
    plain: Twin | None = None
    """In plain language (쉬운 말): short sentences, one fact each, no official terms."""
    translations: dict[Language, Translation] = {}
    _trusted_until: date | None = PrivateAttr(None)

    @property
    def given_until(self) -> date | None:
        """Last day on which it may be given: its own, or the one after which its facts are too old."""
        days = [day for day in (self.valid_until, self._trusted_until) if day]
        return min(days, default=None)

    def trust(self, days: int) -> None:
        """Let it be given for so many days after its facts were last checked; 0 = for ever."""
        known = days and self.confirmed_on
        self._trusted_until = known + timedelta(days=days) if known else None


class AnswerFile(Content):
    """`data/answers/<topic>.yml`."""

    topic: Line
    entries: tuple[Answer, ...]


class Term(Content):
    """An official term of `data/thesaurus/<topic>.yml` and what citizens call it."""

    official: Line
    everyday: Annotated[tuple[Line, ...], Field(min_length=1)]


class Day(Content):
    """A day, or some in a row, on which departments keep other hours than usual."""

    on: date
    """The first day."""
    until: date | None = None
    """The last day; None = the first is the only one."""
    name: Line
    """Why, for citizens: `개청기념일`."""
    hours: Span | None = None
    """None = closed."""
    departments: tuple[Slug, ...] = ()
    """Ids; none = every department."""

    def covers(self, day: date) -> bool:
        """Whether it says something about a day."""
        return self.on <= day <= (self.until or self.on)


class CalendarFile(Content):
    """`data/calendar.yml`: closures and special days beside the Korean public holidays.

    Of several entries about a day, one that names the department counts before one for all, and of those the
    first.
    """

    days: tuple[Day, ...] = ()


class Hours(Content):
    """Opening hours, local time `HH:MM`; weekends and public holidays are closed unless listed."""

    weekdays: Span = ("09:00", "18:00")
    saturday: Span | None = None
    sunday: Span | None = None
    holidays: Span | None = None
    """Korean public holidays, whatever day they fall on."""
    closed: tuple[Literal["월", "화", "수", "목", "금", "토", "일"], ...] = ()
    """Days of the week that are closed in spite of the above, e.g. a library's Monday."""
    lunch: Span | None = ("12:00", "13:00")
    """No service in person; phones are answered by turns."""
    note: str = ""
    days: tuple[Day, ...] = ()
    """Other hours on some days; those of `data/calendar.yml` are added when it is read."""


class Department(Content):
    """`data/departments.yml`: who answers for what, and how to reach them."""

    id: Slug
    name: Line
    phone: str
    handles: tuple[Line, ...]
    """Words by which a question with no answer is sent to the right place."""
    place: str = ""
    hours: Hours = Hours()


class DepartmentFile(Content):
    """`data/departments.yml`."""

    default: Slug
    """Department named when nobody better is known: the call centre."""
    departments: tuple[Department, ...]


class MenuItem(Content):
    """A button of the menu: the label, and the sentence it stands for."""

    label: Annotated[str, StringConstraints(max_length=14)]
    says: Line


class Persona(Content):
    """`data/persona.yml`: who the bot is and every sentence it says that is not an answer.

    Placeholders in `says`: `{name}`, `{city}`, `{phone}` (of the default department), the keys of
    `emoji`, and those listed for the key in `bot.content.persona.KEYS`.
    """

    name: Line
    city: Line
    speaks: str = ""
    """A note to writers on tone; not shown."""
    emoji: dict[str, str]
    """Name → emoji; an empty string turns one off everywhere."""
    menu: tuple[MenuItem, ...]
    handoff_words: tuple[Line, ...]
    """Words that mean "a person, please", understood even while the bot itself is down."""
    says: dict[str, tuple[str, ...]]
    """Key → variants; one is chosen by conversation and turn, so the bot does not repeat itself."""
    says_in: dict[Language, dict[str, tuple[str, ...]]] = {}
    """Language → the same for citizens who write in it; what is not there is said in Korean."""
    intents: dict[str, tuple[str, ...]] = {}
    """Intent that staff made → what is said to it, in variants; `action_say` finds them."""
