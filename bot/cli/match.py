"""`sotong services match`: for which services somebody qualifies, from the command line."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import SQLAlchemyError

from bot.catalogue.stored import services, version
from bot.cli.services import sync
from bot.content.live_file import read_file
from bot.content.problem import ContentError
from bot.content.store import ContentStore
from bot.eligibility.choices import choices
from bot.eligibility.consultation import Consultation
from bot.eligibility.engine import Evaluation, Verdict
from bot.eligibility.facts import FactError, Facts, from_json
from bot.eligibility.income import MedianIncome
from bot.eligibility.matching import Matching
from bot.eligibility.questions import Question, next_question
from bot.eligibility.wording import question
from bot.log.engine import open_engine
from bot.settings import Settings

_SHOWN = 20
"""Services named on the terminal."""
_ORDER = {Verdict.YES: 0, Verdict.UNKNOWN: 1, Verdict.NO: 2}


def match(settings: Settings, facts: str, *, as_json: bool) -> int:
    """Print the verdict for every service and the best next question; exit status.

    The catalogue is synchronised first when there is none yet.
    """
    console = Console(stderr=True, soft_wrap=True)
    try:
        known = from_json(json.loads(facts))
    except json.JSONDecodeError as error:
        console.print(
            f"[red]✗[/] facts: JSON이 아니에요({error.msg}, {error.pos + 1}번째 글자).", highlight=False
        )
        return 1
    except FactError as error:
        console.print(f"[red]✗[/] {escape(str(error))}", highlight=False)
        return 1
    try:
        if not asyncio.run(_filled(settings)):
            console.print("혜택 목록이 비어 있어서 먼저 가져와요.")
            if sync(settings, as_json=False, allow_fewer=False):
                return 1
        matching = Matching(asyncio.run(_services(settings)), settings.service_agencies)
    except (SQLAlchemyError, OSError) as error:
        console.print(f"[red]✗[/] 데이터베이스를 쓸 수 없어요({getattr(error, 'orig', error)}).")
        return 1
    evaluation = matching.evaluate(known)
    asks = next_question(evaluation, clear=0.0)
    try:
        following = _question(settings, known, asks) if asks else None
    except ContentError as error:
        console.print(f"[red]✗[/] {escape(str(error))}", highlight=False)
        return 1
    if as_json:
        told = {"services": _told(matching, evaluation), "next_question": following}
        print(json.dumps(told, ensure_ascii=False))
    else:
        _print(Console(soft_wrap=True), matching, evaluation, following)
    return 0


async def _filled(settings: Settings) -> bool:
    engine = open_engine(settings.database)
    try:
        return await version(engine) > 0
    finally:
        await engine.dispose()


async def _services(settings: Settings) -> Any:
    engine = open_engine(settings.database)
    try:
        return await services(engine)
    finally:
        await engine.dispose()


def _told(matching: Matching, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Every service, those whose conditions hold first."""
    verdicts = evaluation.verdicts
    places = sorted(range(len(verdicts)), key=lambda place: _ORDER[verdicts[place]])
    return [
        {
            "id": matching.services[place].id,
            "name": matching.services[place].name,
            "verdict": verdicts[place],
            "reasons": [
                {
                    "field": reason.group,
                    "needed": list(reason.needed),
                    "given": list(reason.given),
                    "state": reason.state,
                }
                for reason in evaluation.reasons(place)
            ],
        }
        for place in places
    ]


def _question(settings: Settings, facts: Facts, asks: Question) -> dict[str, Any]:
    median = read_file(settings.data_dir / "eligibility" / "median_income.yml", MedianIncome)[0]
    talk = Consultation(facts, (asks.group,), asks.group)
    return {
        "field": asks.group,
        "question": question(ContentStore(settings).persona(), talk, median),
        "options": [{"label": each.label, "value": each.value} for each in choices(talk, median)],
        "decides": round(asks.decides, 2),
    }


def _print(console: Console, matching: Matching, evaluation: Evaluation, asks: dict[str, Any] | None) -> None:
    counts = {verdict: evaluation.verdicts.count(verdict) for verdict in Verdict}
    console.print(
        f"받을 가능성이 있는 것 {counts[Verdict.YES]}개, 아직 모르는 것 {counts[Verdict.UNKNOWN]}개, "
        f"조건에 맞지 않는 것 {counts[Verdict.NO]}개",
        highlight=False,
    )
    marks = {"holds": "✓", "fails": "✗", "open": "?"}
    for service in _told(matching, evaluation)[: min(_SHOWN, counts[Verdict.YES])]:
        console.print(f"● {service['name']} ({service['id']})", markup=False, highlight=False)
        for reason in service["reasons"]:
            mark, needed = marks[reason["state"]], ", ".join(reason["needed"])
            console.print(
                f"    {mark} {needed} ← {', '.join(reason['given'])}", markup=False, highlight=False
            )
    if asks:
        console.print(f"\n다음 질문: {asks['question']}", markup=False, highlight=False)
