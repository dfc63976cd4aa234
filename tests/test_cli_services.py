"""`sotong services` as an engineer types it on a fresh clone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.cli.services import search, sync
from bot.settings import Settings

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def own(tmp_path: Path, free_port: int) -> Settings:
    """An installation whose demo API is not running."""
    return Settings(_env_file=None, var_dir=tmp_path, database_url="", gov24_url="", gov24_port=free_port)


def run(settings: Settings, capsys: Captured, *, allow_fewer: bool = False) -> tuple[int, str, str]:
    status = sync(settings, as_json=True, allow_fewer=allow_fewer)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_demos_services_come_without_anything_running(own: Settings, capsys: Captured) -> None:
    assert search(own, "여권", 3, as_json=True) == 1
    assert "sotong services sync" in capsys.readouterr().err
    status, out, err = run(own, capsys)
    first = json.loads(out)
    assert (status, first["new"] >= 300, first["total"] == first["new"]) == (0, True, True)
    assert set(first) == {"new", "changed", "ended", "total", "seconds"}
    assert "시범" in err
    again = json.loads(run(own, capsys)[1])
    assert (again["new"], again["changed"], again["ended"], again["total"]) == (0, 0, 0, first["total"])


def test_an_api_that_is_not_there_is_named_with_what_to_do(own: Settings, capsys: Captured) -> None:
    down = own.model_copy(update={"gov24_url": f"http://127.0.0.1:{own.gov24_port}/api"})
    status, out, err = run(down, capsys)
    assert (status, out) == (1, "")
    assert f"127.0.0.1:{own.gov24_port}" in err
    assert "다시 실행" in err


def test_a_database_that_is_none_is_named(own: Settings, capsys: Captured) -> None:
    (own.var_dir / "sotong.db").write_text("no database" * 1000)
    status, out, err = run(own, capsys)
    assert (status, out) == (1, "")
    assert "데이터베이스" in err


def test_the_key_is_never_shown(own: Settings, capsys: Captured) -> None:
    secret = own.model_copy(
        update={"gov24_url": f"http://127.0.0.1:{own.gov24_port}/api", "gov24_key": SecretStr("geheim+1")}
    )
    assert "geheim" not in "".join(map(str, run(secret, capsys)))
