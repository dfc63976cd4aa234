"""The actions of the benefits, put together."""

from __future__ import annotations

from pathlib import Path

from rasa_sdk import Action

from actions.answering import Answering
from actions.benefits import Benefits, ValidateBenefitForm
from actions.benefits_asking import ActionAskBenefit
from actions.benefits_found import ActionBenefit
from actions.turn import Clock
from bot.catalogue.catalogue import Catalogue
from bot.content.live_file import read_file
from bot.content.store import ContentStore
from bot.eligibility.hearing import Hearing, Words
from bot.eligibility.income import MedianIncome
from bot.eligibility.live import LiveMatching
from bot.settings import Settings


def benefit_actions(
    settings: Settings, content: ContentStore, clock: Clock, answering: Answering, catalogue: Catalogue
) -> tuple[Action, ...]:
    """The form and its result. Raises ContentError when a file of `data/eligibility` is faulty or missing."""
    folder: Path = settings.live_data / "eligibility"
    words = read_file(folder / "words.yml", Words)[0]
    benefits = Benefits(
        LiveMatching(catalogue, (*words.generic, *settings.service_agencies)),
        Hearing(words),
        read_file(folder / "median_income.yml", MedianIncome)[0],
    )
    return (
        ValidateBenefitForm(clock, benefits, answering),
        ActionAskBenefit(content, clock, answering, benefits),
        ActionBenefit(content, clock, answering, benefits),
    )
