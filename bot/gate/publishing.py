"""From drafts to a release: composed, judged in a process of its own, published now or at a time."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from bot.cli.stack import environment
from bot.gate.runs import Chosen, Clash, Run, Runs
from bot.releases.folder import take
from bot.releases.live import open_live
from bot.releases.releases import Meanwhile, NothingNew, Releases
from bot.settings import ROOT, Settings
from bot.staff.audit import AuditTrail
from bot.studio.compose import compose
from bot.studio.drafts import Draft, Drafts

log = structlog.get_logger(__name__)

_LINE = 64 * 1024 * 1024
"""Bytes of the longest line a look writes: its verdict."""


class NotNow(Exception):
    """It cannot be published; the text says why and what to do. Nothing was done."""


@dataclass(frozen=True)
class Publisher:
    """Who publishes, as a release keeps it."""

    operator_id: int | None
    name: str


class Publishing:
    """What the page and the clock do."""

    def __init__(
        self,
        settings: Settings,
        drafts: Drafts,
        releases: Releases,
        audit: AuditTrail,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.drafts = drafts
        self.releases = releases
        self.audit = audit
        self.runs = Runs(settings.var_dir, clock)

    async def begin(self, who: Publisher, items: Sequence[str]) -> Run:
        """Start a look at these drafts; no drafts = the content as it stands. Raises OSError."""
        chosen = [draft for draft in await self.drafts.list() if draft.item in set(items)]
        active = await self.releases.active()
        run = self.runs.new(
            who.operator_id or 0,
            who.name,
            [Chosen(one.item, one.title, one.version, one.department) for one in chosen],
            active.number if active else None,
        )
        task = asyncio.create_task(self._look(run.id, chosen), name=f"gate-{run.id}")
        self._tasks[run.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run.id, None))
        return run

    def get(self, id_: str) -> Run | None:
        """A look as it stands; one whose process died with us counts as failed."""
        run = self.runs.get(id_)
        if run is not None and run.state == "running" and run.id not in self._tasks:
            return self.runs.change(id_, state="failed", reason="점검이 중간에 멈췄어요. 다시 점검해 주세요.")
        return run

    async def stop(self, id_: str) -> None:
        """Give a look or a planned publication up."""
        if task := self._tasks.get(id_):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        run = self.runs.get(id_)
        if run is not None and run.state in ("running", "waiting"):
            self.runs.change(id_, state="stopped")

    async def close(self) -> None:
        """Stop the looks at work: they count as failed."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def publish(self, id_: str, who: Publisher, why: str, overruled: str = "") -> Run:
        """Publish what a look has judged. Raises NotNow; OSError when it cannot be written."""
        run = self.runs.get(id_)
        if run is None or run.state not in ("passed", "blocked", "waiting") or run.verdict is None:
            raise NotNow("이 점검은 게시할 수 있는 상태가 아니에요. 다시 점검해 주세요.")
        if run.state == "blocked" and not overruled:
            raise NotNow("점검에서 막힌 것이 있어요. 고치고 다시 점검해 주세요.")
        await self._same_drafts(run)
        try:
            release = await self.releases.publish(self.runs.candidate(run), who, why, run.verdict, overruled)
        except Meanwhile as error:
            files = ", ".join(error.paths[:3])
            said = (
                f"점검한 뒤에 내용이 바뀌었어요({files}). "
                if files
                else "그 사이 다른 사람이 먼저 게시했어요. "
            )
            raise NotNow(said + "다시 점검해 주세요.") from error
        except NothingNew as error:
            raise NotNow("지금 시민에게 나가는 내용과 같아요. 게시할 것이 없어요.") from error
        await self.drafts.drop([draft.item for draft in run.drafts])
        detail = {"release": release.number, "items": [draft.item for draft in run.drafts]}
        action = "publish_overruled" if overruled else "publish"
        await self.audit.note(who.operator_id, action, f"release:{release.number}", overruled or why)
        log.info("gate_published", **detail)
        shutil.rmtree(self.runs.candidate(run), ignore_errors=True)
        return self.runs.change(id_, state="published", release=release.number, why=why, overruled=overruled)

    async def plan(self, id_: str, who: Publisher, why: str, at: datetime) -> Run:
        """Publish what passed at a time, after another look then. Raises NotNow."""
        run = self.runs.get(id_)
        if run is None or run.state != "passed":
            raise NotNow("점검을 통과한 것만 예약할 수 있어요.")
        if at <= self._clock():
            raise NotNow("지난 시각이에요. 앞으로 올 시각을 골라 주세요.")
        await self._same_drafts(run)
        await self.audit.note(who.operator_id, "publish_planned", f"run:{id_}", at.isoformat())
        return self.runs.change(id_, state="waiting", at=at, why=why)

    async def due(self) -> None:
        """Publish what waits for a time that has come."""
        for run in self.runs.all():
            if run.state == "waiting" and run.at is not None and run.at <= self._clock():
                await self._publish_planned(run)

    async def _publish_planned(self, run: Run) -> None:
        who = Publisher(run.operator_id, run.operator)
        try:
            await self._same_drafts(run)
            again = await self.begin(who, [draft.item for draft in run.drafts])
            await asyncio.gather(self._tasks[again.id])
            judged = self.runs.get(again.id)
            if judged is None or judged.state != "passed":
                state = judged.state if judged else "failed"
                said = {
                    "blocked": "예약한 시각에 다시 점검했더니 막힌 것이 있어서 게시하지 않았어요.",
                    "conflict": "예약한 뒤에 내용이 바뀌어 초안과 부딪혀서 게시하지 않았어요.",
                }.get(state, "예약한 시각에 점검하지 못해서 게시하지 않았어요.")
                self.runs.change(run.id, verdict=judged.verdict if judged else None)
                raise NotNow(said)
            done = await self.publish(again.id, who, run.why)
            self.runs.change(run.id, state="published", release=done.release)
        except NotNow as error:
            self.runs.change(run.id, state="refused", reason=str(error))
            await self.audit.note(run.operator_id, "publish_refused", f"run:{run.id}", str(error))

    async def _same_drafts(self, run: Run) -> None:
        now = {draft.item: draft.version for draft in await self.drafts.list()}
        moved = [draft.title for draft in run.drafts if now.get(draft.item) != draft.version]
        if moved:
            raise NotNow(f"점검한 뒤에 초안이 바뀌었어요: {', '.join(moved[:3])}. 다시 점검해 주세요.")

    async def _look(self, id_: str, chosen: Sequence[Draft]) -> None:
        run = self.runs.change(id_, step="내용을 모으고 있어요")
        try:
            candidate, root = self.runs.candidate(run), open_live(self._settings).working
            clashes = await asyncio.to_thread(_compose, root, chosen, candidate)
            if clashes:
                self.runs.change(id_, state="conflict", clashes=clashes)
                return
            against = root if run.against is None else await self.releases.unpack(run.against)
            verdict = await self._judge(id_, candidate, against)
            state = "blocked" if verdict["blocked"] else "passed"
            self.runs.change(id_, state=state, verdict=verdict, share=1.0)
        except asyncio.CancelledError:
            self.runs.change(id_, state="stopped")
            raise
        except Exception as error:  # told on the page: nobody waits for this task
            log.exception("gate_failed", run=id_)
            self.runs.change(id_, state="failed", reason=f"점검하지 못했어요: {error}")

    async def _judge(self, id_: str, candidate: Path, against: Path) -> dict[str, Any]:
        settings = self._settings
        variables = environment(settings) | {
            "SOTONG_VAR_DIR": str(settings.var_dir),
            "SOTONG_MODELS_DIR": str(settings.models_dir),
            "SOTONG_ENCODER": settings.encoder,
        }
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.gate", str(candidate), str(against)),
            cwd=ROOT,
            env=variables,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE,
        )
        if child.stdout is None or child.stderr is None:
            raise RuntimeError("no pipes")  # not with PIPE
        errors = asyncio.create_task(child.stderr.read())
        try:
            async for line in child.stdout:
                told = json.loads(line)
                if "verdict" in told:
                    await child.wait()
                    return dict(told["verdict"])
                self.runs.change(id_, step=told["what"], share=told["share"])
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()
            said = (await errors).decode(errors="replace")
        raise RuntimeError(said.strip().splitlines()[-1] if said.strip() else "점검 과정이 멈췄어요")


def _compose(root: Path, drafts: Sequence[Draft], into: Path) -> tuple[Clash, ...]:
    take(root, into)
    return tuple(
        Clash(conflict.item, conflict.title, conflict.kind) for conflict in compose(root, drafts, into)
    )
