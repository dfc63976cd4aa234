"""A life event's checklist: what to do by when, who helps, and what is done."""

from __future__ import annotations

from datetime import date

from actions.card import payload
from actions.departments import department
from actions.reply import Said
from actions.turn import Turn
from actions.wishes import Wishes
from bot.content.hours import named_day
from bot.content.models import DepartmentFile
from bot.content.persona import Voice
from bot.messages import Button, Card, Fact
from bot.outcomes import Outcome
from bot.proactive.checklists import Mark, Progress
from bot.proactive.draft import Draft
from bot.proactive.life_events import Step
from bot.proactive.wording import near

_AT_ONCE = 3
"""Steps shown as cards; more at once nobody reads."""
_MARKS: dict[str, Mark] = {"done": "done", "skipped": "skipped"}


class LifeEventChecklists:
    """Shows a checklist and takes down what is done."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes

    async def show(self, turn: Turn, draft: Draft) -> Said:
        """The checklist of the draft, begun, resumed, or with one step more done."""
        event = self._wishes.events.all()[draft.event]
        voice, today = self._wishes.voice, turn.now.date()
        conversation_id = await self._wishes.conversation_id(turn)
        progress = Progress(event, draft.on)
        if conversation_id is not None:
            lists = self._wishes.checklists
            known = await lists.of(conversation_id, event)
            if draft.on or draft.unknown_day or known is None:
                await lists.begin(conversation_id, event.id, draft.on)
            if draft.step and event.step(draft.step):
                await lists.mark(conversation_id, event.id, draft.step, _MARKS.get(draft.mark))
            progress = await lists.of(conversation_id, event) or progress
        if draft.show == "all":
            return Said(Outcome.ANSWERED_SERVICE, self._all(turn, progress))
        if not progress.open:
            key = "event_all_done_gentle" if event.gentle else "event_all_done"
            return Said(Outcome.ANSWERED_SERVICE, voice.say(key, turn.seed, event=event.name))
        cards = tuple(
            card(voice, progress, step, today, self._wishes.content.departments())
            for step in progress.open[:_AT_ONCE]
        )
        return Said(
            Outcome.ANSWERED_SERVICE,
            self._opening(turn, progress, draft),
            cards=cards,
            buttons=self._buttons(progress, today),
        )

    def _opening(self, turn: Turn, progress: Progress, draft: Draft) -> str:
        event = progress.event
        values = {"event": event.name, "done": progress.done, "count": len(progress.counted)}
        opening = "event_opening_gentle" if event.gentle else "event_opening"
        key = "event_progress" if draft.step else opening
        day = f"{event.day}: {named_day(progress.on)}" if progress.on else ""
        return self._wishes.voice.say(key, turn.seed, **values, day=day)

    def _buttons(self, progress: Progress, today: date) -> tuple[Button, ...]:
        voice, event = self._wishes.voice, progress.event
        buttons = []
        if len(progress.event.steps) > _AT_ONCE:
            buttons.append(_button(voice.say("event_all_button"), event.id, show="all"))
        if progress.to_remind(today):
            buttons.append(
                Button(label=voice.say("event_remind_button"), payload=payload("subscribe", event=event.id))
            )
        if progress.on is None:
            buttons.append(_button(voice.say("event_day_button"), event.id, day="ask"))
        return tuple(buttons)

    def _all(self, turn: Turn, progress: Progress) -> str:
        today = turn.now.date()
        lines = []
        for step in progress.event.steps:
            mark = progress.marks.get(step.id)
            box = {"done": "☑", "skipped": "–"}.get(mark or "", "☐")
            due = progress.due(step)
            until = f" ({_until(self._wishes.voice, step, due, today)})" if due and mark is None else ""
            lines.append(f"{box} {step.title}{until}")
        return self._wishes.voice.say(
            "event_all",
            turn.seed,
            event=progress.event.name,
            done=progress.done,
            count=len(progress.counted),
            list="\n".join(lines),
        )


def card(voice: Voice, progress: Progress, step: Step, today: date, departments: DepartmentFile) -> Card:
    """One step: what, where, with what, until when, whom to ask; below it what may have become of it."""
    facts = []
    due = progress.due(step)
    if due:
        facts.append(
            Fact(
                label="언제까지" if step.due and step.due.legal else "권하는 때",
                value=_until(voice, step, due, today),
            )
        )
    if step.due and step.due.late:
        facts.append(Fact(label="늦으면", value=step.due.late))
    facts.append(Fact(label="어디서", value=step.where))
    if step.documents:
        facts.append(Fact(label="준비물", value=", ".join(step.documents)))
    if step.agency:
        facts.append(Fact(label="물어볼 곳", value=step.agency))
    elif step.department:
        who = department(departments, step.department)
        facts.append(
            Fact(label="담당", value=f"{who.name} {who.phone}", url=f"tel:{who.phone.replace('-', '')}")
        )
    facts.append(Fact(label="근거", value=step.source.title, url=step.source.url))
    buttons = [_button(voice.say("event_done_button"), progress.event.id, step=step.id, mark="done")]
    if step.when:
        buttons.append(
            _button(voice.say("event_skip_button"), progress.event.id, step=step.id, mark="skipped")
        )
    if step.online:
        buttons.append(Button(label=step.online.label, url=step.online.url))
    if step.answer:
        more = payload("show_more", answer_id=step.answer)
        buttons.append(Button(label=voice.say("event_more_button"), payload=more))
    text = f"({step.when}) {step.what}" if step.when else step.what
    return Card(title=step.title, text=text, facts=tuple(facts), buttons=tuple(buttons))


def _until(voice: Voice, step: Step, due: date, today: date) -> str:
    if due < today:
        return voice.say(
            "event_overdue" if step.due and step.due.legal else "event_passed", day=named_day(due)
        )
    left = (due - today).days
    return voice.say("event_until", day=near(due, today), left=left)


def _button(label: str, event: str, **more: str) -> Button:
    return Button(label=label, payload=payload("life_event", event=event, **more))
