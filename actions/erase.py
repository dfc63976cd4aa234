"""Erase what I wrote: asked once more, then done by the gateway."""

from __future__ import annotations

from actions.card import payload
from actions.reply import Said, Speaking
from actions.turn import Turn
from bot.content.persona import Voice
from bot.messages import Button
from bot.outcomes import Outcome


class ActionEraseData(Speaking):
    """Asks whether everything is really to be erased."""

    action = "action_erase_data"

    async def respond(self, turn: Turn) -> Said:
        """The question; `action_affirm` hears the yes, and so does asking for it twice."""
        if turn.slot("pending_offer") == "erase":
            return confirm(self.voice, turn)
        buttons = (
            Button(label="네, 지워 주세요", payload=payload("affirm")),
            Button(label="아니요", payload=payload("deny")),
        )
        return Said(
            Outcome.ASKED_BACK,
            self.voice.say("erase_ask", turn.seed),
            buttons=buttons,
            slots={"pending_offer": "erase"},
        )


def confirm(voice: Voice, turn: Turn) -> Said:
    """The citizen said yes: what the bot remembers is forgotten here, the log by the gateway."""
    return Said(
        Outcome.ERASED,
        voice.say("erased", turn.seed),
        erase=True,
        slots=dict.fromkeys(turn.remembered),
    )
