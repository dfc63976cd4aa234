"""`sotong services match`, as an engineer runs it; and what is known of the catalogue in memory."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli.commands import app
from tests.eligibility_support import fill

FACTS = '{"age": 27, "sex": "female", "income_percent": 60, "traits": ["JA0327"], "household": ["JA0404"]}'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command over a small catalogue."""
    database = f"sqlite+aiosqlite:///{tmp_path / 'log.db'}"
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DATABASE_URL", database)
    asyncio.run(fill(database))

    def start(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["services", "match", *arguments])

    return start


def test_verdicts_with_reasons_and_the_next_question(run: Any) -> None:
    done = run("--facts", FACTS, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    verdicts = {service["name"]: service["verdict"] for service in told["services"]}
    assert len(verdicts) == 12
    assert {name for name, verdict in verdicts.items() if verdict == "yes"} == {
        "구직청년 응원금",
        "1인가구 안심키트",
        "누구나 평생학습 수강료",
        "지난 축제 초대권",
        "남의 도시 청년수당",
    }
    assert verdicts["소상공인 경영안정자금"] == "unknown"
    rent = next(service for service in told["services"] if service["name"] == "청년월세 한시 특별지원")
    assert rent["verdict"] == "no"
    assert {"field": "age", "needed": ["19~34세"], "given": ["27세"], "state": "holds"} in rent["reasons"]
    assert [each["field"] for each in rent["reasons"] if each["state"] == "fails"] == [
        "income_percent",
        "household",
    ]
    assert told["next_question"]["field"] == "business"
    assert {"label": "영업하고 있어요", "value": "JA1102"} in told["next_question"]["options"]


def test_for_people(run: Any) -> None:
    done = run("--facts", FACTS)
    assert done.exit_code == 0
    assert "받을 가능성이 있는 것 5개, 아직 모르는 것 1개, 조건에 맞지 않는 것 6개" in done.stdout
    assert "다음 질문: 가게나 사업을 하고 계세요?" in done.stdout


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ('{"age": 250}', "age: 250세"),
        ('{"traits": ["JA0404"]}', "traits: JA0404"),
        ('{"age":', "facts: JSON"),
    ],
)
def test_facts_that_cannot_be(run: Any, facts: str, said: str) -> None:
    done = run("--facts", facts, "--json")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert said in done.stderr
