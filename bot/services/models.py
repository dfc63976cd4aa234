"""The form of `data/services/<id>.yml`: a service of the city's API, described so that no code is needed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from bot.content.models import Content, Line, Slug

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$", max_length=40)]
"""Of a parameter or a field of the answer: small letters and `_`, so that it can stand in `{…}`."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1500)]
Wordings = Annotated[
    tuple[Text, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]
"""One text or several that are used in turn; the placeholders are those of `bot.services.check`."""
Kind = Literal[
    "receipt_number", "date", "date_range", "time", "phone", "plate", "number", "choice", "dong", "text"
]
FieldType = Annotated[
    str, StringConstraints(pattern=r"^(text|number|won|date|time|phone|yes_no|department)\??$")
]
"""What a field of the answer must hold; with `?` it may be missing, null or empty."""
FORM_WORDS = frozenset({"change"})
"""Names that no parameter may have: the form's own."""


class ChoicesFrom(Content):
    """Choices that another service tells, asked with the parameters of the same names."""

    service: Slug
    list: Name
    """Field of that service's answer."""
    value: Name
    """Field of each row: what is given to the API."""
    label: Line
    """What the citizen reads, with the row's fields as placeholders."""
    only: Name | None = None
    """Field of type yes_no: only rows where it is true can be chosen."""
    empty: Wordings
    """Said when there is nothing to choose from."""
    otherwise: Name | None = None
    """Parameter asked for again then; without it the service ends there."""


class Parameter(Content):
    """Something the citizen has to say first."""

    type: Kind
    title: Line
    """What it is called in a sentence: 접수번호, 이용 날짜."""
    ask: Wordings
    again: Wordings = ()
    """Said instead of the persona's sentence when the answer cannot be read."""
    example: Line | None = None
    choices: dict[Name, Annotated[tuple[Line, ...], Field(min_length=1)]] = Field({})
    """`choice`: what the API is given → the label, then other words for it."""
    choices_from: ChoicesFrom | None = None
    earliest: int | None = None
    """`date`, `date_range`: days from today, 0 = not in the past."""
    latest: int | None = None
    closed: tuple[Literal["월", "화", "수", "목", "금", "토", "일"], ...] = ()
    """`date`: days of the week on which there is nothing."""
    least: int | None = None
    """`number`."""
    most: int | None = None
    max_length: int = Field(200, ge=1, le=1000)
    """`text`."""


class Endpoint(Content):
    """Where the service is, below the address of the city's API."""

    method: Literal["GET", "POST", "PUT", "DELETE"] = "GET"
    path: str = Field(pattern=r"^/[^?#\s]*$")
    """`{name}` is replaced by the parameter of that name."""
    query: dict[Name, str] = Field({})
    """Our parameter → the API's name of it."""
    body: dict[Name, str] = Field({})
    """The same for a JSON body."""
    subject_header: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    """Header that says who asks, for services with `identity`."""
    idempotency_header: str = Field("Idempotency-Key", pattern=r"^[A-Za-z0-9-]+$")
    """Header by which the API knows the same order when it comes twice; for all but GET."""

    @property
    def changes(self) -> bool:
        """Whether something is different afterwards: such a call is confirmed, never repeated, never kept."""
        return self.method != "GET"


class Rows(Content):
    """A list in the answer, each row with fields of its own."""

    list: Annotated[dict[Name, FieldType], Field(min_length=1)]


class Cards(Content):
    """A card for each row of a list."""

    each: Name
    title: Line
    text: Text | None = None
    facts: dict[Line, Line] = Field({})
    """Label → value."""
    most: int = Field(5, ge=1, le=10)


class ServiceButton(Content):
    """A button under the answer: another service, a sentence of the citizen's, or a link."""

    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    service: Slug | None = None
    give: dict[Name, Name] = Field({})
    """Parameter of that service → our parameter or field whose value it gets."""
    says: Line | None = None
    url: str | None = Field(None, pattern=r"^https://\S+$")
    each: Name | None = None
    """A list of the answer: one button for each row."""


class Replies(Content):
    """What is said, by what the API answered."""

    found: Wordings
    empty: Wordings = ()
    """When the list named by `empty_when` has no row."""
    not_found: Wordings = ()
    """404; without it as any answer that cannot be used."""
    conflict: Wordings = ()
    """409: somebody was faster, or it has been done already."""
    not_permitted: Wordings = ()
    """403, for services with `identity`."""
    invalid: Wordings = ()
    """400 or 422; `{reason}` is what the API wrote."""


class Definition(Content):
    """One service."""

    id: Slug
    title: Line
    """Of the button by which it is offered."""
    department: Slug | None = None
    """Who helps when the service does not."""
    words: tuple[Line, ...] = ()
    """Expressions by which it is meant, whatever else is said."""
    examples: Annotated[tuple[Line, ...], Field(min_length=5)]
    """Sentences by which citizens ask for it."""
    intents: tuple[str, ...] = ()
    """Intents of the dialogue that mean this service by themselves."""
    endpoint: Endpoint
    fresh_seconds: float = Field(0, ge=0)
    """How long an answer may be repeated without asking again; 0 = it is never kept, whatever happens."""
    identity: Literal["none", "login", "step_up"] = "none"
    parameters: dict[Name, Parameter] = Field({})
    """Asked for in this order."""
    confirm: Wordings = ()
    """Asked before the call, with the parameters as placeholders; needed where something changes."""
    answer: dict[Name, FieldType | Rows] = Field({})
    """Fields of the answer that are used; others are ignored."""
    empty_when: Name | None = None
    replies: Replies
    cards: Cards | None = None
    buttons: tuple[ServiceButton, ...] = ()
    asked_again: dict[Literal["not_found", "conflict", "invalid"], Name] = Field({})
    """What the API refused → the parameter that is asked for anew."""

    @property
    def personal(self) -> bool:
        """Whether the citizen has to be known."""
        return self.identity != "none"

    def row_fields(self, name: str) -> dict[str, str]:
        """Fields of the rows of a list; none when there is no such list."""
        field = self.answer.get(name)
        return dict(field.list) if isinstance(field, Rows) else {}
