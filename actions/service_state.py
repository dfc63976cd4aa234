"""What is remembered of a service while the citizen is asked for its parameters: three slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from actions.card import payload
from actions.turn import Turn
from bot.services.filling import Filling
from bot.services.hearing import PERSONAL, Heard

FORM = "service_form"
START = "use_service"
"""Intent of every button here."""
CANCELLED = "cancelled"
"""Why a form stops that the citizen wants no more of."""
SLOTS = ("service", "filling", "parameters")
_MASKED = tuple(kind for kinds in PERSONAL.values() for kind in kinds)


@dataclass(frozen=True)
class State:
    """One service under way; the slots `service`, `filling` and `parameters`."""

    service: str | None = None
    filling: Filling = field(default_factory=Filling)
    unclear: tuple[str, ...] = ()
    """Services that may be meant."""
    stop: str = ""
    """Why it cannot go on: name of a ServiceError, or `empty:<parameter>`."""
    key: str = ""
    """Of an order that may have been carried out already."""

    @classmethod
    def of(cls, turn: Turn) -> State:
        """As the slots are."""
        kept = turn.mapping("filling")
        return cls(
            turn.slot("service"),
            Filling.of_json(kept),
            tuple(kept.get("unclear") or ()),
            kept.get("stop") or "",
            kept.get("key") or "",
        )

    def slots(self, *, whole: bool = False) -> dict[str, Any]:
        """Back into the slots; `whole` when nothing is missing, which ends the form."""
        filling = self.filling.to_json() | {
            "unclear": list(self.unclear),
            "stop": self.stop,
            "key": self.key,
        }
        parameters = dict(self.filling.values) if whole else None
        return {"service": self.service, "filling": filling, "parameters": parameters}


NOTHING: Mapping[str, Any] = dict.fromkeys(SLOTS)
"""The slots when no service is under way."""


def heard(turn: Turn) -> Heard:
    """A message as the form takes it."""
    return Heard(
        turn.text,
        turn.intent,
        1.0 if turn.confidence is None else turn.confidence,
        turn.now.date(),
        turn.typed,
        dict(parse_qsl(turn.entity("values") or "")) if not turn.typed else {},
        {kind: turn.kept(kind) for kind in _MASKED},
    )


def start(service: str, values: Mapping[str, str] | None = None) -> str:
    """Payload of a button that begins a service with some values."""
    return payload(START, service=service, **({"values": urlencode(values)} if values else {}))


def give(values: Mapping[str, str]) -> str:
    """Payload of a button that gives the form a value."""
    return payload(START, values=urlencode(values))
