"""Finds the console's words in code and templates, and keeps the catalogue of translations complete.

`python -m bot.console.catalogue` (`make words`) adds new words to it without a translation, and drops those
that are no longer used.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.console.words import CATALOGUE
from bot.outcomes import LABELS

HERE = Path(__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {**DEFAULT_KEYWORDS, "say": None, "_words": None, "told": (2,)}
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


def found() -> Catalog:
    """Every word that the console may show, with the places where it stands."""
    catalogue = Catalog(locale="en", charset="utf-8", project="sotong")
    for file, line, message, comments, context in extract_from_dir(HERE, METHODS, OPTIONS, KEYWORDS):
        catalogue.add(message, locations=[(file, line)], auto_comments=comments, context=context)
    for label in LABELS.values():
        catalogue.add(label, locations=[("../outcomes.py", 0)])
    return catalogue


def kept() -> Catalog:
    """The catalogue as it stands in its file."""
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="en")


def missing(catalogue: Catalog) -> list[str]:
    """The words in a catalogue that have no translation."""
    return [str(message.id) for message in catalogue if message.id and (not message.string or message.fuzzy)]


def main() -> None:
    """Bring the file up to date; says which words still need English."""
    catalogue = kept()
    catalogue.update(found(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with CATALOGUE.open("wb") as out:
        write_po(out, catalogue, sort_output=True, omit_header=False, no_location=True, width=110)
    for text in missing(catalogue):
        print(text)


if __name__ == "__main__":
    main()
