"""A talk between a citizen and a person as events for Rasa's tracker.

The tracker's HTTP API takes events as they are: it neither understands words nor fills slots (rasa 3.6.21,
`server.append_events`), so what a citizen said is understood by `/model/parse` first, and the slots that
their words fill are set here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.handoff.said import Said

FILLED = ("dong", "item")
"""Slots that every message fills which names one (`from_entity` in domain.yml)."""
TALK = "person_talk"
"""Slot: what was said last, for a bot that is asked to go on from there."""
_LAST_WORDS = 300
"""Characters of the citizen's last words that are kept to go on from."""


def events(said: Sequence[Said], parsed: Sequence[dict[str, Any]], channel: str) -> list[dict[str, Any]]:
    """The events of a talk; `parsed` has what was understood of each of the citizen's lines."""
    understood = iter(parsed)
    found: list[dict[str, Any]] = []
    slots: dict[str, Any] = {"pending_offer": None, "offered": None, "offered_for": None}
    for line in said:
        if line.by == "operator":
            found.append({"event": "bot", "text": line.text, "metadata": {"author": "operator"}})
            continue
        parse = next(understood)
        user = {"event": "user", "text": line.text, "parse_data": parse, "input_channel": channel}
        found += [{"event": "action", "name": "action_listen"}, user]
        for entity in parse.get("entities", ()):
            if entity["entity"] in FILLED:
                slots[entity["entity"]] = entity["value"]
    slots[TALK] = {
        "citizen": " ".join(line.text for line in said if line.by == "citizen")[-_LAST_WORDS:],
        "person": next(line.text for line in reversed(said) if line.by == "operator"),
    }
    found += [{"event": "slot", "name": name, "value": value} for name, value in slots.items()]
    return [*found, {"event": "action", "name": "action_listen"}]
