"""The gateway's own sentences: the persona's wording, filled in with the department to ask instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.content.hours import opening
from bot.content.models import Department
from bot.content.persona import Voice
from bot.messages import REST, Button, Outbound, utc_now


class Speech:
    """Says a sentence of the persona. `persona` and `department` are asked anew each time: edits are live."""

    def __init__(
        self,
        persona: Callable[[], Voice],
        department: Callable[[], Department],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._persona = persona
        self._department = department
        self.clock = clock

    def say(self, sentence: str, seed: str, **values: str) -> Outbound:
        """A sentence as a message; `seed` varies the wording."""
        department = self._department()
        values = {"department": department.name, "department_phone": department.phone, **values}
        return Outbound(text=self._persona().say(sentence, seed, **values))

    def with_hours(self, sentence: str, seed: str, **values: str) -> Outbound:
        """A sentence that names the department's hours as well."""
        return self.say(sentence, seed, opening=opening(self._department(), self.clock()).text, **values)

    def with_menu(self, sentence: str, seed: str) -> Outbound:
        """A sentence with the menu's buttons under it."""
        buttons = tuple(Button(label=item.label, payload=item.says) for item in self._persona().menu)
        return self.say(sentence, seed).model_copy(update={"buttons": buttons})

    def button(self, label: str, payload: str) -> Button:
        """A button whose label is a sentence of the persona."""
        return Button(label=self._persona().say(label), payload=payload)

    def rest(self) -> Outbound:
        """What is said where more is to come, with the button that fetches it."""
        return self.say("rest", "").model_copy(update={"buttons": (self.button("fetch_rest", REST),)})

    def wants_person(self, text: str) -> bool:
        """Whether a text asks for a person in so many words, told without the bot's help."""
        squeezed = "".join(text.split())
        return any("".join(word.split()) in squeezed for word in self._persona().handoff_words)
