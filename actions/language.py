"""Plain language or another language: asked for in words or by a button, kept until something else is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from actions.answer import FromAnswers
from actions.card import payload
from actions.reply import Said
from actions.turn import WISHED, Turn
from bot.content.models import LANGUAGES
from bot.messages import Button
from bot.outcomes import Outcome

NAMES: Mapping[str, str] = {"en": "English", "zh": "中文", "vi": "Tiếng Việt", "plain": "쉬운 말"}
"""How each is called by those who want it."""
_WISHES: Mapping[str, re.Pattern[str]] = {
    "ko": re.compile(
        r"다시 ?(원래|한국)|원래대로|원래 ?(글|말)로|한국(어|말)로|(in|speak) korean|韩语回答|bằng tiếng hàn"
    ),
    "plain": re.compile(r"쉬운|쉽게|알기 ?쉬|easy|simple|plain"),
    "en": re.compile(r"영어|잉글리|english|英[语語]|tiếng anh"),
    "zh": re.compile(r"중국|chinese|中文|汉语|漢語|普通话|tiếng trung"),
    "vi": re.compile(r"베트남|월남|vietnam|越南|tiếng việt|tieng viet"),
}
"""Words by which it is asked for, lower case; the first that is found counts."""
_CANNOT = re.compile(r"한국(어|말)(을|은|를|도)? ?(잘 ?)?(못|안|서툴)")


class ActionChangeLanguage(FromAnswers):
    """Answers in what was asked for from now on, and says the last answer again in it."""

    action = "action_change_language"

    async def respond(self, turn: Turn) -> Said:
        """The last answer in those words; a question in another language is answered as a question."""
        wish = turn.entity("language") or wished(turn.text)
        if wish is None and turn.heard in LANGUAGES:
            found = await self.answering.find(turn)
            if found.kind == "answer":
                return self.answering.respond(turn, found)
        if wish not in {*NAMES, "ko"}:
            said = self.voice.to(turn.language).say("change_language", turn.seed)
            return Said(Outcome.CHATTED, said, buttons=buttons())
        again = turn.in_language(str(wish))
        key = "language_back" if wish == "ko" else "language_changed"
        text = self.voice.to(again.language).say(key, turn.seed)
        slots = {WISHED: None if wish == "ko" else wish}
        answer = self.answering.get(turn, turn.entity("answer_id") or turn.slot("last_answer_id"))
        if answer is None:
            return Said(Outcome.CHATTED, text, slots=slots)
        given = self.answering.give(again, answer, text=text)
        return replace(given, slots={**given.slots, **slots})


def wished(text: str) -> str | None:
    """What a citizen asks to be answered in: `ko`, `plain` or one of `LANGUAGES`; None when it is none."""
    plain = unicodedata.normalize("NFC", text).lower()
    if _CANNOT.search(plain):
        plain = _CANNOT.sub("", plain)
    return next((name for name, words in _WISHES.items() if words.search(plain)), None)


def buttons() -> tuple[Button, ...]:
    """One for everything that can be asked for."""
    return tuple(
        Button(label=label, payload=payload("change_language", language=name))
        for name, label in NAMES.items()
    )
