"""A talk between a citizen and a person as events for Rasa's tracker.

The tracker's HTTP API takes events as they are: it neither understands words nor fills slots (rasa 3.6.21,
`server.append_events`), so what a citizen said is understood by `/model/parse` first, and the slots that
their words fill are set here. A form that was asking is set aside: what a citizen says next, hours later
perhaps, is no answer to a question from before the talk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.handoff.said import Said

FILLED = ("dong", "item")
"""Slots that every message fills which names one (`from_entity` in domain.yml)."""
TALK = "person_talk"
"""Slot: what was said last, for a bot that is asked to go on from there."""
_OVER = ("pending_offer", "offered", "offered_for", "requested_slot")
"""Slots of what the bot asked before the talk."""
_BEGINS: Mapping[str, str] = {"service_form": "use_service", "benefit_form": "check_benefit"}
"""Forms and the intents that go on with them, where it is always the same one."""
_LAST_WORDS = 300
"""Characters of the citizen's last words that are kept to go on from."""


def way_back(tracker: Mapping[str, Any]) -> str:
    """Payload that goes on with the form that is asking; empty when none is.

    Each form keeps what it knows in a slot of its own, and takes it up again when it is begun by a button
    that says nothing. `tracker` is what Rasa's HTTP API gives of a conversation.
    """
    slots: Mapping[str, Any] = tracker.get("slots") or {}
    form = str((tracker.get("active_loop") or {}).get("name"))
    if form == "voice_form":
        idea = (slots.get("voice") or {}).get("kind") == "idea"
        return "/make_suggestion" if idea else "/report_problem"
    if form == "wish_form":
        return f"/{json.loads(slots['wish'])['aim']}" if slots.get("wish") else "/subscribe"
    return f"/{_BEGINS[form]}" if form in _BEGINS else ""


def events(said: Sequence[Said], parsed: Sequence[dict[str, Any]], channel: str) -> list[dict[str, Any]]:
    """The events of a talk; `parsed` has what was understood of each of the citizen's lines."""
    words = [line.text for line in said if line.by == "operator"]
    understood = iter(parsed)
    found: list[dict[str, Any]] = []
    slots: dict[str, Any] = dict.fromkeys(_OVER)
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
    if words:
        citizen = " ".join(line.text for line in said if line.by == "citizen")
        slots[TALK] = {"citizen": citizen[-_LAST_WORDS:], "person": words[-1]}
    found.append({"event": "active_loop", "name": None})
    found += [{"event": "slot", "name": name, "value": value} for name, value in slots.items()]
    return [*found, {"event": "action", "name": "action_listen"}]
