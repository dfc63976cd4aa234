"""The forms of notices and silences: what was typed, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

from bot.console.words import Words
from bot.switches.switchboard import LONGEST, LONGEST_TEXT, Instead, NewNotice, NewOff

LONGEST_LINE = 200
PUSHES = (0, 1, 6, 24)
"""Hours that a notice may reach back."""
_MOST_WORDS = 20


@dataclass
class Typed:
    """A form as it came, to be shown again, and its faults by field."""

    values: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


def notice(
    form: Any, now: datetime, zone: ZoneInfo, districts: Collection[str], channels: Collection[str], _: Words
) -> tuple[NewNotice | None, Typed]:
    """The notice that a form asks for; None when something is wrong with it."""
    text = str(form.get("text", "")).replace("\r\n", "\n").strip()
    words = [part.strip() for part in re.split(r"[,\n]", str(form.get("words", "")))]
    typed = Typed(
        {
            "text": text,
            "reason": _line(form, "reason"),
            "starts": str(form.get("starts", "")),
            "ends": str(form.get("ends", "")),
            "words": ", ".join(word for word in words if word),
            "districts": [each for each in form.getall("districts", []) if each in districts],
            "channels": [each for each in form.getall("channels", []) if each in channels],
            "push": str(form.get("push", "0")),
        }
    )
    errors = typed.errors
    if not text:
        errors["text"] = _("시민에게 무엇을 알릴지 적어 주세요.")
    elif len(text) > LONGEST_TEXT:
        errors["text"] = _(
            "%(most)d자까지 적을 수 있어요. 지금은 %(n)d자예요.", most=LONGEST_TEXT, n=len(text)
        )
    if not typed.values["reason"]:
        errors["reason"] = _("왜 알리는지 적어 주세요. 동료와 감사 기록에 남아요.")
    starts = moment(typed.values["starts"], zone) or now
    ends = _end(typed, starts if starts > now else now, zone, _)
    few = [word[:LONGEST_LINE] for word in words if len("".join(word.split())) >= 2]
    if len(few) < sum(1 for word in words if word) or len(few) > _MOST_WORDS:
        errors["words"] = _("두 글자 이상인 낱말을 %(most)d개까지 쉼표로 나눠 적어 주세요.", most=_MOST_WORDS)
    hours = int(typed.values["push"]) if typed.values["push"] in map(str, PUSHES) else 0
    if errors or ends is None:
        return None, typed
    chosen = (tuple(typed.values["districts"]), tuple(typed.values["channels"]), tuple(few))
    return NewNotice(text, typed.values["reason"], starts, ends, *chosen, push_hours=hours), typed


def silence(
    form: Mapping[str, Any],
    now: datetime,
    zone: ZoneInfo,
    topics: Collection[str],
    channels: Collection[str],
    _: Words,
) -> tuple[NewOff | None, Typed]:
    """What a form wants switched off; None when something is wrong with it."""
    names = ("off_channel", "off_topic", "off_instead", "off_says", "off_reason", "off_ends")
    typed = Typed({name.removeprefix("off_"): _line(form, name) for name in names})
    values, errors = typed.values, typed.errors
    if values["channel"] and values["channel"] not in channels:
        errors["off_channel"] = _("목록에 있는 채널을 골라 주세요.")
    if values["topic"] and values["topic"] not in topics:
        errors["off_topic"] = _("목록에 있는 주제를 골라 주세요.")
    if values["instead"] not in get_args(Instead):
        values["instead"] = "phone"
    if not values["reason"]:
        errors["off_reason"] = _("왜 끄는지 적어 주세요. 동료와 감사 기록에 남아요.")
    ends = _end(typed, now, zone, _, "off_ends")
    if errors or ends is None:
        return None, typed
    instead = cast(Instead, values["instead"])
    return NewOff(values["reason"], ends, values["channel"], values["topic"], instead, values["says"]), typed


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment of a form's `datetime-local`, on the city's clock; None when there is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone) if text else None
    except ValueError:
        return None


def _end(typed: Typed, after: datetime, zone: ZoneInfo, _: Words, name: str = "ends") -> datetime | None:
    ends = moment(typed.values["ends"], zone)
    if ends is None:
        typed.errors[name] = _("언제까지인지 골라 주세요.")
    elif ends <= after:
        typed.errors[name] = _("끝나는 때가 이미 지났거나 시작보다 빨라요.")
    elif ends - after > LONGEST:
        typed.errors[name] = _("%(n)d일 안에서 골라 주세요.", n=LONGEST // timedelta(days=1))
    return ends


def _line(form: Mapping[str, Any], name: str) -> str:
    return " ".join(str(form.get(name, "")).split())[:LONGEST_LINE]
