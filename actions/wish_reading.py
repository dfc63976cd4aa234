"""What a message adds to a wish (`bot.proactive.draft`)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from actions.turn import Turn
from actions.waste import place
from bot.catalogue.service import PublicService
from bot.proactive.draft import Draft
from bot.proactive.life_events import LifeEvent, LifeEvents
from bot.proactive.understanding import NUMBER, said_when, understand
from bot.proactive.wish import CHECKLIST, COLLECTION, DEADLINE, Wish
from bot.text.calendar import months_later
from bot.text.dates import find_dates
from bot.text.normalise import align

Finder = Callable[[str], Awaitable[Sequence[PublicService]]]
"""The services of the catalogue that words may mean, the likeliest first."""

CHANGE = re.compile(r"바꿔|바꾸|변경|옮겨|미뤄|당겨")
_NOT_YET = re.compile(r"몰라|모르|미정|아직|안\s?정|못\s?정|글쎄")
_NO_SUCH_DAY = re.compile(r"\d{1,2}\s?월\s?\d{1,2}\s?일|\d{1,2}/\d{1,2}")
_MONTH_AND_DAY = re.compile(r"\d{1,2}\s?(?:월\s?\d{1,2}\s?일|/\s?\d{1,2})")
_SHORT = 10
"""Letters beside a day that still make it an answer to the question when."""
_LEAST_NAME, _NAME = 2, 24
"""Letters of the name of a service that is typed when asked for it."""
_DONE = re.compile(r"했|마쳤|끝냈|끝났|완료|받았|냈|옮겼|바꿨")
_CHOICES = 3
_FAR = timedelta(days=366 * 2)


async def subscribed(turn: Turn, find: Finder) -> Draft:
    """The wish of a message that asks for one."""
    if turn.entity("event"):
        wish = Wish(kind=CHECKLIST, event=turn.entity("event") or "")
        return Draft(aim="subscribe", wish=wish)
    words = turn.text if turn.typed else turn.entity("when") or ""
    found = understand(words, turn.now)
    draft = Draft(aim="subscribe", wish=found.wish, fault=found.fault)
    draft = draft.model_copy(update={"missing": found.missing})
    return await completed(turn, draft, find)


async def completed(turn: Turn, draft: Draft, find: Finder) -> Draft:
    """The draft with what is known beside the words: the citizen's neighbourhood, the service they name."""
    wish = draft.wish
    if wish is None:
        return draft
    if wish.kind == COLLECTION and not wish.dong:
        dong = turn.entity("dong") or place(turn) or turn.slot("dong")
        if dong:
            return _with(draft, wish.model_copy(update={"dong": dong}))
    if wish.kind == DEADLINE and not wish.service_id and wish.about:
        return await _service(draft, wish, wish.about, find)
    return draft


async def answered(turn: Turn, draft: Draft, find: Finder) -> Draft | None:
    """The draft with what was asked for; None when the message is not meant for it."""
    wish = draft.wish
    if wish is None:
        return None
    if draft.missing == "dong":
        dong = turn.entity("dong") or place(turn)
        return _with(draft, wish.model_copy(update={"dong": dong})) if dong else None
    if draft.missing == "number":
        number = NUMBER.search(align(turn.text).text)
        if number is None:
            return _again(draft, "bad_number") if re.search(r"\d{4}", turn.text) else None
        return _with(draft, wish.model_copy(update={"number": f"{number[1]}-{number[2]}"}))
    if draft.missing == "service":
        chosen = turn.entity("service_id")
        if chosen:
            name = draft.choices.get(chosen, wish.about)
            return _with(draft, wish.model_copy(update={"service_id": chosen, "about": name}))
        return await _named(turn, draft, wish, find)
    if draft.missing == "when":
        return _when(turn, draft, wish)
    return None


def _when(turn: Turn, draft: Draft, wish: Wish) -> Draft | None:
    found = said_when(turn.entity("when") or turn.text, turn.now)
    about = found.wish.about.replace(" ", "")
    if len(about) > _SHORT or (about and turn.intent == "subscribe" and turn.typed):
        return None
    if found.missing:
        return _again(draft, found.fault) if found.fault else None
    timed = found.wish.model_copy(update={"about": wish.about, "answer_id": wish.answer_id})
    return _with(draft, timed)


