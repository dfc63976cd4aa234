"""What the command line says when something is missing or in the way: a sentence and what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.cli import preflight, stack
from bot.cli.ask import ask_batch
from bot.cli.doctor import doctor
from bot.cli.preflight import busy_ports, faults
from bot.nlu.project import model_name
from bot.secrets import own_secret
from bot.settings import ROOT, Settings


def sotong(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command() -> None:
    shown = sotong("--help").stdout
    for name in ("run", "train", "check", "ask", "chat", "simulate", "doctor", "import", "user"):
        assert name in shown


def test_a_taken_port_is_named_with_the_setting_that_changes_it(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        mine = settings.model_copy(update={"port": port})
        (fault,) = [
            fault for fault in busy_ports(mine, [stack.gateway_process(mine)]) if str(port) in fault.what
        ]
    assert "SOTONG_PORT" in fault.remedy


def test_a_missing_rasa_environment_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(preflight, "RASA_ENV", tmp_path / "nowhere")
    (fault,) = faults(settings)
    assert "3.10" in fault.what
    assert "make setup" in fault.remedy


def test_a_folder_that_cannot_be_written_and_a_full_disk_are_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    (fault,) = faults(settings.model_copy(update={"var_dir": blocked / "var"}))
    assert "SOTONG_VAR_DIR" in fault.remedy
    monkeypatch.setattr(preflight, "_DISK_NEEDED", 10**18)
    (fault,) = faults(settings)
    assert "디스크" in fault.what


def test_without_any_redis_the_remedy_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(preflight, "redis_server", none)
    assert faults(settings) == []
    (fault,) = faults(settings.model_copy(update={"redis_url": ""}))
    assert "REDIS_URL" in fault.remedy


def test_the_embedded_redis_is_used_when_there_is_none_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert os.access(stack.redis_server(), os.X_OK)


def test_doctor_looks_at_everything(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(settings)
    shown = capsys.readouterr().out
    for word in ("Python", "Rasa", "Redis", "모델", "내용", "텔레그램"):
        assert word in shown


def test_a_broken_batch_names_its_line(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = tmp_path / "in.jsonl"
    batch.write_text('{"id": 1, "query": "여권"}\n{"id": 2}\n', encoding="utf-8")
    assert ask_batch(settings, batch, tmp_path / "out.jsonl") == 1
    assert "2번째 줄" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


def test_import_and_check_on_the_command_line(tmp_path: Path) -> None:
    table = tmp_path / "faq.csv"
    table.write_text("번호,제목,내용,분류\n1,여권 값,5만 원이에요.,여권\n2,,없음,여권\n", encoding="cp949")
    target = tmp_path / "answers"
    mapping = "question=제목,answer=내용,topic=분류,id=번호"
    done = sotong("import", "answers", str(table), "--into", str(target), "--map", mapping)
    assert done.returncode == 0, done.stderr
    assert "3번째 줄" in done.stdout
    assert "1개를" in done.stdout
    assert [path.suffix for path in target.iterdir()] == [".yml"]


def test_a_model_is_named_after_what_it_was_trained_from(tmp_path: Path) -> None:
    for name in ("config.yml", "domain.yml", "data/nlu/a.yml", "data/rules/a.yml", "data/stories/a.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    before = model_name(tmp_path, "code")
    (tmp_path / "data" / "nlu" / "notes.md").write_text("no training data")
    assert model_name(tmp_path, "code") == before
    assert model_name(tmp_path, "other code") != before
    (tmp_path / "data" / "nlu" / "a.yml").write_text("changed")
    assert model_name(tmp_path, "code") != before


def test_own_secrets_are_made_once_and_readable_by_nobody_else(tmp_path: Path) -> None:
    first = own_secret(tmp_path, "x")
    assert own_secret(tmp_path, "x") == first
    assert len(first) >= 40
    assert (tmp_path / "secrets" / "x").stat().st_mode & 0o077 == 0


def test_the_supervisor_file_starts_every_process(settings: Settings, tmp_path: Path) -> None:
    from bot.cli.supervising import write_config

    path = write_config(settings.var_dir, stack.processes(settings, tmp_path / "model.tar.gz"))
    text = path.read_text()
    for name in ("gateway", "rasa", "actions", "city-api"):
        assert f"[program:{name}]" in text
    assert "autorestart=true" in text
    assert path.stat().st_mode & 0o077 == 0


def test_no_secret_stands_in_a_command(settings: Settings, tmp_path: Path) -> None:
    """Everybody on a machine reads the commands that run there."""
    odd = settings.model_copy(update={"rasa_token": SecretStr("s3cret-token")})
    for process in stack.processes(odd, tmp_path / "model.tar.gz"):
        assert not any("s3cret-token" in part for part in process.command), process.name
    assert stack.environment(odd)["SOTONG_RASA_TOKEN"] == "s3cret-token"
    assert (odd.var_dir / "run" / "endpoints.yml").stat().st_mode & 0o077 == 0
