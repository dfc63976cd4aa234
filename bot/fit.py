"""Makes a reply obey a channel's limits without losing a word. Pure: no channel is asked anything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bot.channel import Capabilities
from bot.messages import Button, Card, Outbound
from bot.weighted import weighted

_BREAKS = tuple(re.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?…])\s", r"\s"))
"""Where a long text may be cut, best first: paragraph, line, sentence, word."""
CHOOSE = "아래에서 골라 주세요."
"""Stands above buttons that came without a text, where a platform wants one."""


def length(text: str, unit: str) -> int:
    """Length of a text as the platform counts it (`characters`, `utf16`, `bytes` or `weighted`)."""
    if unit == "weighted":
        return weighted(text)
    if unit == "bytes":
        return len(text.encode())
    if unit == "utf16":
        return len(text.encode("utf-16-le")) // 2
    return len(text)


def fit(message: Outbound, capabilities: Capabilities) -> list[Outbound]:
    """The message as one or more messages that the channel can show, in order.

    Text too long is cut between paragraphs, lines, sentences or words; a card becomes text where
    there are no cards; an address that no button can hold stands in the text, and so does a label too
    long, which is shortened; more buttons than fit go to a following message. Where there are no buttons
    at all, choices become numbered lines.
    """
    parts: list[Outbound] = []
    text, buttons = message.text, list(message.buttons)
    cards: list[Card] = []
    for card in message.cards:
        if capabilities.cards and _card_fits(card, capabilities):
            fitted, overlong = _fit_card(card, capabilities)
            cards.append(fitted)
            text = "\n".join(filter(None, (text, overlong)))
            buttons = [*card.buttons[capabilities.max_buttons :], *buttons]
        else:
            text = "\n\n".join(filter(None, (text, card_text(card))))
            buttons = [*card.buttons, *buttons]
    if message.image_url and not capabilities.images:
        text = "\n".join(filter(None, (text, message.image_url)))
    if not capabilities.max_buttons:
        text, buttons = "\n".join(filter(None, (text, *_as_lines(buttons)))), []
    text, buttons = _fit_addresses(text, buttons, capabilities)
    text, buttons = _fit_labels(text, buttons, capabilities.max_label)
    pieces = list(split(text, capabilities.max_text, capabilities.text_unit)) or [""]
    if buttons and capabilities.max_text_with_buttons:
        last = split(pieces[-1], capabilities.max_text_with_buttons, capabilities.text_unit)
        pieces[-1:] = list(last) or [""]
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
    low, high = 1, len(text) if unit == "weighted" else min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle], unit) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _worth_showing(url: str | None) -> bool:
    return url is not None and not _is_phone(url)


def _is_phone(url: str) -> bool:
    return url.startswith("tel:")


def _card_fits(card: Card, capabilities: Capabilities) -> bool:
    if capabilities.max_card is None:
        return True
    return length(card_text(card), capabilities.text_unit) <= capabilities.max_card


def _fit_card(card: Card, capabilities: Capabilities) -> tuple[Card, str]:
    """The card with as many of its buttons as it holds, and what of their labels belongs into the text."""
    shown = list(card.buttons[: capabilities.max_buttons])
    overlong, buttons = _fit_labels("", shown, capabilities.max_label)
    return card.model_copy(update={"buttons": tuple(buttons)}), overlong


def _fit_addresses(text: str, buttons: list[Button], capabilities: Capabilities) -> tuple[str, list[Button]]:
    """The buttons that the channel can show as such; the addresses of the others stand in the text."""
    links = sum(button.url is not None and not _is_phone(button.url) for button in buttons)
    replies = any(button.payload is not None for button in buttons)
    linked = capabilities.mixed or not replies
    if capabilities.max_links is not None and links > capabilities.max_links:
        linked = False
    lines, fitted = [], []
    for button in buttons:
        if button.url is None or (capabilities.phones if _is_phone(button.url) else linked):
            fitted.append(button)
        else:
            lines.append(f"{button.label}: {button.url.removeprefix('tel:')}")
    return "\n".join(filter(None, (text, *lines))), fitted


def _as_lines(buttons: list[Button]) -> list[str]:
    """Buttons as text: quick replies numbered, addresses behind their labels."""
    choices = [button.label for button in buttons if button.url is None]
    return [f"{number}. {label}" for number, label in enumerate(choices, 1)] + [
        f"{button.label}: {button.url.removeprefix('tel:')}" for button in buttons if button.url is not None
    ]


def _fit_labels(text: str, buttons: list[Button], limit: int) -> tuple[str, list[Button]]:
    """Labels within the limit; those too long are numbered and stand in full in the text.

    Labels that say the same are numbered too, so that a citizen can tell them apart.
    """
    times = Counter(button.label for button in buttons)
    lines, fitted = [], []
    for number, button in enumerate(buttons, 1):
        mark = f"{number}. "
        label = button.label if times[button.label] == 1 else mark + button.label
        if len(label) > limit:
            lines.append(mark + button.label)
            label = (mark + button.label)[: max(1, limit - 1)].rstrip() + "…" if limit > 4 else str(number)
        fitted.append(button.model_copy(update={"label": label}))
    return "\n".join(filter(None, (text, *lines))), fitted


def _groups(buttons: list[Button], size: int) -> list[list[Button]]:
    return [buttons[start : start + size] for start in range(0, len(buttons), size)] if size else []
