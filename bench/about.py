"""Where the results lie, and what every result says about itself."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
THESAURUS = ROOT / "data" / "thesaurus"
RESULTS = ROOT / "bench" / "results"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"


def about() -> dict[str, str]:
    """When, on what machine and by which command."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "command": " ".join(["python", os.path.relpath(sys.argv[0], ROOT), *sys.argv[1:]]),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def read(name: str) -> Any:
    """A result by the name of its file; None where it was not measured."""
    path = RESULTS / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(name: str, value: object) -> None:
    """Keep a result."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    (RESULTS / name).write_text(text, encoding="utf-8")
    print(f"wrote bench/results/{name}")


def memory_mb(kind: str = "VmRSS") -> float:
    """Memory of this process: `VmRSS` now, `VmHWM` at its most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return round(int(line.split()[1]) / 1024, 1)
    raise KeyError(kind)
