"""기준 중위소득: which part of it a household's income is, and what its brackets are in won."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from bot.eligibility.facts import FactError, bracket

BRACKETS = (50, 75, 100, 200)
"""Percent, inclusive upper ends of the first four income codes."""
_TEN_THOUSAND = 10_000
LARGEST = 20
"""People; no household is larger."""


class MedianIncome(BaseModel):
    """`data/eligibility/median_income.yml`: won a month by the number of people in a household."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    source: str
    won: dict[int, int] = Field(min_length=1)
    each_more: int = Field(gt=0)
    """Won for every person beyond the largest household of the table."""

    def of(self, people: int) -> int:
        """Won a month. FactError for a household of nobody or of very many."""
        if not 1 <= people <= LARGEST:
            raise FactError(
                "household_size", f"{people}명은 가구원 수로 쓸 수 없어요. 1명부터 {LARGEST}명까지예요."
            )
        largest = max(self.won)
        return self.won.get(people) or self.won[largest] + (people - largest) * self.each_more

    def code(self, won: int, people: int) -> str:
        """The income code of a household with so many won a month."""
        return bracket(100 * won / self.of(people))

    def limits(self, people: int) -> tuple[int, ...]:
        """The upper ends of the brackets in 만 원, rounded down."""
        return tuple(self.of(people) * percent // 100 // _TEN_THOUSAND for percent in BRACKETS)
