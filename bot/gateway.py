"""The entrance: what a channel received and what an operator says come in here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.channel import Channel
from bot.feed import Feed
from bot.handoff.desk import HandoffDesk
from bot.handoff.memory import Memory
from bot.handoff.operators import Operators
from bot.identity.entrance import Entrance
from bot.identity.vault import Vault
from bot.log.log import ConversationLog
from bot.messages import REST, Inbound, Notice, NoticeKind, Outbound
from bot.rights.forgetting import Forgetting
from bot.speech import Speech
from bot.turns import Turns


class Gateway(Operators):
    """Commits first, then works: when `receive` returns, the message can no longer be lost."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        desk: HandoffDesk,
        speech: Speech,
        forgetting: Forgetting,
        turns: Turns,
        feed: Feed,
        vault: Vault | None = None,
        channels: Mapping[str, Channel] | None = None,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(conversation_log, desk, speech, turns, feed, channels or {}, memory)
        self._entrance = Entrance(vault, conversation_log.last_said)
        self._forgetting = forgetting

    async def receive(self, inbound: Inbound) -> bool:
        """Take a citizen's message; False when it was taken before. Personal data is masked here."""
        stored = await self._log.receive(await self._entrance.admit(inbound))
        if stored is None:
            return False
        await self._news("message", stored.conversation_id)
        self._turns.wake(stored.conversation_id, inbound)
        return True

    async def note(self, notice: Notice) -> None:
        """Take news that is no message."""
        if notice.kind is NoticeKind.LEFT:
            conversation_id = await self._log.left(notice.channel, notice.user_id)
            if conversation_id is not None:
                await self._desk.withdraw(conversation_id)
        elif notice.kind is NoticeKind.DELETED:
            conversation_id = await self._log.retract(notice.channel, notice.message_id)
        else:
            conversation_id = await self._log.undelivered(notice.channel, notice.message_id, notice.reason)
        if conversation_id is not None:
            await self._news("conversation", conversation_id)

    def not_ready(self, inbound: Inbound, *, comes: bool) -> Outbound:
        """What is said on a platform that cannot wait for the reply.

        Unless the reply `comes` by itself there is a button that fetches it.
        """
        seed = f"{inbound.channel}:{inbound.user_id}:{inbound.message_id}"
        message = self._speech.say("coming" if comes else "not_ready", seed)
        if not comes:
            message = message.model_copy(update={"buttons": (self._speech.button("fetch", REST),)})
        return message

    async def telling(self, inbound: Inbound, message: Outbound) -> int | None:
        """Write down what is about to be said in a response; its row, for `told`."""
        conversation = await self._log.find(inbound.channel, inbound.user_id)
        if conversation is None:
            return None
        (row,) = await self._log.say(conversation.id, [message], author="bot", delivery="sending")
        await self._news("message", conversation.id)
        return row.id

    async def told(self, row_id: int, error: str) -> None:
        """The response of `telling` is out; with `error` nobody knows whether it arrived."""
        if error:
            await self._log.uncertain([row_id], error)
        else:
            await self._log.taken({row_id: 1}, [row_id], "")

    def apology(self, inbound: Inbound) -> Outbound:
        """What a citizen is told when their message cannot even be written down."""
        return self._speech.with_hours(
            "bot_down", f"{inbound.channel}:{inbound.user_id}:{inbound.message_id}"
        )

    async def see_to(self, conversation_id: int) -> None:
        """Deliver what another part has written down to be said."""
        await self._news("message", conversation_id)
        self._turns.wake(conversation_id)

    async def tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        """Say something unasked: a reminder, news of a case. False when it was said before under `once`.

        Raises `LookupError` if the conversation does not exist.
        """
        if not await self._log.tell(conversation_id, messages, once):
            return False
        await self._news("message", conversation_id)
        self._turns.wake(conversation_id)
        return True

    async def erase(self, conversation_id: int) -> str:
        """Remove all that is known of a citizen; the number of the receipt, empty if there was nothing.

        What is out of reach, like a bot that is down, forgets as soon as it can be reached.
        """
        conversation = await self._log.conversation(conversation_id)
        if conversation is None:
            return ""
        receipt = self._forgetting.receipt(conversation.channel, conversation.user_id)
        await self._log.erase(conversation_id, receipt=receipt)
        await self._forgetting.settle(receipt)
        await self._news("conversation", conversation_id)
        return receipt.number
