"""Text, cards and buttons as LINE's text and Flex Messages (`messaging-api.yml` of line-openapi)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.fit import length, split
from bot.messages import Button, Card, Fact, Outbound

_BUBBLES, _CAROUSEL_BYTES = 12, 45_000
"""Most bubbles of a carousel, and most of its JSON; LINE's limit is 50 KB."""
_ALT_TEXT = 400
_LEAD = 300
"""Longest text, in UTF-16, that shares a bubble with the buttons under it."""
_QUIET, _LINK = "#555555", "#0B57D0"
"""Colours of facts, and of those that can be tapped; both have a contrast of over 6 on white."""


def bubbles(message: Outbound) -> list[dict[str, Any]]:
    """The text, the cards as one carousel where they fit into it, then the buttons, one a row.

    A short text and the buttons under it share a bubble. A longer one stands alone: what is inside a bubble
    cannot be copied.
    """
    said, rows = [], Card(title="", buttons=message.buttons)
    if message.buttons and not message.cards and length(message.text, "utf16") <= _LEAD:
        rows = rows.model_copy(update={"text": message.text})
    elif message.text:
        said = [{"type": "text", "text": message.text}]
    cards = [_flex(run) for run in _runs([(_card(card), _spoken(card)) for card in message.cards])]
    return [*said, *cards, *([_flex([(_card(rows), _spoken(rows))])] if message.buttons else [])]


def _flex(pairs: Sequence[tuple[dict[str, Any], str]]) -> dict[str, Any]:
    bubbles = [bubble for bubble, _ in pairs]
    contents = bubbles[0] if len(bubbles) == 1 else {"type": "carousel", "contents": bubbles}
    alternative = next(split("\n".join(spoken for _, spoken in pairs), _ALT_TEXT, "utf16"), "…")
    return {"type": "flex", "altText": alternative, "contents": contents}


def _runs(pairs: Sequence[tuple[dict[str, Any], str]]) -> Iterator[list[tuple[dict[str, Any], str]]]:
    """The bubbles, in order, as many together as a carousel takes."""
    run: list[tuple[dict[str, Any], str]] = []
    size = 0
    for bubble, spoken in pairs:
        more = len(json.dumps(bubble))
        if run and (len(run) == _BUBBLES or size + more > _CAROUSEL_BYTES):
            yield run
            run, size = [], 0
        run.append((bubble, spoken))
        size += more
    if run:
        yield run


def _card(card: Card) -> dict[str, Any]:
    said = [_text(card.title, weight="bold", size="lg")] if card.title else []
    said += [_text(card.text)] if card.text else []
    facts = [_fact(fact) for fact in card.facts]
    contents = [*said, *([{"type": "separator"}] if said and facts else []), *facts]
    bubble: dict[str, Any] = {"type": "bubble"}
    if card.image_url and card.image_url.startswith("https:"):
        bubble["hero"] = {"type": "image", "url": card.image_url, "size": "full", "aspectRatio": "20:13"}
    if contents:
        bubble["body"] = {"type": "box", "layout": "vertical", "spacing": "md", "contents": contents}
    if card.buttons:
        bubble["footer"] = _rows(card.buttons)
    return bubble


def _spoken(card: Card) -> str:
    """What a notification shows and a screen reader says."""
    return "\n".join(filter(None, (card.title, card.text, ", ".join(b.label for b in card.buttons))))


def _text(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "wrap": True, **looks}


def _fact(fact: Fact) -> dict[str, Any]:
    line = f"{fact.label}: {fact.value}"
    if fact.url is None:
        return _text(line, size="sm", color=_QUIET)
    opens = {"type": "uri", "label": fact.label[:20], "uri": fact.url}
    return _text(line, size="sm", color=_LINK, decoration="underline", action=opens)


def _rows(buttons: Sequence[Button]) -> dict[str, Any]:
    rows = [{"type": "button", "height": "sm", "action": _action(button)} for button in buttons]
    return {"type": "box", "layout": "vertical", "spacing": "sm", "contents": rows}


def _action(button: Button) -> dict[str, str]:
    """A postback carries the label beside the id, for LINE does not tell which button was tapped."""
    if button.url is not None:
        return {"type": "uri", "label": button.label, "uri": button.url}
    return {
        "type": "postback",
        "label": button.label,
        "data": f"{button.payload} {button.label}",
        "displayText": button.label,
    }
