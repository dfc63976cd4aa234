"""Reminders and life events in chat, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rasa_sdk import Action
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.answering import Answering
from actions.life_events import LifeEventChecklists
from actions.subscriptions import ActionListSubscriptions, ActionUnsubscribe
from actions.turn import Clock
from actions.wish_form import ActionAskWish, ActionWish, ValidateWishForm
from actions.wish_reading import Finder
from actions.wishes import Wishes
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.service import PublicService
from bot.content.store import ContentStore
from bot.log.log import ConversationLog
from bot.loop.waits import Waits
from bot.proactive.build import build_kinds, city_of
from bot.proactive.checklists import Checklists
from bot.proactive.life_events import LifeEvents
from bot.proactive.subscriptions import Subscriptions
from bot.rights.build import build_wordings
from bot.rights.consents import Consents
from bot.settings import Settings

_LOOKED_AT = 5
_LIKELY = 0.15
"""Chance from which a service may be meant whose name was not said."""


@dataclass(frozen=True)
class WishActions:
    """What the action server takes over."""

    actions: tuple[Action, ...]
    wishes: Wishes
    """Its `agreed` hears the yes to `actions.wishes.OFFER`."""


def wish_actions(
    settings: Settings,
    content: ContentStore,
    clock: Clock,
    answering: Answering,
    engine: AsyncEngine,
    catalogue: Catalogue,
) -> WishActions:
    """Every action about reminders and life events."""
    events, checklists = LifeEvents(settings.live_data / "life_events"), Checklists(engine)
    conversations, city = ConversationLog(engine), city_of(settings)
    wishes = Wishes(
        settings,
        content,
        answering,
        engine,
        conversations,
        Subscriptions(engine),
        Waits(engine, clock),
        checklists,
        events,
        Consents(engine),
        build_wordings(settings, content),
        build_kinds(settings, engine, content.persona, city, events, checklists),
        city,
    )
    shown = LifeEventChecklists(wishes)
    return WishActions(
        (
            ValidateWishForm(clock, finder(catalogue), wishes),
            ActionAskWish(content, clock, wishes),
            ActionWish(content, clock, {"subscribe": wishes.ask, "life_event": shown.show}),
            ActionListSubscriptions(content, clock, wishes),
            ActionUnsubscribe(content, clock, wishes),
        ),
        wishes,
    )


def finder(catalogue: Catalogue) -> Finder:
    """Services by what they are called, or failing that by what is needed."""

    async def find(words: str) -> Sequence[PublicService]:
        found = await asyncio.to_thread(catalogue.search, words, _LOOKED_AT)
        wanted = _squeeze(words)
        named = [each.service for each in found if wanted in _squeeze(each.service.name)]
        return named or [each.service for each in found if each.score >= _LIKELY]

    return find


def _squeeze(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
