"""`sotong check`: what it prints, how it exits, what it compares with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from tests.gate_support import add_answer, city


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    return city(tmp_path / "now")


def check(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["check", *arguments])
    return result.exit_code, result.stdout, result.stderr


def as_json(*arguments: str) -> tuple[int, dict[str, Any]]:
    status, out, _ = check("--json", *arguments)
    return status, json.loads(out)


def test_json_has_what_it_promises_and_the_status_says_whether_it_blocks(root: Path) -> None:
    status, read = as_json(str(root / "data"))
    assert (status, read["blocked"], read["problems"]) == (0, False, [])
    add_answer(root, "twin", "자동차세 언제 내야 하나요?", "몰라요.")
    status, read = as_json(str(root / "data"))
    assert (status, read["blocked"]) == (1, True)
    (problem,) = read["problems"]
    assert {"rule", "severity", "path", "line", "message", "remedy"} <= problem.keys()
    assert Path(problem["path"]).is_file()
    assert (problem["rule"], problem["severity"], problem["line"]) == ("collision", "error", 12)


def test_the_human_form_names_file_line_and_remedy(root: Path) -> None:
    status, out, _ = check(str(root / "data"))
    assert (status, "잘못된 곳이 없어요" in out) == (0, True)
    add_answer(root, "twin", "자동차세 언제 내야 하나요?", "몰라요.", owner="nobody")
    status, out, _ = check(str(root / "data"))
    assert status == 1
    assert f"{root / 'data/answers/tax.yml'}:12" in out
    assert "→ 두 답변을 하나로 합치거나" in out
    assert "고쳐야 할 것 2개, 살펴볼 것 0개" in out


def test_against_a_folder_old_faults_do_not_block(root: Path, tmp_path: Path) -> None:
    add_answer(root, "twin", "자동차세 언제 내야 하나요?", "몰라요.")
    before = Path(shutil.copytree(root, tmp_path / "before"))
    status, read = as_json(str(root / "data"), "--against", str(before))
    assert (status, read["changed"]) == (0, [])
    assert read["problems"][0]["details"]["existing"] is True


@pytest.mark.parametrize("release", ["7", "active", "no-such-folder"])
def test_a_release_that_is_not_there_is_told(root: Path, release: str) -> None:
    status, out, told = check(str(root / "data"), "--json", "--against", release)
    assert (status, out) == (2, "")
    assert "견줄 릴리스가 없어요" in told
