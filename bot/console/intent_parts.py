"""Small parts of the pages of intents: an example cut into its words and marks, and names of entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.console.words import N_
from bot.studio.intents_marks import read_marks

NAME = r"{name:[A-Za-z0-9_.\-]{1,80}}"
"""An intent in an address."""
ENTITIES = {
    "item": N_("버릴 물건"),
    "dong": N_("동네"),
    "office": N_("부서·기관"),
    "receipt_number": N_("접수번호"),
    "ordinal": N_("순서"),
    "benefit": N_("형편"),
    "date": N_("날짜"),
    "time": N_("시각"),
    "period": N_("기간"),
    "money": N_("금액"),
    "age": N_("나이"),
}
_COLOURS = 6


@dataclass(frozen=True)
class Piece:
    """A part of an example; `entity` is empty where nothing is marked."""

    text: str
    entity: str
    start: int
    """Place in the example without marks."""
    colour: int
    """0 to 5, the same for every mark of an entity on a page."""

    @property
    def label(self) -> str:
        """What the entity is called; still to be translated."""
        return ENTITIES.get(self.entity, self.entity)


def pieces(raw: str, entities: Sequence[str]) -> list[Piece]:
    """An example in pieces, from left to right; `entities` in an order that does not change."""
    plain, marks = read_marks(raw)
    found, position = [], 0
    for mark in marks:
        if mark.start > position:
            found.append(Piece(plain[position : mark.start], "", position, 0))
        place = entities.index(mark.entity) if mark.entity in entities else len(entities)
        found.append(Piece(plain[mark.start : mark.end], mark.entity, mark.start, place % _COLOURS))
        position = mark.end
    if position < len(plain):
        found.append(Piece(plain[position:], "", position, 0))
    return found
