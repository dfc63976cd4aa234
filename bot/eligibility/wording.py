"""The questions about a citizen's situation, in the persona's words."""

from __future__ import annotations

from bot.content.persona import Voice
from bot.eligibility.choices import wants_people
from bot.eligibility.codes import NAMES, Group
from bot.eligibility.consultation import Consultation
from bot.eligibility.income import MedianIncome

_TABLE = 4
"""Sizes of households in the table of incomes."""


def question(voice: Voice, talk: Consultation, median: MedianIncome, seed: int | str = 0) -> str:
    """The question that is open. ValueError when none is."""
    group = talk.open
    if group is None:
        raise ValueError("no question is open")
    if talk.picking:
        facts = ", ".join(NAMES[code] for code in talk.facts.holding(group))
        return voice.say("benefits_ask_another", seed, facts=facts)
    if wants_people(talk):
        return voice.say("benefits_ask_people", seed)
    if group is not Group.INCOME:
        return voice.say(f"benefits_ask_{group.value}", seed)
    if talk.people is not None:
        return voice.say("benefits_ask_income_won", seed, people=talk.people)
    return voice.say("benefits_ask_income_percent", seed, year=median.year, table=_table(median))


def _table(median: MedianIncome) -> str:
    """The brackets of small households in 만 원."""
    rows = (
        f"{people}인 가구: " + " / ".join(f"{won:,}만 원" for won in median.limits(people))
        for people in range(1, _TABLE + 1)
    )
    return "\n".join(("50% / 75% / 100% / 200%", *rows))
