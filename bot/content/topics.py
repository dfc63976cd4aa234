"""What a reply is about: the topic of the answers given, or the service that was used."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Reply
from bot.outcomes import Outcome

_SERVICES = frozenset({Outcome.ANSWERED_SERVICE, Outcome.ASKED_BACK, Outcome.SERVICE_UNAVAILABLE})


def answers_of(reply: Reply) -> tuple[str, ...]:
    """Ids of the answers that a reply gives, in order."""
    if reply.outcome != Outcome.ANSWERED_FAQ:
        return ()
    given = reply.detail.get("answers") or [reply.detail.get("answer_id")]
    found = tuple(str(each) for each in given if each)
    return found or tuple(each.id for each in reply.candidates[:1])


def topics_of(reply: Reply, topics: Mapping[str, str]) -> tuple[str, ...]:
    """What a reply is about, in order: topics of its answers (`ContentStore.topics`), a service's intent."""
    if reply.outcome in _SERVICES:
        return (reply.intent,) if reply.intent else ()
    return tuple(dict.fromkeys(topics[id_] for id_ in answers_of(reply) if id_ in topics))


def topic_of(reply: Reply, topics: Mapping[str, str]) -> str:
    """What counts as the topic of a reply; empty when there is none."""
    return next(iter(topics_of(reply, topics)), "")
