"""The answer of a service in words, cards and buttons, as its file says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from actions.card import shorten_label
from actions.service_desk import ServiceDesk
from actions.service_state import start
from bot.content.persona import Voice
from bot.messages import Button, Card, Fact
from bot.services.answer import Facts, Named, given, shown_facts
from bot.services.models import Definition, ServiceButton

MOST_BUTTONS = 10


def words(
    definition: Definition, facts: Facts, parameters: Mapping[str, str], today: date, who: Named
) -> dict[str, str]:
    """Every placeholder of a reply: the parameters, and the fields of the answer, which win."""
    contact = who(definition.department)
    always = {"department": contact.name, "department_phone": contact.phone}
    return {**always, **parameters, **shown_facts(definition.answer, facts, today, who)}


def cards(
    definition: Definition,
    facts: Facts,
    said: Mapping[str, str],
    today: date,
    who: Named,
    voice: Voice,
) -> tuple[Card, ...]:
    """A card for each row of the list that the file names."""
    each = definition.cards
    if each is None:
        return ()
    fields = definition.row_fields(each.each)
    made = []
    for row in facts[each.each][: each.most]:
        values = {**said, **shown_facts(fields, row, today, who)}
        lines = [(label, voice.fill(text, **values)) for label, text in each.facts.items()]
        made.append(
            Card(
                title=voice.fill(each.title, **values),
                text=voice.fill(each.text, **values) if each.text else "",
                facts=tuple(Fact(label=label, value=text) for label, text in lines if text),
            )
        )
    return tuple(made)


def buttons(
    definition: Definition,
    facts: Facts,
    values: Mapping[str, str],
    said: Mapping[str, str],
    today: date,
    desk: ServiceDesk,
    voice: Voice,
) -> tuple[Button, ...]:
    """The buttons that the file names; those of a list once for each row."""
    made: list[Button] = []
    for each in definition.buttons:
        if each.each is None:
            made.append(_button(each, {**values}, facts, said, voice))
            continue
        fields = definition.row_fields(each.each)
        for row in facts[each.each]:
            shown = {**said, **shown_facts(fields, row, today, desk.department)}
            made.append(_button(each, {**values}, row, shown, voice))
    return tuple(made[:MOST_BUTTONS])


def _button(
    each: ServiceButton, values: Mapping[str, str], facts: Facts, said: Mapping[str, str], voice: Voice
) -> Button:
    label = shorten_label(voice.fill(each.label, **said))
    if each.url:
        return Button(label=label, url=each.url)
    if each.service:
        handed = {
            theirs: given(facts, ours) if ours in facts else values.get(ours, "")
            for theirs, ours in each.give.items()
        }
        return Button(label=label, payload=start(each.service, handed))
    return Button(label=label, payload=voice.fill(each.says or each.label, **said))
