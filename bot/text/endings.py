"""What may follow a Korean word without making it another word: particles, endings, inflected stems."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import FrozenSet, List, Optional, Tuple

from bot.text.hangul import compose, decompose, is_syllable

PARTICLE = re.compile(
    "으로부터|로부터|이라고|라고|이라도|라도|이라는|라는|이라면|라면|이든지|든지|이든|든|이란|란|에서|에게서|에게"
    "|한테서?|께서?|에|으로|로|이랑|랑|하고|까지|부터|처럼|보다|마다|밖에|조차|마저|만|도|은|는|이나|나|이요|요|이|가"
    "|을|를|의|과|와|좀"
)
"""One particle at the place where it is looked for."""
_PARTICLES = re.compile(f"(?:들|님)?(?:{PARTICLE.pattern}){{0,3}}")
_COPULA = re.compile("이에요|예요|이예요|입니|인데|인가|이고|이면|이지|이라|였|이었|인|일|임")
_MAKES_NOUN = frozenset("세증자지소원료비금과법률권장표실기서형력성화품점댁방꾼치")

_VOWELS = {
    **{"ㅏ": "ㅏㅐ", "ㅐ": "ㅐㅏ", "ㅣ": "ㅣㅕ", "ㅕ": "ㅕㅣ", "ㅗ": "ㅗㅘ", "ㅘ": "ㅘㅗ"},
    **{"ㅜ": "ㅜㅝㅓ", "ㅝ": "ㅝㅜ", "ㅡ": "ㅡㅓㅏ", "ㅓ": "ㅓㅡ", "ㅚ": "ㅚㅙ", "ㅙ": "ㅙㅚ"},
}
_CLEAR_ENDING = re.compile(
    "(?:으?려고|으?려면|고싶어|고싶은데|는데|나|까|니까|습니다|니다|아|어|여|네|지|을래|래|을게|게|다고|음|다)요?$|[가-힣]요$"
)
_NOUN_LIKE = frozenset({"나", "까", "아", "어", "여", "네", "지", "래", "게", "음", "다"})
_NOUN_LIKE_IN_PHRASE = frozenset({"기", "고", "면"})
_AFTER_STEM = frozenset(
    "고려면서도나요야지니기게던자시세셔신실러라길긴거건겠느든는다네으은을음습될때아어었았여였냐대래까보주버놓"
)


def stems(word: str, alone: bool) -> List[Tuple[str, FrozenSet[str]]]:
    """How an inflected word may begin whatever its ending, as (what stays, what follows it).

    잃어버렸어요 → 잃어버 + 리, 려, 린, 릴 … The last word of a phrase may be a bare stem (등본 떼); a
    word that stands `alone` needs a clear ending, since nouns too end like 바다 or 신고.
    """
    found = {_without_ending(word, alone)} | (set() if alone else {word})
    return [(rest[:-1], _forms(rest[-1])) for rest in sorted(filter(None, found)) if is_syllable(rest[-1])]


def _without_ending(word: str, alone: bool) -> Optional[str]:
    found = _CLEAR_ENDING.search(word)
    if found:
        ending = found[0]
        if len(ending) == 2 and ending[1] == "요" and ending[0] not in _NOUN_LIKE:
            found_at = len(word) - 1  # 버려요: only 요 can be taken off
        else:
            found_at = found.start()
        rest = word[:found_at]
        clear = len(word) - found_at > 1 or word[-1] == "다"
        if rest and not (alone and (not clear or len(rest) < 2)):
            return rest
    if not alone and len(word) > 1 and word[-1] in _NOUN_LIKE_IN_PHRASE:
        return word[:-1]
    if word and is_syllable(word[-1]) and decompose(word[-1])[2] == "ㅆ" and word[-1] not in "있겠":
        return word
    return None


@lru_cache(maxsize=None)
def _forms(syllable: str) -> FrozenSet[str]:
    """The last syllable of a stem as endings change it: 리 → 리 린 릴 려 렸 …, 겁 → 겁 거우 거워 …"""
    initial, vowel, final = decompose(syllable)
    if final == "ㅂ":
        opened = compose(initial, vowel)
        return frozenset({syllable, *(opened + end for end in ("우", "운", "울", "워", "웠"))})
    if final not in ("", "ㄹ", "ㅆ"):
        return frozenset({syllable})
    ends = ("", "ㄴ", "ㄹ", "ㅁ", "ㅂ", "ㅆ")
    return frozenset(compose(initial, other, end) for other in _VOWELS.get(vowel, vowel) for end in ends)


def goes_on_as_verb(form: str, rest: str) -> bool:
    """True when `rest`, what follows the stem `form` in the same word, can be an ending."""
    return not rest or rest[0] in _AFTER_STEM or decompose(form[-1])[2] in ("ㅂ", "ㅆ")


def goes_on_as_noun(noun: str, rest: str) -> bool:
    """True when `rest`, what follows `noun` in the same word, leaves it the word it is.

    Particles and the copula do, and so does another word written without a space (등본발급); a lone syllable
    makes another noun of it (소득 + 세).
    """
    if _PARTICLES.fullmatch(rest):
        return True
    if len(noun) < 2:
        return False
    return _COPULA.match(rest) is not None or (
        len(rest) > 1 and not (rest[0] in _MAKES_NOUN and _PARTICLES.fullmatch(rest, 1) is not None)
    )


def ends_as_particle(text: str) -> bool:
    """True when `text`, the beginning of a word, may be a word with its particle (여권이랑)."""
    return any(PARTICLE.fullmatch(text, at) for at in range(max(1, len(text) - 4), len(text)))
