"""Rasa's calls of the action server, without what repeats itself at every call.

The domain goes along only when the action server asks for it: rasa-sdk 3.21 keeps the last one by its
`domain_digest` and answers 449 when it has another or none (`ActionExecutor.update_and_return_domain`).
Events of earlier turns stay here: what an action needs of them is in slots.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from typing import Any, ContextManager, Dict, List, Optional

import aiohttp
import rasa
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.telemetry.calls import CallWatch

_WANTS_DOMAIN = 449
_ANSWER = Draft202012Validator(RemoteAction.action_response_format_spec())
"""What an action server may answer. Rasa proves at every answer that this is a schema: 20 ms."""


class ActionServer(EndpointConfig):
    """The endpoint in `endpoints.yml`, with connections that stay open."""

    watch: Optional[CallWatch] = None
    _open: Optional[aiohttp.ClientSession] = None

    @classmethod
    def at(cls, place: Optional[EndpointConfig], watch: Optional[CallWatch] = None) -> Optional[ActionServer]:
        """The same place; None where there is none."""
        if place is None:
            return None
        server = cls()
        vars(server).update(vars(place), watch=watch)
        return server

    def session(self) -> ContextManager[aiohttp.ClientSession]:
        """Whoever enters what Rasa's gives closes it at the end; this one stays open."""
        if self._open is None or self._open.closed:
            self._open = super().session()
            if self.watch is not None:
                seen = self.watch.config()
                seen.freeze()
                self._open.trace_configs.append(seen)  # Rasa's way to open a session takes none
        return nullcontext(self._open)

    async def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            await self._open.close()


class FlatRemoteAction(RemoteAction):
    """Rasa's custom action; `digest` is that of the domain it is called with."""

    def __init__(self, name: str, action_endpoint: Optional[EndpointConfig], digest: str) -> None:
        super().__init__(name, action_endpoint)
        self._digest = digest
        self._with_domain = False

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> List[Event]:
        """As Rasa's; once more, with the domain, when the action server wants it."""
        try:
            return await super().run(output_channel, nlg, tracker, domain)
        except RasaException as error:
            if self._with_domain or not _wants_domain(error):
                raise
        self._with_domain = True
        return await super().run(output_channel, nlg, tracker, domain)

    def _action_call_format(self, tracker: DialogueStateTracker, domain: Domain) -> Dict[str, Any]:
        """As Rasa's, with the events of the present turn alone: a long conversation costs no more."""
        state = tracker.current_state()
        state["events"] = [event.as_dict() for event in _present_turn(tracker)]
        body = {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": state,
            "version": rasa.__version__,
            "domain_digest": self._digest,
        }
        return {**body, "domain": domain.as_dict()} if self._with_domain else body

    def _validate_action_result(self, result: Dict[str, Any]) -> bool:
        """Raises jsonschema's ValidationError, as Rasa's does."""
        if not _plainly_right(result):
            wrong = best_match(_ANSWER.iter_errors(result))
            if wrong is not None:
                raise wrong
        return True


def _plainly_right(result: Any) -> bool:
    """Whether an answer surely fits `_ANSWER`: what our actions say does, and is seen ten times as fast."""
    return isinstance(result, dict) and all(
        isinstance(result.get(name), list) and all(map(fits, result[name]))
        for name, fits in (("events", _is_slot), ("responses", lambda said: isinstance(said, dict)))
    )


def _is_slot(event: Any) -> bool:
    return (
        isinstance(event, dict)
        and event.keys() <= {"event", "timestamp", "name", "value"}
        and event.get("event") == "slot"
        and isinstance(event.get("name"), str)
        and "value" in event
        and isinstance(event.get("timestamp"), (int, float, type(None)))
    )


def _present_turn(tracker: DialogueStateTracker) -> List[Event]:
    """What happened since the citizen's last message, with the message; everything while there is none."""
    events = list(tracker.events)
    for place in reversed(range(len(events))):
        if isinstance(events[place], UserUttered):
            return events[place:]
    return events


def _wants_domain(error: RasaException) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientResponseError) and cause.status == _WANTS_DOMAIN


def digest(domain: Domain) -> str:
    """A name for what a domain says."""
    said = json.dumps(domain.as_dict(), sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()
