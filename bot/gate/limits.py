"""What the tightest channel in use makes of answers: too many messages, labels it has to shorten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import import_module

from actions.card import answer_card
from bot.channel import Capabilities
from bot.content.hours import KOREA
from bot.content.load import Placed
from bot.content.models import Department
from bot.fit import fit, length
from bot.gate.finding import Finding
from bot.messages import Outbound
from bot.settings import Settings

MOST_MESSAGES = 3
"""Messages of one answer that people still read."""
_CLASSES = {
    "webchat": ("connectors.webchat.channel", "WebChat", "웹 채팅"),
    "kakao": ("connectors.kakao", "Kakao", "카카오톡"),
    "naver": ("connectors.naver", "Naver", "네이버 톡톡"),
    "line": ("connectors.line", "Line", "라인"),
    "messenger": ("connectors.messenger", "Messenger", "페이스북 메신저"),
    "instagram": ("connectors.instagram", "Instagram", "인스타그램"),
    "whatsapp": ("connectors.whatsapp", "WhatsApp", "왓츠앱"),
    "telegram": ("connectors.telegram", "Telegram", "텔레그램"),
    "x": ("connectors.x", "X", "X 쪽지"),
    "webhook": ("connectors.webhook", "Webhook", "우리 기관 앱"),
}
"""Private channels: module, class and the name that staff know. What is said in public is cut on purpose."""
_OPEN = datetime(2026, 1, 5, 10, tzinfo=KOREA)
"""A Monday morning: the card's line about opening hours is there."""
_AROUND = 900
"""Bytes of a card around its text, buttons that become text among them: what is shorter is one message."""
_SOME_OFFICE = Department(id="office", name="담당 부서 이름", phone="099-120-1000", handles=("안내",))


def channels_in_use(settings: Settings) -> dict[str, Capabilities]:
    """Name for people → what the channel can show, of every private channel that is set up."""
    names = [name for name in _CLASSES if name == "webchat" or settings.is_on(name)]
    found = {}
    for name in names:
        module, cls, shown = _CLASSES[name]
        found[shown] = getattr(import_module(module), cls).capabilities
    return found


def limits(
    entries: Sequence[Placed],
    channels: Mapping[str, Capabilities],
    departments: Mapping[str, Department],
    path_of: Callable[[Placed], str],
) -> Iterator[Finding]:
    """Warnings with the name of the channel; long labels one line a file. `channels` are one or more."""
    shortest = min(can.max_text for can in channels.values())
    for placed in entries:
        if length(placed.answer.answer, "bytes") + _AROUND <= shortest:
            continue
        owner = departments.get(placed.answer.owner or "", _SOME_OFFICE)
        card = answer_card(placed.answer, owner, _OPEN, "더 보기", whole=True)
        shown = {name: len(fit(Outbound(cards=(card,)), can)) for name, can in channels.items()}
        tightest = max(shown, key=lambda name: shown[name])
        if shown[tightest] > MOST_MESSAGES:
            yield Finding(
                rule="too-many-messages",
                severity="warning",
                path=path_of(placed),
                line=placed.document.line("entries", placed.index, "answer"),
                message=f"{tightest}에서는 이 답변이 말풍선 {shown[tightest]}개로 나뉘어요",
                remedy=f"{MOST_MESSAGES}개가 넘지 않게 줄이거나 답변을 나눠 주세요.",
                item=f"answer:{placed.answer.id}",
                details={"channel": tightest, "messages": shown[tightest]},
            )
    yield from _labels(entries, channels, path_of)


def _labels(
    entries: Sequence[Placed], channels: Mapping[str, Capabilities], path_of: Callable[[Placed], str]
) -> Iterator[Finding]:
    with_buttons = {name: can.max_label for name, can in channels.items() if can.max_buttons}
    if not with_buttons:
        return
    tightest = min(with_buttons, key=lambda name: with_buttons[name])
    longest = with_buttons[tightest]
    long: dict[str, list[tuple[Placed, int]]] = defaultdict(list)
    for placed in entries:
        for place, link in enumerate(placed.answer.links):
            if len(link.label) > longest:
                long[path_of(placed)].append((placed, place))
    for path, found in long.items():
        placed, place = found[0]
        label = placed.answer.links[place].label
        more = f" 외 {len(found) - 1}개" if len(found) > 1 else ""
        yield Finding(
            rule="long-label",
            severity="warning",
            path=path,
            line=placed.document.line("entries", placed.index, "links", place, "label"),
            message=f"단추 ‘{label}’{more}의 글이 {tightest}에서 잘려요 ({longest}자까지)",
            remedy="짧게 줄여 주세요. 그대로 두면 전체 글이 답변 아래에 따로 보여요.",
            item=f"answer:{placed.answer.id}",
            details={"channel": tightest, "longest": longest},
        )
