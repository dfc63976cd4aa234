"""The words of a text that a speller should know: nouns, compounds and inflected verbs as written."""

from __future__ import annotations

from typing import Iterator, List, Sequence

from bot.text.morphemes import Morpheme

_NOUN_PARTS = frozenset({"NNG", "NNP", "NR", "XPN", "XSN", "XR"})
_NOUNS = frozenset({"NNG", "NNP", "XR"})
_OTHERS = frozenset({"VV", "VA", "VX", "VCN", "MAG", "MM", "IC", "NP"})
_SYMBOLS = frozenset({"SF", "SP", "SS", "SSO", "SSC", "SE", "SO", "SW", "SB", "SN", "SL", "SH"})


def words_in(text: str, morphemes: Sequence[Morpheme]) -> Iterator[str]:
    """The words of `text` from its `morphemes`, repeated as they occur; count them for `Speller`.

    대형폐기물은 버려요 gives 대형, 폐기물, 대형폐기물 and 버려요.
    """
    run: List[Morpheme] = []
    for morpheme in morphemes:
        joined = bool(run) and morpheme.start == run[-1].end
        if morpheme.tag in _NOUN_PARTS:
            if run and not joined:
                yield from _compound(text, run)
                run = []
            run.append(morpheme)
            continue
        yield from _compound(text, run)
        run = []
    yield from _compound(text, run)
    yield from _inflected(text, morphemes)


def _compound(text: str, run: Sequence[Morpheme]) -> Iterator[str]:
    for morpheme in run:
        if morpheme.tag in _NOUNS:
            yield text[morpheme.start : morpheme.end]
    if len(run) > 1:
        yield text[run[0].start : run[-1].end]


def _inflected(text: str, morphemes: Sequence[Morpheme]) -> Iterator[str]:
    """Verbs and adverbs from where they begin to the end of the written word."""
    stop = 0
    for at, morpheme in enumerate(morphemes):
        if morpheme.tag not in _OTHERS or morpheme.start < stop:
            continue
        stop = morpheme.end
        for following in morphemes[at + 1 :]:
            if following.start > stop or following.tag in _SYMBOLS:
                break
            stop = max(stop, following.end)
        yield text[morpheme.start : stop]
