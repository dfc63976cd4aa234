"""`sotong release`: publishing and going back from a command line leave the same trace as in the console."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.log.engine import open_engine, reading
from bot.log.tables import Audit
from bot.settings import Settings
from tests.gate_support import add_answer, city


def release(*arguments: str) -> int:
    return CliRunner().invoke(app, ["release", *arguments]).exit_code


def noted(root: Path) -> list[tuple[str, str, str]]:
    async def rows() -> list[tuple[str, str, str]]:
        engine = open_engine(Settings(_env_file=None, var_dir=root / "var").database)
        async with reading(engine) as session:
            found = (await session.scalars(select(Audit).order_by(Audit.id))).all()
        await engine.dispose()
        return [(row.action, row.target, row.detail.partition(": ")[2]) for row in found]

    return asyncio.run(rows())


def test_it_is_in_the_audit_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = city(tmp_path / "now")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_DATA_DIR", str(root / "data"))
    monkeypatch.setenv("SOTONG_RASA_URL", "http://127.0.0.1:9")  # it trains its own models
    add_answer(root, "lost", "잃어버린 물건은 어디서 찾나요?", "시청 1층에서 찾아요.")
    assert release("publish", "--why", "분실물") == 0
    add_answer(root, "found", "주운 물건은 어디에 맡기나요?", "가까운 지구대에 맡겨 주세요.")
    assert release("publish", "--why", "습득물") == 0
    assert release("rollback", "1", "--why", "틀려서") == 0
    assert noted(tmp_path) == [
        ("publish", "release:1", "분실물"),
        ("publish", "release:2", "습득물"),
        ("release_rolled_back", "release:1", "틀려서"),
    ]
