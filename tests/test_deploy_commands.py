"""What images, compose and units run, run here as plain commands with the environment that they give it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from bot.cli.stack import rasa_process
from bot.nlu.start import fleet
from bot.settings import ROOT, Settings
from tests.deploy_support import (
    LEAST,
    compose,
    containers,
    image_command,
    image_environment,
    pods,
    relative,
    rendered,
    unit,
)
from tests.fleet_support import free_port

TOKEN, KEY = "t" * 64, "k" * 64
VAR = "/var/lib/sotong"


@dataclass(frozen=True)
class Machine:
    """A container without a container engine: the image's environment, a folder in place of its volume."""

    var: Path
    environment: dict[str, str]
    ports: dict[str, int]

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.var.parent / "log").open("ab") as log:
            return subprocess.Popen(
                [*relative(image_command("app", "ENTRYPOINT")), *command],
                cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def log(self) -> str:
        return (self.var.parent / "log").read_text("utf-8", errors="replace")

    def healthy(self, check: list[str], process: subprocess.Popen[bytes]) -> None:
        """Wait as the platform does: until the health check says so."""
        end = time.monotonic() + 110
        while subprocess.run(check, cwd=ROOT, env=self.environment, check=False).returncode != 0:
            assert process.poll() is None, self.log()[-3000:]
            assert time.monotonic() < end, self.log()[-3000:]
            time.sleep(0.2)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, self.log()[-3000:]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    var, secrets = folder / "var", folder / "secrets"
    var.mkdir()
    secrets.mkdir()
    given = {"DATABASE_URL": f"sqlite+aiosqlite:///{var}/log.db", "REDIS_URL": redis_url}
    for name, value in {**given, "SOTONG_RASA_TOKEN": TOKEN, "SOTONG_MODEL_KEY": KEY}.items():
        (secrets / name).write_text(f"{value}\n")
    ports = {"gateway": free_port(), "console": free_port(), "actions": free_port()}
    image = {name: value.replace(VAR, str(var)) for name, value in image_environment("app").items()}
    environment = {
        **image,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "SOTONG_SECRETS_DIR": str(secrets),
        "SOTONG_PORT": str(ports["gateway"]),
        "SOTONG_CONSOLE_PORT": str(ports["console"]),
        "SOTONG_ACTIONS_PORT": str(ports["actions"]),
        **{name: "127.0.0.1" for name in image if name.endswith("_HOST")},
    }
    del environment["PYTHONDONTWRITEBYTECODE"]  # in an image everything is compiled already
    return Machine(var, environment, ports)


@pytest.fixture(scope="module")
def migrated(machine: Machine) -> Machine:
    assert machine.start(compose()["services"]["migrate"]["command"]).wait(60) == 0, machine.log()
    for answers in (machine.var / "project" / "data" / "answers").iterdir():
        if answers.name != "culture.yml":  # all of them take seconds to index
            answers.unlink()
    return machine


def check(command: list[str], image_port: int, port: int) -> list[str]:
    """A health check of an image, for the port that its process has here."""
    assert str(image_port) in command[-1]
    return [*command[:-1], command[-1].replace(str(image_port), str(port))]


@pytest.fixture(scope="module")
def running(migrated: Machine) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    started = {
        "gateway": migrated.start(image_command("app", "CMD")),
        "actions": migrated.start(compose()["services"]["actions-1"]["command"]),
    }
    yield started
    for process in started.values():
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.mark.timeout(300)
def test_a_gateway_and_an_action_server_become_well_and_leave(
    migrated: Machine, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    own = {
        "gateway": check(image_command("app", "HEALTHCHECK"), 9080, migrated.ports["gateway"] + 1000),
        "actions": check(
            compose()["services"]["actions-1"]["healthcheck"]["test"][1:],
            6055,
            migrated.ports["actions"] + 1000,
        ),
    }
    for name, process in running.items():
        migrated.healthy(own[name], process)
    for path in (f"{migrated.ports['gateway']}/chat/", f"{migrated.ports['actions']}/health"):
        migrated.healthy(["python", "-m", "bot.probe", f"http://127.0.0.1:{path}"], running["actions"])
    for process in running.values():
        migrated.stop(process)
    assert subprocess.run(own["gateway"], cwd=ROOT, env=migrated.environment, check=False).returncode == 1


def test_the_program_is_left_as_it_is(migrated: Machine) -> None:
    project = migrated.var / "project"
    assert (project / "data" / "persona.yml").read_bytes() == (ROOT / "data" / "persona.yml").read_bytes()
    assert (project / "domain.yml").exists()
    (project / "data" / "persona.yml").write_text("고쳤어요", encoding="utf-8")
    assert migrated.start(["true"]).wait(10) == 0
    assert (project / "data" / "persona.yml").read_text("utf-8") == "고쳤어요"
    shutil.copy(ROOT / "data" / "persona.yml", project / "data" / "persona.yml")


def test_every_way_of_installing_runs_the_same() -> None:
    entry = relative(image_command("app", "ENTRYPOINT"))
    assert os.access(entry[0], os.X_OK)
    gateway, actions, follow = ["sotong", "gateway"], ["python", "-m", "actions"], ["sotong", "follow"]
    services = compose()["services"]
    assert image_command("app", "CMD") == gateway
    assert "command" not in services["gateway-1"]
    assert "command" not in services["rasa-1"]
    assert services["actions-2"]["command"] == actions
    assert services["follow-2"]["command"] == follow
    chart = {
        each["name"]: each.get("args") for pod in pods(rendered(LEAST)).values() for each in containers(pod)
    }
    assert chart == {
        "gateway": gateway, "console": gateway, "actions": actions, "follow": follow, "rasa": None,
        "first-content": [*follow, "--once"], "migrate": services["migrate"]["command"],
    }  # fmt: skip
    units = {
        name: unit(f"sotong-{name}.service")["ExecStart"]
        for name in ("gateway", "actions", "rasa", "migrate")
    }
    (rasa,), (first,) = units["rasa"], units["gateway"]
    assert rasa.split()[1:] == image_command("rasa", "CMD")[1:] == ["-m", "bot.nlu.start"]
    assert first.split()[-2:] == ["/opt/sotong/.venv/bin/sotong", "gateway"]
    assert units["actions"][0].split()[-2:] == actions[1:]
    assert units["migrate"] == ["/opt/sotong/.venv/bin/sotong migrate"]


def test_the_rasa_server_is_started_as_sotong_run_starts_it(tmp_path: Path) -> None:
    live = tmp_path / "content" / "live"
    settings = Settings(
        _env_file=None,
        data_dir=ROOT / "data",
        var_dir=tmp_path,
        models_dir=tmp_path / "models",
        rasa_port=5999,
        rasa_token=SecretStr(TOKEN),
        actions_url="http://actions:5055",
    )
    secrets = tmp_path / "given"
    secrets.mkdir()
    (secrets / "SOTONG_RASA_TOKEN").write_text(TOKEN)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "model-key").write_text(KEY)
    by_stack = rasa_process(settings, tmp_path / "models" / "sotong-0.tar.gz", watch=True).command
    written = yaml.safe_load((tmp_path / "run" / "endpoints.yml").read_text("utf-8"))
    command, environment = fleet(
        {
            "SOTONG_SECRETS_DIR": str(secrets),
            "SOTONG_MODELS_DIR": str(tmp_path / "models"),
            "SOTONG_RASA_PORT": "5999",
            "SOTONG_ACTIONS_URL": "http://actions:5055/",
        },
        tmp_path,
        live,
    )
    options = dict(zip(command[4::2], command[5::2], strict=True))
    ours = list(by_stack)
    ours.remove("--watch")
    theirs = dict(zip(ours[3::2], ours[4::2], strict=True))
    assert options.pop("--model").startswith(f"{tmp_path}/models/sotong-")
    assert theirs.pop("--model")
    assert Path(options.pop("--credentials")) == ROOT / theirs.pop("--credentials")
    assert options == theirs
    assert yaml.safe_load(Path(options["--endpoints"]).read_text("utf-8")) == written
    assert Path(options["--endpoints"]).stat().st_mode & 0o077 == 0
    assert environment["SOTONG_RASA_TOKEN"] == TOKEN
    assert environment["SOTONG_MODEL_KEY"] == KEY
    assert TOKEN not in json.dumps(command)
