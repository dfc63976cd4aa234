"""Makes a reply obey a channel's limits without losing a word. Pure: no channel is asked anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.channel import Capabilities
from bot.messages import Button, Card, Outbound

_BREAKS = tuple(re.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?…])\s", r"\s"))
"""Where a long text may be cut, best first: paragraph, line, sentence, word."""


def length(text: str, unit: str) -> int:
    """Length of a text as the platform counts it (`characters`, `utf16` or `bytes`)."""
    if unit == "bytes":
        return len(text.encode())
    if unit == "utf16":
        return len(text.encode("utf-16-le")) // 2
    return len(text)


def fit(message: Outbound, capabilities: Capabilities) -> list[Outbound]:
    """The message as one or more messages that the channel can show, in order.

    Text too long is cut between paragraphs, lines, sentences or words; a card becomes text where
    there are no cards; a label too long is shortened and stands in full in the text; more buttons
    than fit go to a following message.
    """
    parts: list[Outbound] = []
    text, buttons = message.text, list(message.buttons)
    cards: list[Card] = []
    for card in message.cards:
        if capabilities.cards:
            fitted, overlong = _fit_card(card, capabilities)
            cards.append(fitted)
            text = "\n".join(filter(None, (text, overlong)))
        else:
            text = "\n\n".join(filter(None, (text, card_text(card))))
            buttons = [*card.buttons, *buttons]
    if message.image_url and not capabilities.images:
        text = "\n".join(filter(None, (text, message.image_url)))
    text, buttons = _fit_labels(text, buttons, capabilities.max_label)
    pieces = list(split(text, capabilities.max_text, capabilities.text_unit)) or [""]
    groups = _groups(buttons, capabilities.max_buttons)
    parts += [Outbound(text=piece) for piece in pieces[:-1]]
    parts.append(
        Outbound(
            text=pieces[-1],
            buttons=tuple(groups[0]) if groups else (),
            cards=tuple(cards),
            image_url=message.image_url if capabilities.images else None,
        )
    )
    parts += [Outbound(text="더 있어요 ↓", buttons=tuple(group)) for group in groups[1:]]
    return parts


def card_text(card: Card) -> str:
    """A card as plain text, for channels without cards."""
    facts = "\n".join(
        f"{fact.label}: {fact.value}" + (f" ({fact.url})" if _worth_showing(fact.url) else "")
        for fact in card.facts
    )
    return "\n\n".join(filter(None, ("\n".join(filter(None, (card.title, card.text))), facts)))


def split(text: str, limit: int, unit: str) -> Iterator[str]:
    """Pieces of a text, each at most `limit` long; a word longer than that is cut between characters."""
    rest = text.strip()
    while length(rest, unit) > limit:
        head = _longest_head(rest, limit, unit)
        for pattern in _BREAKS:
            places = [match for match in pattern.finditer(head) if match.start() > len(head) // 3]
            if places:
                cut, after = places[-1].start(), places[-1].end()
                break
        else:
            cut = after = len(head)
        yield rest[:cut].rstrip()
        rest = rest[after:].lstrip()
    if rest:
        yield rest


def _longest_head(text: str, limit: int, unit: str) -> str:
    """The longest start of a text that is within the limit, found by halving."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle], unit) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _worth_showing(url: str | None) -> bool:
    return url is not None and not url.startswith("tel:")


def _fit_card(card: Card, capabilities: Capabilities) -> tuple[Card, str]:
    overlong, buttons = _fit_labels("", list(card.buttons), capabilities.max_label)
    return card.model_copy(update={"buttons": tuple(buttons[: capabilities.max_buttons])}), overlong


def _fit_labels(text: str, buttons: list[Button], limit: int) -> tuple[str, list[Button]]:
    """Labels within the limit; those too long are numbered and stand in full in the text."""
    if all(len(button.label) <= limit for button in buttons):
        return text, buttons
    lines, fitted = [], []
    for number, button in enumerate(buttons, 1):
        if len(button.label) <= limit:
            fitted.append(button)
            continue
        mark = f"{number}. "
        lines.append(mark + button.label)
        short = (mark + button.label)[: max(1, limit - 1)].rstrip() + "…" if limit > 4 else str(number)
        fitted.append(button.model_copy(update={"label": short}))
    return "\n".join(filter(None, (text, *lines))), fitted


def _groups(buttons: list[Button], size: int) -> list[list[Button]]:
    return [buttons[start : start + size] for start in range(0, len(buttons), size)] if size else []
