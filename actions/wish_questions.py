"""What is asked for when a wish or a life event lacks something."""

from __future__ import annotations

from collections.abc import Sequence

from actions.card import payload, shorten_label
from actions.reply import Said
from actions.turn import Turn
from bot.content.persona import Voice
from bot.messages import Button
from bot.outcomes import Outcome
from bot.proactive.draft import Draft
from bot.proactive.life_events import LifeEvents

_WHEN = ("내일 오전 9시", "매주 월요일 오전 9시", "매달 1일 오전 9시")
"""Offered where the citizen did not say when."""
_FAULTS = {
    "past": "remind_when_past",
    "no_such_day": "remind_no_such_day",
    "bad_number": "remind_bad_number",
    "no_service": "remind_no_service",
    "unknown_dong": "waste_unknown_dong",
    "which_day": "event_which_day",
    "not_yet": "event_not_yet",
    "far": "event_far",
}
"""Fault of the last answer → line of the persona."""
_ASKS = {
    "when": "remind_ask_when",
    "dong": "waste_ask_dong",
    "number": "remind_ask_number",
    "service": "remind_which_service",
    "event": "event_which",
}


def question(turn: Turn, voice: Voice, draft: Draft, events: LifeEvents, dongs: Sequence[str]) -> Said:
    """The question for what is missing; what was wrong with the last answer comes first."""
    buttons: list[Button] = []
    match draft.missing:
        case "when":
            buttons = [Button(label=when, payload=payload("subscribe", when=when)) for when in _WHEN]
        case "dong":
            buttons = [Button(label=dong, payload=payload("give_dong", dong=dong)) for dong in dongs]
        case "service":
            buttons = [
                Button(label=shorten_label(name), payload=payload("subscribe", service_id=id_))
                for id_, name in draft.choices.items()
            ]
        case "event":
            buttons = [
                Button(label=event.name, payload=payload("life_event", event=event.id))
                for event in events.all().values()
            ]
        case "event_date":
            label = voice.say("event_unknown_day")
            buttons = [Button(label=label, payload=payload("life_event", event=draft.event, day="unknown"))]
    return Said(Outcome.ASKED_BACK, _text(turn, voice, draft, events), buttons=tuple(buttons))


def _text(turn: Turn, voice: Voice, draft: Draft, events: LifeEvents) -> str:
    if draft.fault:
        values = {"dong": draft.said, "about": draft.said}
        return voice.say(_FAULTS[draft.fault], turn.seed, **values)
    if draft.missing == "event_date":
        return events.all()[draft.event].ask
    if draft.missing == "service" and not draft.choices:
        return voice.say("remind_ask_service", turn.seed)
    return voice.say(_ASKS[draft.missing], turn.seed)
