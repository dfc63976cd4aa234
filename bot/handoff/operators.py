"""What operators do with a conversation: take it, speak, hand it on, sleep on it, give it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from bot.channel import Channel, DeliveryError
from bot.feed import Feed
from bot.handoff.desk import HandoffDesk
from bot.handoff.memory import Memory
from bot.handoff.takeover import ways_on
from bot.log.log import ConversationLog
from bot.messages import Outbound
from bot.speech import Speech
from bot.turns import Turns

log = structlog.get_logger(__name__)


class Operators:
    """The desk with everything that goes with its changes: the citizen is told, pages are, the bot is."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        desk: HandoffDesk,
        speech: Speech,
        turns: Turns,
        feed: Feed,
        channels: Mapping[str, Channel],
        memory: Memory | None,
    ) -> None:
        self._log = conversation_log
        self._desk = desk
        self._speech = speech
        self._turns = turns
        self._feed = feed
        self._channels = channels
        self._memory = memory

    async def claim(self, conversation_id: int, operator_id: int, name: str) -> bool:
        """An operator takes the conversation over; False when another was faster."""
        if not await self._desk.claim(conversation_id, operator_id):
            return False
        await self._notice(conversation_id, self._say("operator_joined", conversation_id, operator=name))
        return True

    async def reopen(self, conversation_id: int, operator_id: int, name: str) -> bool:
        """An operator takes up what was closed; False when it is not closed any more."""
        if not await self._desk.reopen(conversation_id, operator_id):
            return False
        await self._notice(conversation_id, self._say("operator_joined", conversation_id, operator=name))
        return True

    async def say(self, conversation_id: int, text: str, operator_id: int) -> bool:
        """Send what an operator wrote; False, and nothing is sent, unless the conversation is theirs."""
        rows = await self._log.say(conversation_id, [Outbound(text=text)], "operator", operator_id)
        if not rows:
            return False
        await self._news("message", conversation_id)
        self._turns.wake(conversation_id)
        return True

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        """Give the conversation back to the bot, which is told; False when the operator has it not."""
        if not await self._desk.release(conversation_id, operator_id):
            return False
        back = await self._remember(conversation_id)
        message = self._say("operator_left", conversation_id)
        if back:
            aside = self._say("form_set_aside", conversation_id)
            button = self._speech.button("service_resume", back)
            text = f"{message.text}\n{aside.text}"
            message = message.model_copy(update={"text": text, "buttons": (button,)})
        await self._notice(conversation_id, message)
        return True

    async def close(self, conversation_id: int, operator_id: int, category: str | None = None) -> bool:
        """End the conversation; False when the operator has it not."""
        if not await self._desk.close(conversation_id, operator_id, category):
            return False
        await self._remember(conversation_id)
        await self._notice(conversation_id, self._say("conversation_closed", conversation_id))
        return True

    async def transfer(
        self,
        conversation_id: int,
        operator_id: int,
        name: str,
        note: str = "",
        *,
        department_id: str | None = None,
        to_operator_id: int | None = None,
    ) -> list[int] | None:
        """Hand it on to a department or to a person, by whose `name` the citizen hears of it.

        Returns whom the note for them calls; None when the operator has it not.
        """
        called = await self._desk.transfer(
            conversation_id,
            operator_id,
            name,
            note,
            department_id=department_id,
            to_operator_id=to_operator_id,
        )
        if called is None:
            return None
        sentence = "passed_to_person" if department_id is None else "passed_to_department"
        message = self._say(sentence, conversation_id, to=name)
        await self._notice(conversation_id, message.model_copy(update={"buttons": ways_on(self._speech)}))
        return called

    async def snooze(self, conversation_id: int, operator_id: int, until: datetime) -> bool:
        """Sleep on it; False when the operator has it not."""
        done = await self._desk.snooze(conversation_id, operator_id, until)
        if done:
            await self.changed(conversation_id)
        return done

    async def wake(self, conversation_id: int, operator_id: int) -> bool:
        """Go on with it; False when the operator does not sleep on it."""
        done = await self._desk.wake(conversation_id, operator_id)
        if done:
            await self.changed(conversation_id)
        return done

    async def changed(self, conversation_id: int) -> None:
        """Open pages are to look again."""
        await self._news("conversation", conversation_id)

    async def left_alone(self, conversation_id: int) -> None:
        """Tell a citizen that another person is looked for (`HandoffDesk.lapse`)."""
        message = self._say("left_alone", conversation_id)
        await self._notice(conversation_id, message.model_copy(update={"buttons": ways_on(self._speech)}))

    async def typing(self, conversation_id: int, operator_id: int) -> bool:
        """Show the citizen that an operator writes, where their channel can; False where it cannot."""
        conversation = await self._log.conversation(conversation_id)
        if conversation is None or (conversation.state, conversation.operator_id) != (
            "operator",
            operator_id,
        ):
            return False
        channel = self._channels.get(conversation.channel)
        if channel is None or not channel.capabilities.typing:
            return False
        try:
            await channel.typing(conversation.user_id)
        except DeliveryError as error:
            log.warning("typing_not_shown", channel=conversation.channel, reason=str(error))
            return False
        return True

    async def _remember(self, conversation_id: int) -> str:
        return "" if self._memory is None else await self._memory.hand_back(conversation_id)

    def _say(self, sentence: str, conversation_id: int, **values: str) -> Outbound:
        return self._speech.say(sentence, f"{conversation_id}:{sentence}", **values)

    async def _notice(self, conversation_id: int, message: Outbound) -> None:
        await self._log.say(conversation_id, [message], author="system")
        await self._news("conversation", conversation_id)
        self._turns.wake(conversation_id)

    async def _news(self, kind: str, conversation_id: int) -> None:
        await self._feed.publish("console", {"kind": kind, "conversation_id": conversation_id})
