"""A message that comes again: what was said to it the first time.

Whoever hands messages on does so again when it cannot know whether the first time counted. A turn is saved
once, at its end, together with its message: a conversation that holds the message has moved by it.
"""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered


def message_id(metadata: Any) -> Any:
    """By what a message is known when it comes again: `message_id` in its metadata; None without one."""
    return (metadata.get("message_id") or None) if isinstance(metadata, dict) else None


def said_to(metadata: Any, events: Sequence[Event]) -> Optional[List[BotUttered]]:
    """What was said in the turn of the message with this id, in order; None when there was no such turn.

    `events` is what is left of the conversation: a message that was trimmed from a bounded tracker, or lost
    with an emptied Redis, is a new one. So is one without an id.
    """
    known = message_id(metadata)
    if known is None:
        return None
    for at in range(len(events) - 1, -1, -1):
        if _id(events[at]) == known:
            turn = events[_beginning(events, at) : _end(events, at)]
            return [event for event in turn if isinstance(event, BotUttered)]
    return None


def _id(event: Event) -> Any:
    return message_id(event.metadata) if isinstance(event, UserUttered) else None


def _beginning(events: Sequence[Event], at: int) -> int:
    """Where the session begins that the message opened, which may have greeted; else the message."""
    for place in range(at - 1, -1, -1):
        if isinstance(events[place], UserUttered):
            return at
        if _is(events[place], ACTION_SESSION_START_NAME):
            return place
    return at


def _end(events: Sequence[Event], at: int) -> int:
    """Where the bot listens again, or (after a turn of too many actions) the next message comes."""
    for place in range(at + 1, len(events)):
        if _is(events[place], ACTION_LISTEN_NAME) or _id(events[place]) is not None:
            return place
    return len(events)


def _is(event: Event, action: str) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == action
