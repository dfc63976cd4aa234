"""A citizen who talks about benefits with an action server, which is asked as Rasa asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.messages import Reply
from tests.actions_support import Rasa, tracker

FORM = "benefit_form"
STARTED = {"event": "active_loop", "name": FORM}
RAN = {"event": "action", "name": FORM}


@dataclass
class Talk:
    """One citizen; keeps the slots as Rasa does, and says which action Rasa would have run."""

    server: Rasa
    slots: dict[str, Any] = field(default_factory=dict)
    asking: bool = False
    now: str = "2026-11-23T10:00:00+09:00"

    def say(
        self, text: str, intent: str = "check_benefit", confidence: float = 0.9, **entities: str
    ) -> Reply | None:
        """The reply; None when the words are not for the form."""
        starts = [] if self.asking else [STARTED]
        asked = tracker(
            text, intent, entities, self.slots, [*starts, RAN], FORM if self.asking else None,
            self.now, confidence,
        )  # fmt: skip
        response = self.server.post(f"validate_{FORM}", asked)
        assert response.status_code == 200, response.text
        set_slots = {event["name"]: event["value"] for event in response.json()["events"]}
        if self.asking and not set_slots:
            return None
        self.asking = "requested_slot" not in set_slots
        self.slots |= set_slots
        action = "action_ask_benefit_answer" if self.asking else "action_benefit"
        reply, more = self.server.ask(
            action, text, intent, entities=entities, slots=self.slots, events=[*starts, RAN], form=FORM,
            now=self.now, confidence=confidence,
        )  # fmt: skip
        self.slots |= more
        return reply

    def tap(self, value: str) -> Reply:
        """The reply to a button."""
        reply = self.say(f'/check_benefit{{"benefit":"{value}"}}', confidence=1.0, benefit=value)
        assert reply is not None
        return reply

    def hear(self, text: str, intent: str = "check_benefit", confidence: float = 0.9) -> Reply:
        """The reply to words that are for the form."""
        reply = self.say(text, intent, confidence)
        assert reply is not None
        return reply

    @property
    def facts(self) -> Any:
        """What is known of the citizen."""
        return self.slots["benefit"]["facts"]


def labels(reply: Reply) -> list[str]:
    """Of the buttons below the last message."""
    return [button.label for button in reply.messages[-1].buttons]


def titles(reply: Reply) -> list[str]:
    """Of the cards."""
    return [card.title for message in reply.messages for card in message.cards]
