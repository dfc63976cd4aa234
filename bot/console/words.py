"""The console's visible words: Korean in code and templates, other languages from a catalogue.

A template writes `{{ _("답변") }}`, `{{ _("%(n)s건", n=total) }}` or `{% trans %}…{% endtrans %}`; a
module marks a constant with `N_("…")` for a template to translate, or asks `words(request)` for the
translator. `make words` brings the catalogue up to date with both.
"""

from __future__ import annotations

import gettext
import io
from pathlib import Path
from typing import Literal

from aiohttp import web
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["ko", "en"]
CATALOGUE = Path(__file__).parent / "english.po"


class Words:
    """Translates into one language; what the catalogue lacks stays Korean."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._catalogue = gettext.NullTranslations() if language == "ko" else _compiled(language)

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in this language, with `%(name)s` filled in when values are given."""
        said = self._catalogue.gettext(text) if text else ""
        return said % values if values else said


WORDS: web.AppKey[Words] = web.AppKey("words", Words)


def N_(text: str) -> str:  # noqa: N802 - the name by which gettext's tools find such texts
    """Marks a text that is translated where it is shown."""
    return text


def words(request: web.Request) -> Words:
    """The translator of the console that got the request."""
    return request.app[WORDS]


def told(request: web.Request, text: str, /, **values: object) -> str:
    """One sentence in the words of the console that got the request."""
    return words(request)(text, **values)


def _compiled(language: str) -> gettext.GNUTranslations:
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
