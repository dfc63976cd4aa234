"""Rasa's forms, whose questions and checks are called as every other action is."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.core.actions.action import Action, RemoteAction, action_for_name_or_text
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.nlu.remote import FlatRemoteAction


class FlatForm(FormAction):
    """Rasa's form calls the action server by `RemoteAction`, whatever runs the form itself."""

    def __init__(self, name: str, action_endpoint: Optional[EndpointConfig], digest: str) -> None:
        super().__init__(name, action_endpoint)
        self._digest = digest

    async def validate_slots(
        self,
        slot_candidates: Dict[str, Any],
        tracker: DialogueStateTracker,
        domain: Domain,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
    ) -> List[Event]:
        """As Rasa's: what the form's own action makes of the values; nothing where it has none."""
        name = f"validate_{self.name()}"
        if name not in domain.action_names_or_texts:
            return []
        found: List[Event] = [SlotSet(slot, value) for slot, value in slot_candidates.items()]
        heard = self._temporary_tracker(tracker, found, domain)
        check = FlatRemoteAction(name, self.action_endpoint, self._digest)
        return await check.run(output_channel, nlg, heard, domain)

    async def _ask_for_slot(
        self,
        domain: Domain,
        nlg: NaturalLanguageGenerator,
        output_channel: OutputChannel,
        slot_name: str,
        tracker: DialogueStateTracker,
    ) -> List[Event]:
        name = self._name_of_utterance(domain, slot_name)
        if not name:
            return []
        ask = flat(action_for_name_or_text(name, domain, self.action_endpoint), self._digest)
        return await ask.run(output_channel, nlg, tracker, domain)


def flat(action: Action, digest: str) -> Action:
    """The action with calls that cost little (`bot.nlu.remote`); one that calls nothing is as it was."""
    if type(action) is RemoteAction:
        return FlatRemoteAction(action.name(), action.action_endpoint, digest)
    if type(action) is FormAction:
        return FlatForm(action.name(), action.action_endpoint, digest)
    return action
