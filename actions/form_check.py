"""What every form asks first: is this message for me, and what does it give?"""

from __future__ import annotations

import logging
import traceback
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Clock, Turn

Slots = Mapping[str, Any]
"""Slots to be set; none: the message is meant for others, and Rasa lets other rules have it."""

log = logging.getLogger(__name__)


class FormCheck(Action):  # type: ignore[misc] # rasa-sdk has no types
    """Rasa's `validate_<form>`: hears each message while a form asks."""

    form: ClassVar[str]
    """Its name in domain.yml."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def name(self) -> str:
        """Name in domain.yml."""
        return f"validate_{self.form}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The slots after the message; called by rasa-sdk.

        After a question in between was answered the form only asks again. Code that fails ends the form, and
        the form's own action apologises.
        """
        turn = Turn(tracker, self._clock)
        if any(action != self.form for action in turn.actions):
            return []
        try:
            slots = await self.slots(turn)
        except Exception as error:  # noqa: BLE001 - the citizen gets an apology
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s broke with %s\n%s", self.name(), type(error).__name__, where)
            slots = self.broken(turn)
        return [SlotSet(name, value) for name, value in slots.items()]

    @abstractmethod
    async def slots(self, turn: Turn) -> Slots:
        """What the message gives the form."""

    @abstractmethod
    def broken(self, turn: Turn) -> Slots:
        """What makes the form's own action apologise."""
