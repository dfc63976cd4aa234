"""Questions answered from content, and what a citizen may do with an answer: pick, unfold, repeat."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import replace

from actions.answering import Answering, candidates
from actions.awaiting import Awaiting
from actions.jurisdiction import Owners
from actions.person_talk import going_on, said_again
from actions.reply import Said, Speaking
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.messages import Button
from bot.outcomes import Outcome

Instead = Callable[[Turn], Awaitable[Said | None]]
"""What is said where no answer fits; None where nothing better than that is known."""

COUNTED = (
    (1, ("첫", "하나", "처음", "맨위", "일번")),
    (2, ("두번", "두 번", "둘째", "둘", "이번째", "이번꺼")),
    (3, ("세번", "세 번", "셋째", "셋", "삼번")),
    (-1, ("마지막", "맨아래", "끝에")),
)


class FromAnswers(Speaking):
    """An action that may answer from content."""

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering) -> None:
        super().__init__(content, clock)
        self.answering = answering

    async def or_asked(self, turn: Turn, said: Said) -> Said:
        """`said`, unless the words, which mean nothing else here, have an answer or a choice."""
        if not turn.typed:
            return said
        found = await self.answering.find(turn)
        if found.kind == "reject":
            return replace(said, candidates=candidates(found.hits))
        return self.answering.respond(turn, found)


class ActionAnswer(FromAnswers):
    """Answer by retrieval; what is no business of the city is declined unless an answer fits well."""

    action = "action_answer"

    def __init__(
        self,
        content: ContentStore,
        clock: Clock,
        answering: Answering,
        owners: Owners,
        instead: Instead,
        awaiting: Awaiting,
    ) -> None:
        super().__init__(content, clock, answering)
        self.owners = owners
        self.instead = instead
        self.awaiting = awaiting

    async def respond(self, turn: Turn) -> Said:
        """The answer, the choice, whose business it is, what else helps, or an honest "I do not know"."""
        found = await self.answering.find(turn)
        said = self.answering.respond(turn, found)
        declined = turn.intent == "out_of_scope" and not found.likelier_than(turn)
        if declined or said.outcome is Outcome.UNANSWERED:
            elsewhere = await self.owners.elsewhere(turn, places=not declined)
            if elsewhere is not None:
                return replace(elsewhere, candidates=said.candidates)
        if not declined and said.outcome is Outcome.UNANSWERED:
            helped = await going_on(turn, self.answering, self.voice) or await self.instead(turn)
            if helped is None:
                return await self.awaiting.offer(turn, said)
            return replace(helped, candidates=said.candidates)
        if not declined:
            return said
        return Said(
            Outcome.REFUSED,
            self.voice.to(turn.language).say("out_of_scope", turn.seed),
            buttons=menu(self),
            candidates=said.candidates,
            detail={"decision": "reject"},
        )


class ActionJurisdiction(FromAnswers):
    """Answers "whose business is this?"."""

    action = "action_jurisdiction"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, owners: Owners) -> None:
        super().__init__(content, clock, answering)
        self.owners = owners

    async def respond(self, turn: Turn) -> Said:
        """An answer that is likelier meant; another's business with the way to them; else ours."""
        found = await self.answering.find(turn)
        elsewhere = None if found.likelier_than(turn) else await self.owners.elsewhere(turn)
        if elsewhere is not None:
            return replace(elsewhere, candidates=candidates(found.hits))
        if found.kind == "reject" or self.owners.of(turn.text) is not None:
            return replace(self.owners.ours(turn), candidates=candidates(found.hits))
        return self.answering.respond(turn, found)


class ActionChooseAnswer(FromAnswers):
    """The answer picked by a button or by its number among those offered."""

    action = "action_choose_answer"

    async def respond(self, turn: Turn) -> Said:
        """The answer; words without a number may be a question; or word that nothing has that number."""
        id_ = turn.entity("answer_id") if not turn.typed else chosen(turn)
        answer = self.answering.get(turn, id_)
        if answer:
            return await self.answering.pick(turn, answer)
        gone = Said(Outcome.ASKED_BACK, self.voice.say("choice_gone", turn.seed))
        numbered = turn.entity("ordinal") or ordinal(turn.text)
        return gone if numbered else await self.or_asked(turn, gone)


class ActionShowMore(FromAnswers):
    """The whole of an answer that was shortened."""

    action = "action_show_more"

    async def respond(self, turn: Turn) -> Said:
        """The answer of the button, or the last one; without one, the words may be a question."""
        answer = self.answering.get(turn, turn.entity("answer_id") or turn.slot("last_answer_id"))
        if answer:
            original = turn.entity("language") == "ko"
            return self.answering.give(turn, answer, whole=True, original=original)
        return await self.or_asked(
            turn, Said(Outcome.ASKED_BACK, self.voice.say("nothing_to_repeat", turn.seed))
        )


class ActionAskAgain(FromAnswers):
    """What was said last, again."""

    action = "action_ask_again"

    async def respond(self, turn: Turn) -> Said:
        """What a person said since, the open choice, or the last answer."""
        if (again := said_again(turn, self.voice)) is not None:
            return again
        if turn.slot("pending_offer") == "choice":
            answers = self.answering.offered(turn)
            if answers:
                return self.answering.offer(turn, answers)
        answer = self.answering.get(turn, turn.slot("last_answer_id"))
        if answer:
            return self.answering.give(turn, answer)
        return Said(Outcome.ASKED_BACK, self.voice.say("nothing_to_repeat", turn.seed), buttons=menu(self))


def menu(action: Speaking) -> tuple[Button, ...]:
    """The persona's menu; each button says its sentence."""
    return tuple(Button(label=item.label, payload=action.voice.fill(item.says)) for item in action.voice.menu)


def chosen(turn: Turn) -> str | None:
    """The id of the offered answer whose number was typed."""
    offered = turn.slots("offered")
    number = ordinal(turn.entity("ordinal") or "") or ordinal(turn.text)
    if number is None or not -1 <= number <= len(offered) or not offered:
        return None
    return offered[-1] if number == -1 else offered[number - 1]


def ordinal(text: str) -> int | None:
    """The number in "2번", "두번째요", "첫번째거"; -1 is the last one, None no number."""
    plain = unicodedata.normalize("NFKC", text)
    digits = re.search(r"[1-9]", plain)
    if digits:
        return int(digits[0])
    for number, words in COUNTED:
        if any(word in plain for word in words):
            return number
    return None
