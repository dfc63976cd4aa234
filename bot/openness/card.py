"""The scorecard of a week as it is published: its form, from which the JSON Schema is made."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.openness.hiding import K

Count = Annotated[int, Field(ge=K)] | Literal[0]
"""Of questions or people: nobody, or enough that nobody is found in it."""
Share = Annotated[float, Field(ge=0, le=1)]
Week = Annotated[str, Field(pattern=r"^\d{4}-W\d\d$", examples=["2026-W47"])]


class Form(BaseModel):
    """Nothing beside what is described."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class Outcome(Form):
    """How questions ended."""

    outcome: Literal["answered", "not_answered", "refused", "handed_off", "failed", "other"] = Field(
        description="answered: 바로 답했어요. "
        "not_answered: 비슷한 질문을 골라 보시게 했거나 모른다고 했어요. "
        "refused: 시가 하는 일이 아니었어요. "
        "handed_off: 상담원에게 이었어요. "
        "failed: 장애로 답하지 못했어요. "
        "other: 따로 적기에는 적은 것을 모았어요."
    )
    questions: Count


class Topic(Form):
    """A topic that was asked about."""

    topic: str | None = Field(description="null이면 분야가 없는 물음과, 따로 적기에는 적은 분야를 모았어요.")
    questions: Count | None = Field(description="물은 수. null은 가렸다는 뜻이에요.")
    answered: Count | None = Field(description="바로 답한 수. null은 가렸다는 뜻이에요.")
    not_answered: Count | None = Field(description="바로 답하지 못한 수. null은 가렸다는 뜻이에요.")


class Channel(Form):
    """A messenger on which citizens asked."""

    channel: str
    questions: Count


class Latency(Form):
    """Time from a question's arrival to its reply, in milliseconds rounded to tens."""

    median: Annotated[int, Field(ge=0)]
    p95: Annotated[int, Field(ge=0)]


class Rating(Form):
    """What citizens said by buttons, 1 to 5."""

    ratings: Count
    average: Annotated[float, Field(ge=1, le=5)]


class Figures(Form):
    """What was counted in a week. null is what is hidden, not zero."""

    conversations: Count | None = Field(description="물어본 대화의 수")
    questions: Count | None = Field(description="물음의 수. 인사, 되물은 말, 상담원과 나눈 말은 세지 않아요.")
    answered: Count | None = Field(description="바로 답한 수")
    answer_rate: Share | None = Field(description="answered ÷ questions")
    outcomes: tuple[Outcome, ...] = Field(description="물음이 어떻게 끝났는지. 모두 더하면 questions예요.")
    topics: tuple[Topic, ...] = Field(description="무엇을 물었는지, 답하거나 답하지 못한 물음만. 많은 순서")
    channels: tuple[Channel, ...] = Field(description="어디서 물었는지. 모두 더하면 questions예요.")
    latency_ms: Latency | None
    rating: Rating | None


class Accuracy(Form):
    """How many of the published questions were answered rightly, asked on what citizens get."""

    asked: Annotated[int, Field(ge=0)]
    right: Annotated[int, Field(ge=0)]
    rate: Share | None
    release: int | None = Field(description="물어본 때의 판. null이면 게시하기 전의 내용이에요.")
    measured_at: datetime


class Publisher(Form):
    """The agency."""

    id: str
    name: str


class Scorecard(Form):
    """A week of a public chatbot, as its agency publishes it."""

    publisher: Publisher
    week: Week
    first_day: date = Field(description="월요일")
    last_day: date = Field(description="일요일")
    made_at: datetime
    k: Literal[10] = Field(10, description="이보다 적은 사람이 보이는 수는 싣지 않아요.")
    figures: Figures
    accuracy: Accuracy | None = Field(description="null이면 아직 재지 않았어요.")


def schema() -> dict[str, Any]:
    """The JSON Schema of a scorecard: `web/scorecard.schema.json` holds it for everybody to read."""
    made = Scorecard.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def week_name(monday: date) -> str:
    """`2026-W47`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())
