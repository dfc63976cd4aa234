"""The actions of consent and rights, put together."""

from __future__ import annotations

from rasa_sdk import Action
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.rights import ActionExportMyData, ActionShowMyData, ActionWithdrawConsent
from actions.turn import Clock
from bot.content.store import ContentStore
from bot.identity.personal import Personal
from bot.rights.build import build_retention, build_wordings
from bot.rights.consents import Consents
from bot.rights.links import Links
from bot.rights.tombstones import Tombstones
from bot.settings import Settings


def rights_actions(
    settings: Settings, content: ContentStore, clock: Clock, engine: AsyncEngine, personal: Personal
) -> tuple[Action, ...]:
    """What citizens can ask for about their data."""
    retention = build_retention(settings, engine, Tombstones(settings.tombstones_file), clock)
    wordings = build_wordings(settings, content)
    return (
        ActionShowMyData(content, clock, engine, personal, retention.days),
        ActionExportMyData(content, clock, Links(personal.box, settings.address)),
        ActionWithdrawConsent(content, clock, engine, Consents(engine, clock), wordings),
    )
