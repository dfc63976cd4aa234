"""Questions and guesses that the tests of the evaluation judge, and pages taken apart."""

from __future__ import annotations

from html.parser import HTMLParser

from bot.evaluation.intents import Guess
from bot.evaluation.scores import Asked

VOID = {"meta", "img", "br", "link", "input", "hr"}


def asked(style: str, right: set[str], decision: str, *ranked: str) -> Asked:
    return Asked("1", style, "여권", frozenset(right), decision, tuple((key, 0.5) for key in ranked))


def guess(text: str, intent: str, *ranking: tuple[str, float]) -> Guess:
    return Guess(text, intent, ranking, unsure=False)


class Checker(HTMLParser):
    """Notes addresses, and every tag that is opened and not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [
            value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"}
        ]
        if tag == "img":
            self.images.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker
