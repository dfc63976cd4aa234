"""What the bot may say where everybody reads it: general information, help in danger, or an invitation.

Under a video or a post nothing about a person is said and nothing is asked of anybody: whatever needs that
becomes an invitation to the private chat. A comment that asks nothing gets no answer at all. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.channel import Capabilities
from bot.content.persona import Voice
from bot.fit import length
from bot.masking import TOKENS
from bot.messages import Card, Inbound, Outbound, Reply
from bot.outcomes import Outcome

MOST = 2
"""Answers of ours to one citizen in one thread; after that the bot only speaks in danger."""
DANGER = frozenset({"tel:109", "tel:112", "tel:119", "tel:15770199"})
"""Lines of help (`actions.danger`): a message with one of them is said in public too, it may save a life."""
FLEETING = "지금"
"""Label of the fact that says who is open now: a comment stays, and tomorrow that would be wrong."""
_GENERAL_SERVICES = frozenset({"ask_waste_day", "give_dong", "ask_bulky_waste", "ask_office", "ask_hours"})
"""Intents whose service answers hold for everybody. Any other one may be about a person."""
_SAID_ALOUD = frozenset({"change_language"})
"""Talk that is worth an answer in public; other talk is not."""
_ABOUT_THE_BOT = frozenset({"ask_help", "ask_privacy", "challenge_bot"})
"""Talk that the invitation answers, for it says who we are."""
_INVITED = frozenset({Outcome.ASKED_BACK, Outcome.HANDED_OFF, Outcome.ANSWERED_SERVICE})
"""Outcomes that do not come about in public: the turn ends as `INVITED` instead."""
_PERSONAL_TOKENS = tuple(f"[{name}]" for kind, name in TOKENS.items() if kind != "phone")
"""Of masked data that is to be taken down. A landline number is nearly always an office's."""
_RECEIPT = re.compile(r"(?<!\d)\d{4}\D{0,3}\d{6}(?!\d)")
"""A receipt number of a case (`bot.services.reading`): where one is said, somebody's case is spoken of."""
_ASKS = re.compile(
    r"[?？]|[나까가]\s?[요여욤염]|는지|은지|인지|려고|려는데|려면|싶은|싶어|싶습|어디|언제|얼마|어떻게|어케|어떡|무엇|뭐|뭘|무슨|왜|몇"
    r"|어느|누구(?!나)|궁금|문의|질문|알려|가르쳐|방법|되나|있나|하나\s*$|나\s*$|[돼되]요\s*$"
)
_STATEMENT = re.compile(r"(?:[요다죠네임음함ㅋㅎㅠㅜ!~^♡❤.]|[\U0001f300-\U0001faff])\s*$")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True)
class PublicWords:
    """The persona's sentences for public places, ready to be said."""

    more: str
    """Ends every answer: that a bot wrote it, and where the private chat is."""
    invite: str
    """Invites to the private chat."""
    delete: str
    """Advises to take a post with personal data down."""
    report: str
    """Where problems are reported, since a comment is no report."""
    suggestion: str
    """Where suggestions are made, since a comment is none."""


def public_words(voice: Voice, seed: str, link: str) -> PublicWords:
    """The sentences; `link` is the address of the private chat, empty when there is none."""
    return PublicWords(
        more=voice.say("public_more", seed, link=link),
        invite=voice.say("public_invite", seed, link=link),
        delete=voice.say("public_delete", seed),
        report=voice.say("public_report", seed),
        suggestion=voice.say("public_suggestion", seed),
    )


def in_public(
    inbound: Inbound, reply: Reply, words: PublicWords, capabilities: Capabilities, said: int = 0
) -> Reply:
    """What of a reply is said in public; `said` counts our earlier answers in the thread.

    Help in danger is always said. Nobody is put into the queue for a person, and a turn without any message
    ends as `IGNORED`.
    """
    danger = tuple(Outbound(text=each.text) for each in reply.messages if is_danger(each))
    text, outcome = _said(inbound, reply, words, capabilities, said)
    messages = (*danger, Outbound(text=text)) if text else danger
    if not text:
        outcome = Outcome.CHATTED if danger else Outcome.IGNORED
    return reply.model_copy(update={"messages": messages, "outcome": outcome, "handoff": None})


def is_question(text: str) -> bool:
    """Whether a comment asks for something, as far as its words show."""
    return _ASKS.search(text) is not None


def _said(
    inbound: Inbound, reply: Reply, words: PublicWords, capabilities: Capabilities, said: int
) -> tuple[str, str]:
    """The one answer beside help in danger, and the outcome of the turn."""
    outcome = reply.outcome
    if any(token in inbound.text for token in _PERSONAL_TOKENS):
        return words.delete, Outcome.INVITED
    if said >= MOST or reply.intent in ("crisis", "emergency"):
        return "", outcome
    if outcome in (Outcome.IGNORED, Outcome.WITH_PERSON, Outcome.REFUSED):
        return "", outcome
    if outcome == Outcome.CHATTED:
        return _talk(reply, words, capabilities), outcome
    if is_general(inbound, reply):
        worth = outcome == Outcome.ERASED or reply.intent == "report_problem"
        worth = worth or is_question(inbound.text) or _is_heading(inbound.text)
        return (_answer(reply, words, capabilities) if worth else ""), outcome
    asked = is_question(inbound.text) or outcome in (Outcome.HANDED_OFF, Outcome.ANSWERED_SERVICE)
    return (_invitation(reply, words) if asked else ""), (Outcome.INVITED if outcome in _INVITED else outcome)


def is_danger(message: Outbound) -> bool:
    """Whether a message is help in danger: those have nothing but text and numbers to call."""
    calls = [button for button in message.buttons if button.url in DANGER]
    return bool(calls) and len(calls) == len(message.buttons)


def is_general(inbound: Inbound, reply: Reply) -> bool:
    """Whether an answer holds for everybody, whoever asked."""
    if _RECEIPT.search(inbound.text) or any(_RECEIPT.search(each.plain()) for each in reply.messages):
        return False
    parts = reply.detail.get("requests")
    if parts is not None:
        return all(part == Outcome.ANSWERED_FAQ for part in parts)
    if reply.outcome == Outcome.ANSWERED_SERVICE:
        return reply.intent in _GENERAL_SERVICES
    return reply.outcome in (Outcome.ANSWERED_FAQ, Outcome.ERASED)


def _is_heading(text: str) -> bool:
    """Whether a text is the mere name of a matter (여권 수수료), which asks without a question's form."""
    return len(text.split()) <= 4 and _STATEMENT.search(text) is None


def _talk(reply: Reply, words: PublicWords, capabilities: Capabilities) -> str:
    """Most talk is met with silence; what matters to a citizen who takes the comment for more is not."""
    if reply.intent == "report_problem":
        return "\n".join((words.report, *_phones(reply)))
    if reply.intent == "make_suggestion":
        return words.suggestion
    if reply.intent in _SAID_ALOUD:
        return _answer(reply, words, capabilities)
    return words.invite if reply.intent in _ABOUT_THE_BOT else ""


def _answer(reply: Reply, words: PublicWords, capabilities: Capabilities) -> str:
    """One message: the whole if there is room, else without what can be asked for, else its first sentences.

    What a form of the dialogue asks in passing has no card and is left out.
    """
    told = [each for each in reply.messages if not is_danger(each)]
    cards = [card for each in told for card in each.cards]
    first = [each.text for each in told[:1]]
    report = [words.report] if cards and reply.intent == "report_problem" else []
    whole = [*report, *([_whole(card) for card in cards] or first)]
    texts = [*report, *([card.text or card.title for card in cards] or first)]
    buttons = [button for card in cards for button in card.buttons]
    buttons += [button for each in told for button in each.buttons]
    links = [f"{b.label}: {b.url}" for b in buttons if b.url and not b.url.startswith("tel:")]
    phones = _phones(reply)

    def fits(*parts: str) -> bool:
        return length(_joined(parts), capabilities.text_unit) <= capabilities.max_text

    for parts in ((*whole, "\n".join(links), words.more), (*texts, "\n".join(phones), words.more)):
        if fits(*parts):
            return _joined(parts)
    kept: list[str] = []
    for sentence in _SENTENCE.split(_joined(texts)):
        if not fits(" ".join((*kept, sentence)), "\n".join(phones[:1]), words.more):
            break
        kept.append(sentence)
    if not kept:
        return _invitation(reply, words)
    return _joined((" ".join(kept), "\n".join(phones[:1]), words.more))


def _invitation(reply: Reply, words: PublicWords) -> str:
    """The invitation, below the questions the bot would have offered or the phone it would have named."""
    if reply.outcome == Outcome.CLARIFIED:
        last = reply.messages[-1] if reply.messages else Outbound()
        labels = [b.label for b in last.buttons if b.payload and not b.payload.startswith("/deny")]
        choices = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
        return _joined(("\n".join((last.text, *choices)) if choices else "", words.invite))
    if reply.outcome in (Outcome.UNANSWERED, Outcome.SERVICE_UNAVAILABLE):
        return "\n".join((words.invite, *_phones(reply)))
    return words.invite


def _whole(card: Card) -> str:
    facts = [
        f"{fact.label}: {fact.value}"
        + (f" ({fact.url})" if fact.url and not fact.url.startswith("tel:") else "")
        for fact in card.facts
        if fact.label != FLEETING
    ]
    return _joined(("\n".join(part for part in (card.title, card.text) if part), "\n".join(facts)))


def _phones(reply: Reply) -> list[str]:
    """Who can be called, from the cards."""
    return [
        f"{who or card.title} {fact.value}"
        for each in reply.messages
        for card in each.cards
        for who in [next((fact.value for fact in card.facts if fact.label == "담당"), "")]
        for fact in card.facts
        if fact.url and fact.url.startswith("tel:")
    ]


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)
