"""`sotong audit verify`: whether the audit log is still as it was written."""

from __future__ import annotations

import asyncio
import json

from rich.console import Console

from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.settings import Settings
from bot.staff.checking import Fault, audit_checks
from bot.staff.tables import AuditCheck

_FAULTS = {
    Fault.CHANGED: "{row}번 기록이나 바로 앞의 기록이 바뀌었거나, 끼워졌거나, 빠졌어요.",
    Fault.GONE: "예전에 확인한 {row}번 기록이 없어졌거나 다른 것으로 바뀌었어요.",
    Fault.CUT: "보관 기간이 끝나지 않은 기록을 지운 흔적이 있어요.",
}


def verify(settings: Settings, *, as_json: bool) -> int:
    """Check and say what was found; 1 when the log is broken."""
    found = asyncio.run(_check(settings))
    if as_json:
        row = {"rows": found.rows, "last_id": found.last_id, "hash": found.hash}
        print(json.dumps({**row, "fault": found.fault, "fault_id": found.fault_id}))
    elif found.fault:
        said = _FAULTS[Fault(found.fault)].format(row=found.fault_id)
        Console(stderr=True).print(
            f"[red]✗[/] {said} 백업을 되살린 적이 없다면 누군가 데이터베이스를 고친 거예요."
            " docs/server.md의 ‘감사 기록이 그대로인지’를 봐 주세요.",
            soft_wrap=True,
            highlight=False,
        )
    else:
        last = f"{found.last_id}번까지 ({found.hash[:16]}…)" if found.last_id else "아직 없어요"
        Console().print(f"[green]✓[/] 기록 {found.rows:,}개가 그대로예요: {last}", highlight=False)
    return 1 if found.fault else 0


async def _check(settings: Settings) -> AuditCheck:
    await migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        return await audit_checks(settings, engine, utc_now).check()
    finally:
        await engine.dispose()
