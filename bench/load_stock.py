"""Stock Rasa for the load benchmark: trained once, kept beside the results."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from about import RESULTS
from rich.console import Console
from turns_servers import Side, stock

_MODEL = Path("models") / "stock.tar.gz"


def trained_stock(folder: Path, redis_port: int, console: Console) -> Side:
    """The stock side of `turns_servers`, with a model. Raises `CalledProcessError` when training fails."""
    side = stock(folder, redis_port)
    kept = RESULTS / "cache" / f"stock-{_digest(folder)}.tar.gz"
    if kept.exists():
        (folder / _MODEL.parent).mkdir()
        shutil.copyfile(kept, folder / _MODEL)
        return side
    console.print("· 기본 Rasa를 학습해요 (몇 분 걸려요)")
    console.print(f"  {side.trained():.0f}초")
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / _MODEL, kept)
    return side


def _digest(folder: Path) -> str:
    """What the model is made of."""
    digest = hashlib.sha256()
    for path in sorted([folder / "config.yml", folder / "domain.yml", *folder.glob("data/**/*.yml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
