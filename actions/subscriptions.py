"""The reminders a citizen has: shown, and switched off by a tap or a word."""

from __future__ import annotations

import re

from actions.card import payload
from actions.reply import Said, Speaking
from actions.turn import Clock, Turn
from actions.wishes import Wishes, meant
from bot.content.store import ContentStore
from bot.messages import Button
from bot.outcomes import Outcome
from bot.proactive.said import describe
from bot.proactive.subscriptions import Standing
from bot.rights.purposes import Purpose

_SHOWN = 9
"""Reminders shown at once: each has a button, and there is one for all."""
_ALL = "all"
_EVERYTHING = re.compile(r"전부|모두|다\s|싹|모든")
_SEVERAL = 2


class OnSubscriptions(Speaking):
    """An action on the reminders a citizen has."""

    def __init__(self, content: ContentStore, clock: Clock, wishes: Wishes) -> None:
        super().__init__(content, clock)
        self.wishes = wishes

    async def mine(self, turn: Turn) -> tuple[int | None, list[Standing]]:
        """The conversation's number and its reminders."""
        conversation_id = await self.wishes.conversation_id(turn)
        if conversation_id is None:
            return None, []
        return conversation_id, await self.wishes.subscriptions.of(conversation_id)

    def none(self, turn: Turn) -> Said:
        """There is nothing switched on."""
        return Said(Outcome.ANSWERED_SERVICE, self.voice.say("remind_none", turn.seed))


class ActionListSubscriptions(OnSubscriptions):
    """What is switched on, each with a button that switches it off."""

    action = "action_list_subscriptions"

    async def respond(self, turn: Turn) -> Said:
        """A numbered list."""
        conversation_id, mine = await self.mine(turn)
        waiting = await self.wishes.waits.of(conversation_id) if conversation_id else []
        if not mine:
            return self._waits(turn, waiting) if waiting else self.none(turn)
        today = turn.now.date()
        lines = [
            f"{number}. {describe(self.voice, each.wish, today)}"
            for number, each in enumerate(mine[:_SHOWN], start=1)
        ]
        buttons = [
            Button(
                label=self.voice.say("remind_off_button", number=number),
                payload=payload("unsubscribe", reminder=str(each.id)),
            )
            for number, each in enumerate(mine[:_SHOWN], start=1)
        ]
        if len(mine) >= _SEVERAL:
            buttons.append(_all_off(self.voice.say("remind_all_off_button")))
        text = self.voice.say("remind_list", turn.seed, count=len(mine), list="\n".join(lines))
        before = (self._waits(turn, waiting).message,) if waiting else ()
        return Said(Outcome.ANSWERED_SERVICE, text, buttons=tuple(buttons), before=before)

    def _waits(self, turn: Turn, waiting: list[str]) -> Said:
        """The questions that are to be answered yet."""
        questions = "\n".join(f"- {question}" for question in waiting)
        text = self.voice.say("answer_waits_list", turn.seed, list=questions)
        label = self.voice.say("answer_stop_button", turn.seed)
        stop = Button(label=label, payload=payload("withdraw_consent", purpose=Purpose.ANSWER))
        return Said(Outcome.ANSWERED_SERVICE, text, buttons=(stop,))


class ActionUnsubscribe(OnSubscriptions):
    """Ends the reminder of the button, those the words name, or all."""

    action = "action_unsubscribe"

    async def respond(self, turn: Turn) -> Said:
        """Done at once: nobody is asked whether they are sure."""
        conversation_id, mine = await self.mine(turn)
        if conversation_id is None:
            return self.none(turn)
        ending = self._meant(turn, mine)
        if len(ending) == len(mine):
            stopped = await self.wishes.waits.end(conversation_id)
            if stopped and not mine:
                text = self.voice.say("answer_waits_off", turn.seed, count=stopped)
                return Said(Outcome.ANSWERED_SERVICE, text)
        if not mine:
            return self.none(turn)
        if not ending:  # tapped twice
            return Said(Outcome.ANSWERED_SERVICE, self.voice.say("remind_off_before", turn.seed))
        await self.wishes.subscriptions.end(conversation_id, [each.id for each in ending])
        left = len(mine) - len(ending)
        if not left:
            return Said(Outcome.ANSWERED_SERVICE, self.voice.say("remind_all_off", turn.seed))
        today = turn.now.date()
        what = "\n".join(f"- {describe(self.voice, each.wish, today)}" for each in ending)
        text = self.voice.say("remind_off", turn.seed, what=what, left=left)
        return Said(
            Outcome.ANSWERED_SERVICE, text, buttons=(_all_off(self.voice.say("remind_all_off_button")),)
        )

    def _meant(self, turn: Turn, mine: list[Standing]) -> list[Standing]:
        tapped = turn.entity("reminder")
        if tapped and tapped != _ALL:
            return [each for each in mine if str(each.id) == tapped]
        if tapped == _ALL or not turn.typed or _EVERYTHING.search(turn.text):
            return mine
        return meant(mine, turn.text)


def _all_off(label: str) -> Button:
    return Button(label=label, payload=payload("unsubscribe", reminder=_ALL))
