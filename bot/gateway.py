"""The entrance: what a channel received and what an operator says come in here, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from bot.desk import HandoffDesk
from bot.feed import Feed
from bot.identity.entrance import Entrance
from bot.identity.vault import Vault
from bot.log.log import ConversationLog
from bot.messages import REST, Inbound, Notice, NoticeKind, Outbound
from bot.rights.forgetting import Forgetting
from bot.speech import Speech
from bot.turns import Turns


class Gateway:
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
    ) -> None:
        self._log = conversation_log
        self._entrance = Entrance(vault, conversation_log.last_said)
        self._desk = desk
        self._speech = speech
        self._forgetting = forgetting
        self._turns = turns
        self._feed = feed

    async def receive(self, inbound: Inbound) -> bool:
        """Take a citizen's message; False when it was taken before. Personal data is masked here."""
        stored = await self._log.receive(await self._entrance.admit(inbound))
        if stored is None:
            return False
        await self._news("message", stored.conversation_id)
        self._turns.wake(stored.conversation_id)
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

    async def say(self, conversation_id: int, text: str, operator_id: int) -> None:
        """Send what an operator wrote."""
        await self._say(conversation_id, Outbound(text=text), "operator", operator_id)

    async def tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        """Say something unasked: a reminder, news of a case. False when it was said before under `once`.

        Raises `LookupError` if the conversation does not exist.
        """
        if not await self._log.tell(conversation_id, messages, once):
            return False
        await self._news("message", conversation_id)
        self._turns.wake(conversation_id)
        return True

    async def claim(self, conversation_id: int, operator_id: int, name: str) -> bool:
        """An operator takes the conversation over; False when another was faster."""
        if not await self._desk.claim(conversation_id, operator_id):
            return False
        await self._notice(conversation_id, "operator_joined", operator_id, operator=name)
        return True

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        """Give the conversation back to the bot; False when the operator does not hold it."""
        if not await self._desk.release(conversation_id, operator_id):
            return False
        await self._notice(conversation_id, "operator_left", operator_id)
        return True

    async def close(self, conversation_id: int, operator_id: int) -> bool:
        """End the conversation; False when the operator does not hold it."""
        if not await self._desk.close(conversation_id, operator_id):
            return False
        await self._notice(conversation_id, "conversation_closed", operator_id)
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

    async def _notice(self, conversation_id: int, sentence: str, operator_id: int, **values: str) -> None:
        message = self._speech.say(sentence, f"{conversation_id}:{sentence}", **values)
        await self._news("conversation", conversation_id)
        await self._say(conversation_id, message, "system", operator_id)

    async def _say(self, conversation_id: int, message: Outbound, author: str, operator_id: int) -> None:
        await self._log.say(conversation_id, [message], author=author, operator_id=operator_id)
        await self._news("message", conversation_id)
        self._turns.wake(conversation_id)

    async def _news(self, kind: str, conversation_id: int) -> None:
        await self._feed.publish("console", {"kind": kind, "conversation_id": conversation_id})
