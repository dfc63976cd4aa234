"""Services in the form in which answers are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.catalogue.service import PublicService
from bot.content.models import Answer, Source

Words = Mapping[str, Sequence[str]]
"""Code of a support condition → how citizens say that it holds for them."""

_LONGEST = 400
"""Characters of each text that are searched; what comes later are details."""
_TITLE = 300
_GROUPS = ("JA03", "JA04", "JA11")
"""Of what a person, a household or a business is."""
_ANYBODY = {"JA0322", "JA0410"}
_FEW = 2
"""A service that names more of a group is not for those people above all."""
_SAID = 20
"""Words of a code that are searched."""


def entry(service: PublicService, words: Words) -> Answer:
    """A service with its purpose as a second title, and with what those it is for say of themselves."""
    titles = dict.fromkeys(text[:_TITLE] for text in (service.name, service.purpose) if text)
    texts = (service.area, " ".join(service.kinds), service.target, service.content, service.criteria)
    parts = [text[:_LONGEST] for text in texts if text]
    codes = sorted(code for codes in whom(service) for code in codes if code in words)
    parts += [" ".join(words[code][:_SAID]) for code in codes]
    return Answer.model_construct(
        id=service.id,
        questions=tuple(titles) or (service.id,),
        answer="\n".join(parts) or service.name or service.id,
        source=Source.model_construct(title=service.agency, url=service.url or None),
    )


def whom(service: PublicService) -> list[frozenset[str]]:
    """Codes of the people it is for above all, by groups; any code of a group will do."""
    found = []
    for group in _GROUPS:
        flags = frozenset(flag for flag in service.conditions.flags if flag.startswith(group))
        if 0 < len(flags) <= _FEW and _ANYBODY.isdisjoint(flags):
            found.append(flags)
    return found
