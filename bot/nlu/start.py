"""Starts the Rasa server where it has a container or a unit of its own: `python -m bot.nlu.start`.

Reads the same settings as the other processes (docs/settings.md), from the environment and from secret
files. It waits until somebody has laid out the content (the gateway on the same machine, or `sotong follow`);
a model that is missing is trained. `sotong run` starts the fleet itself.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Dict, List, Mapping, Tuple

import yaml

from bot.nlu.project import code_digest, model_name
from bot.secret_files import given

_HOME = Path(__file__).resolve().parents[2]
_LOOK = 0.2
"""Seconds between two looks for the content."""
_OWN_SECRETS = {"SOTONG_RASA_TOKEN": "rasa-token", "SOTONG_MODEL_KEY": "model-key"}
"""Setting → file below `var/secrets` that the installation has made for it (`bot.secrets`)."""
_FILES = ("REDIS_URL", "SOTONG_MODEL_PUBLIC_KEYS", *_OWN_SECRETS)
"""What may come in a file and the server takes from its environment."""


def main() -> None:
    """Become the fleet. Raises `OSError` when a folder or a file cannot be used."""
    var = Path(os.environ.get("SOTONG_VAR_DIR") or _HOME / "var").absolute()
    live = var / "content" / "live"
    while not live.is_symlink():
        print(f"waiting for {live}", file=sys.stderr, flush=True)
        for _ in range(50):
            if not live.is_symlink():
                time.sleep(_LOOK)
    command, environment = fleet(os.environ, var, live)
    os.chdir(_HOME)
    os.execve(command[0], command, environment)  # noqa: S606 - the command is our own


def fleet(environ: Mapping[str, str], var: Path, live: Path) -> Tuple[List[str], Dict[str, str]]:
    """The command of the fleet and its environment; writes `var/run/endpoints.yml`. Raises `OSError`."""
    environment = {**environ, **{name: value for name in _FILES if (value := _setting(environ, name, var))}}
    models = Path(environ.get("SOTONG_MODELS_DIR") or _HOME / "models").absolute()
    models.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "bot.nlu.fleet", "--watch"),
        *("--interface", environ.get("SOTONG_RASA_HOST") or "127.0.0.1"),
        *("--port", environ.get("SOTONG_RASA_PORT") or "5005"),
        *("--project", str(live)),
        *("--model", str(models / model_name(live, code_digest()))),
        *("--endpoints", str(_endpoints(environment, var / "run" / "endpoints.yml"))),
        *("--credentials", str(_HOME / "credentials.yml")),
        *("--studies", str(var / "studies")),
    ]
    return command, environment


def _setting(environ: Mapping[str, str], name: str, var: Path) -> str:
    value = given(environ, name)
    own = var / "secrets" / _OWN_SECRETS[name] if name in _OWN_SECRETS else None
    return own.read_text("utf-8").strip() if not value and own and own.is_file() else value


def _endpoints(environ: Mapping[str, str], path: Path) -> Path:
    """`endpoints.yml` with the action server's address and token as the settings have them."""
    endpoints = yaml.safe_load((_HOME / "endpoints.yml").read_text("utf-8"))
    port = environ.get("SOTONG_ACTIONS_PORT") or "5055"
    actions = environ.get("SOTONG_ACTIONS_URL") or f"http://127.0.0.1:{port}"
    shown = {"Authorization": f"Bearer {environ.get('SOTONG_RASA_TOKEN', '')}"}
    endpoints["action_endpoint"] |= {"url": f"{actions.rstrip('/')}/webhook", "headers": shown}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    unfinished.replace(path)
    return path


if __name__ == "__main__":
    main()
