"""Departments and places: where, by what number, and whether they are open."""

from __future__ import annotations

from dataclasses import replace

from actions.answer import FromAnswers
from actions.answering import Answering, candidates
from actions.city_api import NotFound, ServiceError
from actions.departments import call_button, default, named
from actions.records import Office, Offices
from actions.reply import Said
from actions.service_client import Record, ServiceClient
from actions.trouble import trouble, with_age
from actions.turn import Clock, Turn
from bot.content.hours import on_day, opening, week
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.messages import Button
from bot.outcomes import Outcome

TOGETHER = 3
"""More places than these are offered as buttons."""
BUTTONS = 10
MAX_WORDS = 200


class ActionOfficeInfo(FromAnswers):
    """The department or place that the citizen names, by its name or by what it does."""

    action = "action_office_info"

    def __init__(
        self, content: ContentStore, clock: Clock, answering: Answering, service: ServiceClient
    ) -> None:
        super().__init__(content, clock, answering)
        self.service = service

    async def respond(self, turn: Turn) -> Said:
        """An answer that is likelier meant; from the city's API; from `departments.yml`; else retrieval."""
        found = await self.answering.find(turn)
        if found.likelier_than(turn):
            return self.answering.respond(turn, found)
        said = await self._named(turn)
        return (
            replace(said, candidates=candidates(found.hits)) if said else self.answering.respond(turn, found)
        )

    async def _named(self, turn: Turn) -> Said | None:
        """The department or place that the words name; None when they name none."""
        words = " ".join([turn.text, *turn.entities("office")])[:MAX_WORDS]
        own = named(self.content.departments(), words)
        try:
            record = await self.service.query(Offices, {"words": words})
        except NotFound:
            offices: tuple[Office, ...] = ()
        except ServiceError as error:
            return trouble(error, self.voice, own or default(self.content.departments()), turn)
        else:
            offices = record.data.offices
            if offices:
                return self._found(turn, record, offices)
        if own:
            return Said(Outcome.ANSWERED_SERVICE, self._line(turn, own), buttons=(call_button(own),))
        return None

    def _found(self, turn: Turn, record: Record[Offices], offices: tuple[Office, ...]) -> Said:
        if len(offices) > TOGETHER:
            buttons = tuple(
                Button(label=office.name, payload=f"{office.name} 전화번호와 위치 알려 주세요")
                for office in offices[:BUTTONS]
            )
            return Said(
                Outcome.CLARIFIED,
                self.voice.say("clarify", turn.seed),
                buttons=buttons,
                slots={"offered": None},
            )
        places = [as_department(office) for office in offices]
        text = "\n\n".join(self._line(turn, place) for place in places)
        return Said(
            Outcome.ANSWERED_SERVICE,
            with_age(text, record, self.voice, turn.seed, self.clock()),
            buttons=tuple(call_button(place) for place in places),
        )

    def _line(self, turn: Turn, place: Department) -> str:
        return self.voice.say(
            "office_hours" if turn.intent == "ask_hours" else "office_info",
            turn.seed,
            department=place.name,
            department_phone=place.phone,
            place=place.place,
            hours=week(place.hours),
            opening="\n".join(on_day(place, day) for day in turn.days) or opening(place, turn.now).text,
        )


def as_department(office: Office) -> Department:
    """An office of the API in the form that opening hours are worked out from."""
    return Department(
        id=office.id,
        name=office.name,
        phone=office.phone,
        handles=(office.name,),
        place=office.address,
        hours=office.hours,
    )
