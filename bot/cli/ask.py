"""`sotong ask`: what the bot understands and says, by the very path of a live message."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.answering import Answering
from bot.cli.private_stack import DidNotStart, private_stack
from bot.cli.train import train
from bot.content.store import ContentStore
from bot.fallback import Fallback
from bot.masking import mask
from bot.messages import Inbound, Reply, utc_now
from bot.outcomes import LABELS, Outcome
from bot.rasa import RasaClient
from bot.settings import Settings
from bot.speech import Speech

_DECISIONS = {Outcome.ANSWERED_FAQ: "answer", Outcome.CLARIFIED: "clarify"}
"""Outcome → decision of the evaluation format; everything else refuses to name an answer."""


def ask_one(settings: Settings, question: str) -> int:
    """Explain one question on the terminal; exit status."""
    return _with_bot(settings, lambda own, console: asyncio.run(_explain(own, question, console)))


def ask_batch(settings: Settings, batch: Path, out: Path) -> int:
    """Answer every row of a JSONL file and write the decisions; exit status.

    A row that cannot be read stops the command before anything is asked, with its line number.
    """
    console = Console(stderr=True, soft_wrap=True)
    try:
        rows = list(_read(batch))
    except (OSError, ValueError) as error:
        console.print(f"[red]✗[/] {batch}: {error}", highlight=False)
        return 1
    return _with_bot(settings, lambda own, _: asyncio.run(_answer_all(own, rows, out, console)))


def _with_bot(settings: Settings, work: Any) -> int:
    console = Console(stderr=True, soft_wrap=True)
    model = train(settings, console=console)
    if model is None:
        return 1
    with tempfile.TemporaryDirectory(prefix="sotong-ask-") as folder:
        try:
            with private_stack(settings, model, Path(folder), console) as own:
                return int(work(own, Console()))
        except (DidNotStart, FileNotFoundError) as error:
            console.print(f"[red]✗[/] 봇을 켜지 못했어요. {error}", highlight=False)
            return 1


@asynccontextmanager
async def _answering(settings: Settings) -> AsyncIterator[Answering]:
    content = ContentStore(settings)

    async with aiohttp.ClientSession() as session:
        bot = RasaClient(
            session,
            settings.rasa,
            settings.actions,
            token=settings.rasa_token.get_secret_value(),
            timeout=settings.rasa_timeout,
        )
        speech = Speech(content.persona, content.call_centre)
        yield Answering(bot, speech, Fallback(speech), start_timeout=settings.rasa_start_timeout)


async def _ask(answering: Answering, question: str) -> tuple[Reply, float]:
    """The reply to a first message of a new citizen, and the milliseconds it took."""
    name = uuid.uuid4().hex
    text, _ = mask(question)
    inbound = Inbound(channel="ask", user_id=name, message_id=name, sent_at=utc_now(), text=text)
    started = time.perf_counter()
    reply = await answering.answer(inbound, key=f"ask:{name}")
    return reply, (time.perf_counter() - started) * 1000


async def _answer_all(settings: Settings, rows: list[dict[str, Any]], out: Path, console: Console) -> int:
    async with _answering(settings) as answering:
        await _ask(answering, "안녕하세요")
        with out.open("w", encoding="utf-8") as file:
            for row in track(rows, "묻고 있어요", console=console):
                reply, ms = await _ask(answering, str(row["query"]))
                result = {
                    "id": row["id"],
                    "decision": _DECISIONS.get(Outcome(reply.outcome), "reject"),
                    "candidates": [{"id": c.id, "score": round(c.score, 4)} for c in reply.candidates],
                    "ms": round(ms, 1),
                    "intent": reply.intent,
                    "outcome": reply.outcome,
                }
                file.write(json.dumps(result, ensure_ascii=False) + "\n")
    console.print(f"[green]✓[/] {len(rows)}개 질문의 결과: {out}", highlight=False)
    return 0


async def _explain(settings: Settings, question: str, console: Console) -> int:
    async with _answering(settings) as answering:
        await _ask(answering, "안녕하세요")
        reply, ms = await _ask(answering, question)
    outcome = Outcome(reply.outcome)
    console.print(f"[bold]질문[/]  {mask(question)[0]}", highlight=False)
    certainty = f" ({reply.confidence:.0%})" if reply.confidence is not None else ""
    console.print(f"[bold]의도[/]  {reply.intent or '-'}{certainty}", highlight=False)
    console.print(f"[bold]결과[/]  {LABELS[outcome]} ({outcome}), {ms:.0f} ms", highlight=False)
    if reply.handoff:
        console.print(f"[bold]연결[/]  상담원 ({reply.handoff})", highlight=False)
    if reply.candidates:
        table = Table("점수", "답변", "질문", title="후보")
        for candidate in reply.candidates:
            table.add_row(f"{candidate.score:.3f}", candidate.id, candidate.question)
        console.print(table)
    for message in reply.messages:
        console.rule()
        console.print(message.plain(), markup=False, highlight=False)
    return 0


def _read(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict) or "id" not in row or "query" not in row:
                raise ValueError('"id"와 "query"가 있어야 해요')
        except ValueError as error:
            raise ValueError(f"{number}번째 줄: {error}") from error
        yield row
