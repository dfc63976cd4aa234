"""Links among answers: to itself, to an answer that is not there, twice to one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from urllib.parse import unquote

from bot.content.load import Placed
from bot.content.problem import Severity
from bot.gate.finding import Finding

_OURS = re.compile(
    r"(?:^(?:answer|sotong):/*(?:answers?/)?|/answers?/|[?&#]answer(?:_id)?=)([a-z0-9][a-z0-9_.-]*)/?$"
)
"""The ways an address can name an answer of ours."""


def links_among(entries: Sequence[Placed], path_of: Callable[[Placed], str]) -> Iterator[Finding]:
    """Every link of an answer that helps nobody."""
    known = {placed.answer.id for placed in entries}
    for placed in entries:
        seen: dict[str, int] = {}
        for place, link in enumerate(placed.answer.links):
            target = linked_answer(link.url, known)

            def told(rule: str, said: str, remedy: str, severity: Severity = "error") -> Finding:
                line = placed.document.line("entries", placed.index, "links", place)  # noqa: B023 - used at once
                item = f"answer:{placed.answer.id}"  # noqa: B023
                return Finding(rule, severity, path_of(placed), line, said, remedy, item)  # noqa: B023

            if target == placed.answer.id:
                said = f"‘{link.label}’ 단추가 이 답변 자신으로 이어져요"
                yield told("self-link", said, "다른 곳으로 잇거나 단추를 지워 주세요.")
            elif target is not None and target not in known:
                said = f"‘{link.label}’ 단추가 없는 답변 ‘{target}’(으)로 이어져요"
                yield told("missing-answer", said, "있는 답변으로 고치거나 단추를 지워 주세요.")
            first = seen.setdefault(link.url.rstrip("/"), place)
            if first != place:
                said = f"‘{link.label}’ 단추가 {first + 1}번째 단추와 같은 주소로 이어져요"
                yield told("same-link", said, "하나를 지워 주세요.", "warning")


def linked_answer(url: str, known: Container[str]) -> str | None:
    """Id of the answer of ours that an address leads to, if it does; a bare id counts when it is `known`."""
    plain = unquote(url).strip()
    found = _OURS.search(plain)
    if found:
        return found[1]
    bare = plain.lstrip("#/")
    return bare if bare in known else None
