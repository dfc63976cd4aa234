"""What staff may settle about the desk: the form of `data/desk.yml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from bot.content.models import Content, Line

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Category(Content):
    """What a talk was about, chosen when it is closed."""

    id: _Id
    name: Line


class DeskFile(Content):
    """`data/desk.yml`."""

    categories: tuple[Category, ...]
    lapse_minutes: Annotated[int, Field(ge=1, le=1440)]
    """Minutes without a word after which a conversation is offered to others."""
    wait_words: tuple[Line, ...]
    """What citizens write who ask when it is their turn."""

    @field_validator("categories")
    @classmethod
    def _each_once(cls, categories: tuple[Category, ...]) -> tuple[Category, ...]:
        ids = [category.id for category in categories]
        if len(set(ids)) < len(ids):
            raise ValueError("갈래의 id가 두 번 나와요. 서로 다르게 적어 주세요.")
        return categories

    def asks_for_turn(self, text: str) -> bool:
        """Whether somebody who waits asks how long it will be."""
        squeezed = "".join(text.casefold().split())
        return any("".join(word.casefold().split()) in squeezed for word in self.wait_words)
