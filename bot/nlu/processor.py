"""Rasa's processor for conversations that never end, and for messages that come twice."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.events import ActionExecutionRejected, BotUttered, Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.data import TrainingType
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name

from bot.nlu.forms import flat
from bot.nlu.handled import message_id, said_to
from bot.nlu.numbers import RasaWatch
from bot.nlu.remote import digest
from bot.nlu.runner import PlannedGraphRunner

logger = logging.getLogger(__name__)

_FAILED = "an_action_failed"
"""Attribute of a tracker in whose present turn an action failed."""


class FlatProcessor(MessageProcessor):
    """Rasa's processor, running its graph by plan; it takes no message twice."""

    def __init__(self, watch: RasaWatch, **parts: Any) -> None:
        self._watch = watch
        super().__init__(**parts)
        # The very domain that policies get: a FlatTracker made for it need not compare the two.
        self.domain = self.graph_runner.run(targets=["domain_provider"])["domain_provider"]
        self._intents, self._entities = {None, *self.domain.intents}, set(self.domain.entities)
        self._digest = digest(self.domain)

    async def handle_message(self, message: UserMessage) -> Optional[List[Dict[str, Any]]]:
        """One turn as rasa 3.6.21 takes it; the caller holds the conversation's lock.

        A message that the tracker knows by its id (`bot.nlu.handled`) gets what was said to it the first
        time, and nothing else happens. A turn in which an action failed and nothing was said is not saved: it
        has not been, and its message can come again when the action server is back.
        """
        if self.model_metadata.training_type == TrainingType.NLU:
            return await super().handle_message(message)
        channel = message.output_channel
        tracker = await self.get_tracker(message.sender_id)
        before = list(tracker.events)
        said = said_to(message.metadata, before)
        if said is None:
            await self._update_tracker_session(tracker, channel, message.metadata)
            await self._handle_message_with_tracker(message, tracker)
            tracker = await self.run_action_extract_slots(channel, tracker)
            await self._run_prediction_loop(channel, tracker)
            if self._counts(tracker, len(before)):
                await self.run_anonymization_pipeline(tracker)
                await self.save_tracker(tracker)
        else:
            logger.info("a message came again and is answered as before: %s", message_id(message.metadata))
            await self._send_bot_messages(said, tracker, channel)
        return channel.messages if isinstance(channel, CollectingOutputChannel) else None

    async def parse_message(self, message: UserMessage, *args: Any, **kwargs: Any) -> Dict[str, Any]:
        """As Rasa's; it is measured."""
        with self._watch.understanding():
            return await super().parse_message(message, *args, **kwargs)

    @staticmethod
    def _counts(tracker: DialogueStateTracker, before: int) -> bool:
        """Whether the turn that began after so many events went well, or was answered all the same."""
        failed = vars(tracker).pop(_FAILED, False)
        new = list(tracker.events)[before:]
        if failed and not any(isinstance(event, BotUttered) for event in new):
            logger.error("an action failed and nothing was said: the turn is dropped")
            return False
        return True

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """As Rasa's, which logs the failure of an action and goes on; the turn is marked by it."""
        action = flat(action, self._digest)
        run = action.run

        async def noted(*arguments: Any) -> List[Event]:
            try:
                return await run(*arguments)
            except ActionExecutionRejection:
                raise
            except Exception:
                setattr(tracker, _FAILED, True)
                self._watch.failed(action.name())
                raise

        action.run = noted  # an action is made for each time it runs
        return await super()._run_action(action, tracker, output_channel, nlg, prediction)

    def _check_for_unseen_features(self, parse_data: Dict[str, Any]) -> None:
        """Rasa's warning, which builds a whole domain to see whether there is one, only when it is due."""
        unseen = {entity["entity"] for entity in parse_data["entities"] or []} - self._entities
        if unseen or parse_data["intent"]["name"] not in self._intents:
            super()._check_for_unseen_features(parse_data)

    def _log_action_on_tracker(
        self,
        tracker: DialogueStateTracker,
        action: Action,
        events: Optional[List[Event]],
        prediction: PolicyPrediction,
    ) -> None:
        """As Rasa's, without copying everything for two lines of the debug log."""
        events = events or []
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)

    @staticmethod
    def _load_model(model_path: Any) -> Tuple[str, ModelMetadata, GraphRunner]:
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), Path(model_path), LocalModelStorage, PlannedGraphRunner
            )
        return os.path.basename(model_path), metadata, runner