async def _named(turn: Turn, draft: Draft, wish: Wish, find: Finder) -> Draft | None:
    """The service whose name was asked for; anything else that is said is meant for others."""
    words = "".join(letter for letter in turn.text if letter.isalnum())
    if not turn.typed or "?" in turn.text or not _LEAST_NAME <= len(words) <= _NAME:
        return None
    named = [each for each in await find(turn.text) if words in "".join(filter(str.isalnum, each.name))]
    return await _service(draft, wish, turn.text, find) if named else None


async def _service(draft: Draft, wish: Wish, words: str, find: Finder) -> Draft:
    services = list(await find(words))[:_CHOICES]
    if len(services) == 1:
        only = services[0]
        return _with(draft, wish.model_copy(update={"service_id": only.id, "about": only.name}))
    choices = {service.id: service.name for service in services}
    update = {
        "choices": choices,
        "missing": "service",
        "fault": "" if services else "no_service",
        "said": words,
    }
    return draft.model_copy(update=update)


def happened(turn: Turn, events: LifeEvents, latest: str | None) -> Draft:
    """The life event of a message; `latest` is that of the checklist touched last."""
    known = events.all()
    event, last = known.get(turn.entity("event") or ""), known.get(latest or "")
    if event is None and turn.typed:
        event = events.named(align(turn.text).text)
    id_ = event.id if event else last.id if turn.typed and last else None
    if id_ is None:
        return Draft(aim="life_event", missing="event")
    step, mark = turn.entity("step") or "", turn.entity("mark") or ""
    if last and turn.typed and _DONE.search(turn.text) and (told := _step(turn.text, last)):
        id_, step, mark = last.id, told, "done"
    show = "all" if turn.entity("show") else ""
    draft = Draft.model_validate(
        {"aim": "life_event", "event": id_, "step": step, "mark": mark, "show": show}
    )
    if event is None or step or show:
        return draft
    return day_of(turn, draft, event, asked=False) or draft.model_copy(update={"missing": "event_date"})


def _step(text: str, event: LifeEvent) -> str | None:
    """The step that words name by the first word of its title: 전입신고 했어요."""
    squeezed = "".join(text.split())
    found = [step.id for step in event.steps if len(word := step.title.split()[0]) > 1 and word in squeezed]
    return found[0] if len(found) == 1 else None


def day_of(turn: Turn, draft: Draft, event: LifeEvent, *, asked: bool) -> Draft | None:
    """The draft with the day of the event; None when the message names none.

    `asked`: it was asked for, so that only a day and a few letters are an answer.
    """
    said = turn.entity("day")
    if said == "unknown":
        return draft.model_copy(update={"unknown_day": True, "missing": "", "fault": ""})
    text = align(said or turn.text if turn.typed or said else "").text
    today = turn.now.date()
    found = [each for each in find_dates(text, today) if each.entity in ("date", "period")]
    rest = len(text.replace(" ", "")) - sum(each.end - each.start for each in found[:1])
    if asked and turn.typed and rest > _SHORT and turn.intent != "life_event":
        return None
    if found and found[0].entity == "date":
        day, said = date.fromisoformat(found[0].value), text[found[0].start : found[0].end]
        yearless = _MONTH_AND_DAY.fullmatch(said) is not None
        return _on(draft, event, _nearest(day, event, today) if yearless else day, today)
    if found and asked:
        return _again(draft, "which_day")
    if asked and _NOT_YET.search(text):
        return draft.model_copy(update={"unknown_day": True, "missing": "", "fault": ""})
    return _again(draft, "no_such_day") if asked and _NO_SUCH_DAY.search(text) else None


def _nearest(day: date, event: LifeEvent, today: date) -> date:
    """A day said without a year, which was read as the next: 11월 20일 on 23 November was three days ago."""
    before = months_later(day, -12)
    past = event.direction == "past" or abs(today - before) < abs(day - today)
    return before if day > today and past else day


def _on(draft: Draft, event: LifeEvent, day: date, today: date) -> Draft:
    if event.direction == "past" and day > today:
        return _again(draft.model_copy(update={"missing": "event_date"}), "not_yet")
    if abs(day - today) > _FAR:
        return _again(draft.model_copy(update={"missing": "event_date"}), "far")
    return draft.model_copy(update={"on": day, "missing": "", "fault": ""})


def _with(draft: Draft, wish: Wish) -> Draft:
    return draft.model_copy(update={"wish": wish, "missing": "", "fault": "", "said": "", "choices": {}})


def _again(draft: Draft, fault: str) -> Draft:
    return draft.model_copy(update={"fault": fault})
