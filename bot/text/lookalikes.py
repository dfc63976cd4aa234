"""Letters of other alphabets that stand for Latin ones in a Latin word (раssроrt with Cyrillic letters)."""

from __future__ import annotations

import re
from typing import List, Tuple

_LATIN = str.maketrans(
    "аеорсухіјѕһԁԛԝкАВЕКМНОРСТХІЈЅУαοινρυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwkABEKMHOPCTXIJSYaoivpuxABEZHIKMNOPTYX",
)
_MIXED = re.compile("[A-Za-z\u0370-\u052f]*[A-Za-z][A-Za-z\u0370-\u052f]*")
_FOREIGN = re.compile("[\u0370-\u052f]")


def plain_letters(text: str) -> List[Tuple[int, int, str]]:
    """(start, end, letter) for each look-alike in a word that has real Latin letters, too.

    A word wholly in another alphabet stays: it is Russian or Greek.
    """
    if not _FOREIGN.search(text):
        return []
    return [
        (word.start() + letter.start(), word.start() + letter.end(), plain)
        for word in _MIXED.finditer(text)
        for letter in _FOREIGN.finditer(word[0])
        if (plain := letter[0].translate(_LATIN)) != letter[0]
    ]
