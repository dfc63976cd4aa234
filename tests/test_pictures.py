"""The pictures of the documents show the code as it is."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bot.log.schema import Base
from docs.pictures.__main__ import PICTURES
from docs.pictures.packages import imports, ordered
from docs.pictures.svg import IMAGES


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_current(name: str) -> None:
    drawn = PICTURES[name]()
    assert (IMAGES / name).read_text("utf-8") == drawn, "make pictures, and look at what changed"
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_every_table_and_every_package_is_drawn() -> None:
    tables = (IMAGES / "tables.svg").read_text("utf-8")
    assert [name for name in Base.metadata.tables if f">{name}<" not in tables] == []
    found = imports()
    assert set(ordered(found)) == {name for pair in found for name in pair}


def test_what_the_architecture_promises_of_imports() -> None:
    found = imports()
    assert [own for own, other in found if other == "demo" and own != "bot.cli"] == []
    assert ("bot.text", "bot") not in found
    assert [other for own, other in found if own == "connectors" and other in ("bot.log", "bot.nlu")] == []
