"""The words and letters of a text as retrieval sees them."""

from __future__ import annotations

import hashlib
import re

from bot.content.models import Answer

_NOT_LETTERS = re.compile(r"[\W_]+")


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case: spaces in Korean are a matter of taste."""
    return _NOT_LETTERS.sub("", text.lower())


def loose(text: str) -> str:
    """Letters and digits in lower case, a space for everything between them."""
    return _NOT_LETTERS.sub(" ", text.lower())


def dictionary_form(key: str) -> str:
    """A word that an encoder can read for the name of a morpheme: 가다 for 가/V."""
    return key.removesuffix("/V") + "다" if key.endswith("/V") else key


def fingerprint(answer: Answer) -> bytes:
    """12 bytes that change when something that is searched changes."""
    searched = "\0".join((*answer.questions, answer.answer))
    return hashlib.blake2b(searched.encode("utf-8", "surrogatepass"), digest_size=12).digest()
