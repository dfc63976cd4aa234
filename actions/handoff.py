"""A person, please; and yes or no to whatever was offered last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from actions.answer import FromAnswers
from actions.answering import Answering, candidates, person_buttons
from actions.awaiting import Awaiting
from actions.erase import confirm
from actions.reply import Said
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.outcomes import Outcome

Agreed = Callable[[Turn], Awaitable[Said | None]]
"""What is done on a yes; None when there is nothing to do after all."""

ASKED = Said(Outcome.HANDED_OFF, handoff="asked")
"""The gateway queues the conversation and tells the citizen their place."""


class ActionRequestHandoff(FromAnswers):
    """The citizen asked for a person, or perhaps for something else."""

    action = "action_request_handoff"

    async def respond(self, turn: Turn) -> Said:
        """Only the wish; the gateway says the rest. An answer that is likelier meant comes with the offer."""
        found = await self.answering.find(turn)
        if not found.likelier_than(turn):
            return replace(ASKED, candidates=candidates(found.hits))
        answered = self.answering.respond(turn, found)
        slots = {**answered.slots, "pending_offer": "handoff"}
        return replace(answered, buttons=person_buttons(self.voice, turn), slots=slots)


class ActionAffirm(FromAnswers):
    """Yes. `offers` are what a part may offer, by the name in the slot `pending_offer`."""

    action = "action_affirm"

    def __init__(
        self, content: ContentStore, clock: Clock, answering: Answering, offers: Mapping[str, Agreed]
    ) -> None:
        super().__init__(content, clock, answering)
        self.offers = offers

    async def respond(self, turn: Turn) -> Said:
        """Does what was offered; a yes to nothing gets a friendly word."""
        agreed = self.offers.get(turn.slot("pending_offer") or "")
        said = await agreed(turn) if agreed else None
        if said is not None:
            return said
        match turn.slot("pending_offer"):
            case "handoff":
                return ASKED
            case "erase":
                return confirm(self.voice, turn)
            case "choice":
                answers = self.answering.offered(turn)
                if len(answers) == 1:
                    return self.answering.give(turn, answers[0])
                if answers:
                    return self.answering.offer(turn, answers)
        return Said(Outcome.CHATTED, self.voice.say("affirm", turn.seed))


class ActionDeny(FromAnswers):
    """No."""

    action = "action_deny"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, awaiting: Awaiting) -> None:
        super().__init__(content, clock, answering)
        self.awaiting = awaiting

    async def respond(self, turn: Turn) -> Said:
        """Drops what was offered; after "none of these" help is offered."""
        match turn.slot("pending_offer"):
            case "erase":
                return Said(Outcome.CHATTED, self.voice.say("erase_cancelled", turn.seed))
            case "choice":
                return await self.awaiting.offer(turn, self.answering.none_fits(turn))
        return Said(Outcome.CHATTED, self.voice.say("deny", turn.seed))
