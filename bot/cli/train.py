"""Trains the Rasa model when none fits the data."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path

from rich.console import Console

from bot.cli.stack import RASA_ENV, environment
from bot.settings import ROOT, Settings

_TRAINED_FROM = (
    "config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "bot/nlu", "bot/text",
    "requirements/rasa.txt",
)  # fmt: skip
"""Everything a model depends on; a change in any of it asks for a new one."""
_KEPT = 3
"""Models kept, the newest first."""


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hexadecimal digits that change with what a model is trained from."""
    digest = hashlib.sha256()
    for name in _TRAINED_FROM:
        path = root / name
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _READ)
        for file in files:
            digest.update(str(file.relative_to(root)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


_READ = {".yml", ".py", ".txt", ".tsv", ".json"}


def model_path(settings: Settings) -> Path:
    """Where the model for the present data is, or will be."""
    return settings.models_dir / f"sotong-{fingerprint()}.tar.gz"


def train(settings: Settings, *, force: bool = False, console: Console | None = None) -> Path | None:
    """Make sure that a fitting model exists; its path, or None when training failed (told why)."""
    console = console or Console(stderr=True, soft_wrap=True)
    target = model_path(settings)
    if target.exists() and not force:
        console.print(f"[green]✓[/] 데이터에 맞는 모델이 있어요: {target.name}")
        return target
    python = RASA_ENV / "bin" / "python"
    if not python.exists():
        console.print("[red]✗[/] Rasa 환경(.venv-rasa)이 없어요. [bold]make setup[/]을 먼저 실행하세요.")
        return None
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    log_path = settings.var_dir / "log" / "train.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    building = f"building-{os.getpid()}"
    command = [
        str(python), "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml",
        "--data", "data/nlu", "data/rules", "data/stories",
        "--out", str(settings.models_dir), "--fixed-model-name", building,
    ]  # fmt: skip
    started = time.monotonic()
    with log_path.open("wb") as log, console.status("의도 모델을 학습하고 있어요 (보통 1분 안팎)") as status:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(settings), stdout=log, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            time.sleep(0.2)
            status.update(f"의도 모델을 학습하고 있어요 · {time.monotonic() - started:.0f}초 (보통 1분 안팎)")
    built = settings.models_dir / f"{building}.tar.gz"
    if process.returncode != 0 or not built.exists():
        tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
        console.print(f"[red]✗[/] 학습하지 못했어요. 전체 기록: {log_path}", highlight=False)
        console.print(tail, markup=False, highlight=False)
        return None
    built.replace(target)
    for old in sorted(settings.models_dir.glob("sotong-*.tar.gz"), key=lambda p: -p.stat().st_mtime)[_KEPT:]:
        old.unlink()
    console.print(f"[green]✓[/] 학습했어요: {target.name} ({time.monotonic() - started:.0f}초)")
    return target
