"""Two requests in one message: 등본 떼고 전입신고도 하려고요."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from actions.reply import Said, Speaking
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.messages import Outbound
from bot.outcomes import Outcome

ANSWERED = (Outcome.ANSWERED_FAQ, Outcome.ANSWERED_SERVICE, Outcome.CLARIFIED)
"""What one part may end in for the whole to count as that, the best first."""


class ActionAnswerSeveral(Speaking):
    """Each request is answered by the action of its intent, in the order they were made."""

    action = "action_answer_several"

    def __init__(
        self, content: ContentStore, clock: Clock, by_intent: Mapping[str, Speaking], otherwise: Speaking
    ) -> None:
        """`otherwise` answers what no action of `by_intent` does."""
        super().__init__(content, clock)
        self._by_intent = by_intent
        self._otherwise = otherwise

    async def respond(self, turn: Turn) -> Said:
        """All answers in one reply; a message that holds one request only is answered as that."""
        requests = turn.requests
        said = [await self._answer(each) for each in requests]
        if not said:
            return await self._otherwise.respond(turn)
        return together(self.voice.say("several", turn.seed, count=len(said)), said)

    async def _answer(self, request: Turn) -> Said:
        return await self._by_intent.get(request.intent or "", self._otherwise).answer(request)


def together(opening: str, parts: Sequence[Said]) -> Said:
    """One reply of several, each with its own cards and buttons; what is remembered is the last's."""
    kinds = [part.outcome for part in parts]
    answers = [part.detail["answer_id"] for part in parts if "answer_id" in part.detail]
    best = {hit.id: hit for part in parts for hit in sorted(part.candidates, key=lambda hit: hit.score)}
    last = parts[-1]
    return replace(
        last,
        outcome=next((kind for kind in ANSWERED if kind in kinds), kinds[0]),
        before=(Outbound(text=opening), *(part.message for part in parts[:-1])),
        candidates=tuple(sorted(best.values(), key=lambda hit: -hit.score)),
        detail={"requests": kinds, "answers": answers},
        slots={name: value for part in parts for name, value in part.slots.items()},
    )
