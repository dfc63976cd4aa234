"""Waste: which day what may be put out in a neighbourhood, and what a bulky thing costs."""

from __future__ import annotations

import re

from actions.answer import FromAnswers
from actions.answering import Answering
from actions.card import payload
from actions.city_api import NotFound, ServiceError
from actions.departments import call_button, contact_card, contact_facts, department
from actions.records import BulkyItem, BulkyItems, Fee, Schedule, Schedules
from actions.reply import Said, Speaking
from actions.service_client import Record, ServiceClient
from actions.trouble import trouble, with_age
from actions.turn import Clock, Turn
from bot.content.hours import DAYS, named_day
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.messages import Button, Card
from bot.outcomes import Outcome

RECYCLING = "recycling"
"""Id of the department that answers for waste."""
PLACE = re.compile(r"(?<![가-힣])([가-힣]{2,6}[동읍])(?=$|[^가-힣]|은|는|이|에|인데|요|쓰레기)")
SHORT_PLACE = re.compile(r"^([가-힣]{1,6}[동읍면])(?:이요|요|이에요|예요|입니다)?$")
MAX_ITEM = 40
MAX_ITEMS = 3


class ActionWasteSchedule(Speaking):
    """The collection days of the citizen's neighbourhood."""

    action = "action_waste_schedule"

    def __init__(self, content: ContentStore, clock: Clock, service: ServiceClient) -> None:
        super().__init__(content, clock)
        self.service = service

    async def respond(self, turn: Turn) -> Said:
        """The days, or the question which neighbourhood; it is asked once and then remembered."""
        who = department(self.content.departments(), RECYCLING)
        dong = turn.entity("dong") or place(turn) or turn.slot("dong")
        try:
            if dong is None:
                return await self._ask(turn, "waste_ask_dong")
            try:
                record = await self.service.query(Schedules, {"dong": dong})
            except NotFound:
                return await self._ask(turn, "waste_unknown_dong", dong=dong)
        except ServiceError as error:
            return trouble(error, self.voice, who, turn)
        schedule = record.data.schedules[0]
        who = department(self.content.departments(), schedule.department)
        text = self.voice.say(
            "waste_day",
            turn.seed,
            dong=schedule.dong,
            general=dots(schedule.general),
            food=dots(schedule.food),
            recycling=dots(schedule.recycling),
            opens=schedule.opens,
            closes=schedule.closes,
            place=schedule.place,
            note=schedule.note,
            department=who.name,
            department_phone=who.phone,
        )
        return Said(
            Outcome.ANSWERED_SERVICE,
            with_age(text, record, self.voice, turn.seed, self.clock()),
            cards=(day_card(schedule, who, turn),),
            slots={"dong": schedule.dong},
        )

    async def _ask(self, turn: Turn, key: str, **values: str) -> Said:
        """The question, with a button for every neighbourhood the API knows."""
        known = await self.service.query(Schedules, {})
        buttons = tuple(
            Button(label=each.dong, payload=payload("give_dong", dong=each.dong))
            for each in known.data.schedules
        )
        text = self.voice.say(key, turn.seed, **values)
        return Said(Outcome.ASKED_BACK, text, buttons=buttons, slots={"dong": None})


class ActionBulkyWaste(FromAnswers):
    """What it costs to have a bulky thing collected; without a thing, how that is done."""

    action = "action_bulky_waste"

    def __init__(
        self, content: ContentStore, clock: Clock, answering: Answering, service: ServiceClient
    ) -> None:
        super().__init__(content, clock, answering)
        self.service = service

    async def respond(self, turn: Turn) -> Said:
        """The fee of the thing named, else the answer that fits the question."""
        item = turn.entity("item")
        who = department(self.content.departments(), RECYCLING)
        try:
            record = await self.service.query(BulkyItems, {"item": (item or turn.text)[:MAX_ITEM]})
        except NotFound:
            return self._unknown_item(turn, item, who) if item else await self._how(turn)
        except ServiceError as error:
            return trouble(error, self.voice, who, turn) if item else await self._how(turn)
        return self._fees(turn, record)

    async def _how(self, turn: Turn) -> Said:
        return self.answering.respond(turn, await self.answering.find(turn))

    def _unknown_item(self, turn: Turn, item: str, who: Department) -> Said:
        text = self.voice.say(
            "bulky_unknown_item", turn.seed, item=item, department=who.name, department_phone=who.phone
        )
        return Said(
            Outcome.ANSWERED_SERVICE,
            text,
            cards=(contact_card(who, turn.now),),
            buttons=HOW,
            detail={"found": False},
        )

    def _fees(self, turn: Turn, record: Record[BulkyItems]) -> Said:
        items = record.data.items[:MAX_ITEMS]
        file = self.content.departments()
        text = "\n\n".join(self._fee(turn, item, department(file, item.department)) for item in items)
        return Said(
            Outcome.ANSWERED_SERVICE,
            with_age(text, record, self.voice, turn.seed, self.clock()),
            buttons=(*HOW, call_button(department(file, items[0].department))),
            detail={"found": True},
        )

    def _fee(self, turn: Turn, item: BulkyItem, who: Department) -> str:
        return self.voice.say(
            "bulky_item",
            turn.seed,
            item=item.item,
            fee="\n".join(fee_line(fee) for fee in item.fees),
            note=item.note,
            department=who.name,
            department_phone=who.phone,
        )


HOW = (Button(label="버리는 방법 보기", payload="대형폐기물 어떻게 버려요?"),)


def place(turn: Turn) -> str | None:
    """A neighbourhood typed in the text that the entity extractor does not know."""
    if not turn.typed:
        return None
    found = SHORT_PLACE.search(turn.text) if turn.intent == "give_dong" else None
    found = found or PLACE.search(turn.text)
    return found[1] if found else None


def dots(names: tuple[str, ...]) -> str:
    """Days in a row, from Monday on."""
    return "·".join(sorted(names, key=DAYS.index))


def day_card(schedule: Schedule, who: Department, turn: Turn) -> Card:
    """What may be put out today or on the days asked for, and who answers for it."""
    today = turn.now.date()
    days = turn.days or [today]
    kinds = {"일반 쓰레기": schedule.general, "음식물": schedule.food, "재활용": schedule.recycling}
    lines = []
    for day in days:
        taken = ", ".join(kind for kind, when in kinds.items() if DAYS[day.weekday()] in when)
        name = f"오늘({DAYS[day.weekday()]})" if day == today else named_day(day)
        lines.append((name, taken or "내놓는 날이 아니에요."))
    title, text = lines[0]
    if len(lines) > 1:
        title, text = "그날", "\n".join(f"{name}: {taken}" for name, taken in lines)
    return Card(title=f"{title} 내놓는 것", text=text, facts=contact_facts(who, turn.now))


def fee_line(fee: Fee) -> str:
    """`1인용: 3,000원`."""
    amount = f"{fee.won:,}원" if fee.won else "무료"
    return f"{fee.size}: {amount}" if fee.size else amount
