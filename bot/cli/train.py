"""Trains the Rasa model when none fits the data."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from rich.console import Console

from bot.cli.stack import RASA_ENV, environment
from bot.nlu.project import code_digest, forget_old, model_name
from bot.releases.live import open_live
from bot.releases.signing import model_keys
from bot.settings import ROOT, Settings


def model_path(settings: Settings, root: Path) -> Path:
    """Where the model for the content of a folder is, or will be."""
    return settings.models_dir / str(model_name(root, code_digest()))


def train(
    settings: Settings, *, root: Path | None = None, force: bool = False, console: Console | None = None
) -> Path | None:
    """Make sure that a fitting model of ours exists; its path, or None when training failed (told why).

    `root` is the folder of the content, by default what staff edit.
    """
    console = console or Console(stderr=True, soft_wrap=True)
    root = root or open_live(settings).working
    target = model_path(settings, root)
    keys = model_keys(settings)
    if target.exists() and not keys.trusts(target):
        console.print(f"[yellow]![/] {target.name}에 우리 서명이 없어서 다시 학습해요.")
    elif target.exists() and not force:
        console.print(f"[green]✓[/] 데이터에 맞는 모델이 있어요: {target.name}")
        return target
    python = RASA_ENV / "bin" / "python"
    if not python.exists():
        console.print("[red]✗[/] Rasa 환경(.venv-rasa)이 없어요. [bold]make setup[/]을 먼저 실행하세요.")
        return None
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    log_path = settings.var_dir / "log" / "train.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "bot.nlu.training", "--project", str(root), "--out", str(target.absolute())]
    started = time.monotonic()
    with log_path.open("wb") as log, console.status("의도 모델을 학습하고 있어요 (보통 1분 안팎)") as status:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(settings), stdout=log, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            time.sleep(0.2)
            status.update(f"의도 모델을 학습하고 있어요 · {time.monotonic() - started:.0f}초 (보통 1분 안팎)")
    if process.returncode != 0:
        tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
        console.print(f"[red]✗[/] 학습하지 못했어요. 전체 기록: {log_path}", highlight=False)
        console.print(tail, markup=False, highlight=False)
        return None
    forget_old(settings.models_dir, {model_path(settings, settings.live).name})
    console.print(f"[green]✓[/] 학습했어요: {target.name} ({time.monotonic() - started:.0f}초)")
    return target
