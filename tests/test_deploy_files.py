"""deploy/ against the linters and the programs that read it: images, compose, nginx, units, scripts."""

from __future__ import annotations

import ast
import importlib.resources
import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

import bootstrap
from bot.cli.stack import environment
from bot.nlu.light import _LIBRARIES
from bot.settings import ROOT, Settings
from tests.deploy_support import (
    DEPLOY,
    LEAST,
    compose,
    containers,
    files,
    image_environment,
    own_tool,
    pods,
    rendered,
    stages,
    unit,
)

UNITS = ("gateway", "actions", "rasa", "migrate")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def ran(*command: str | Path, **more: str) -> str:
    """What a command says; fails the test when it fails."""
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False, env=more or None
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What deploy/make-secrets.sh makes."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    ran("sh", DEPLOY / "make-secrets.sh", folder)
    return folder


def test_linters_find_nothing() -> None:
    ran(own_tool("hadolint"), "--failure-threshold", "style", DEPLOY / "docker" / "Dockerfile")
    values = DEPLOY / "helm" / "sotong"
    wanted = [DEPLOY / "compose.yaml", values / "values.yaml", values / "Chart.yaml"]
    ran(own_tool("yamllint"), "--strict", "--config-file", DEPLOY / ".yamllint", *wanted)


def test_compose_is_what_the_specification_says() -> None:
    schema = (
        importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    )
    said = json.loads(schema.read_text("utf-8"))
    faults = jsonschema.validators.validator_for(said)(said).iter_errors(compose())
    assert [fault.message for fault in faults] == []


@pytest.mark.parametrize("script", files(DEPLOY, "*.sh"), ids=lambda path: path.name)
def test_scripts_can_be_read(script: Path) -> None:
    ran("sh", "-n", script)
    assert script.stat().st_mode & 0o111


def test_images_have_the_versions_of_the_environments() -> None:
    arguments = dict(
        rest.split("=", 1)
        for stage in ("app-env", "rasa-env")
        for word, rest in stages()[stage]
        if word == "ARG"
    )
    assert f"uv=={arguments['UV_VERSION']}" == bootstrap.UV
    assert arguments["TORCH_VERSION"] == f"{bootstrap.TORCH}+cpu"
    assert arguments["TORCH_INDEX"] == bootstrap.TORCH_INDEX
    assert ("ARG", "PYTHON_RASA=python:3.10-slim-bookworm") in stages()[""]


def test_what_the_rasa_image_does_without_is_what_the_server_does_without() -> None:
    (left_out,) = [rest for word, rest in stages()["rasa-env"] if rest.startswith("RASA_WITHOUT")]
    patterns = left_out.split("=", 1)[1].strip('"').split()
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "rasa.txt").read_text(), re.MULTILINE)
    gone = {name for name in pinned for pattern in patterns if re.fullmatch(pattern, name)}
    assert all(any(re.fullmatch(pattern, name) for name in pinned) for pattern in patterns)
    assert {name.replace("_", "-") for name in _LIBRARIES} <= gone


def test_images_hold_what_runs_and_nothing_else() -> None:
    asked = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert asked[1] == "*"
    let_in = {line[1:] for line in asked if line.startswith("!")}
    copied: set[str] = set()
    for instructions in stages().values():
        for word, rest in instructions:
            if word == "COPY" and not rest.startswith("--from"):
                copied |= {source.rstrip("/") for source in rest.split()[:-1]}
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(source == name or source.startswith(f"{name}/") for name in let_in), source
    assert not let_in & {"var", "models", ".env", "deploy", "tests"}


@pytest.mark.parametrize("image", ["app", "rasa", "studio"])
def test_nobody_is_root_in_an_image(image: str) -> None:
    assert [rest for word, rest in stages()[image] if word == "USER"][-1] == "10001:10001"
    assert "--uid 10001" in (DEPLOY / "docker" / "environment.sh").read_text("utf-8")


def test_numerics_have_one_thread_everywhere(tmp_path: Path) -> None:
    ours = environment(Settings(_env_file=None, var_dir=tmp_path))
    in_unit = dict(
        pair.split("=", 1) for line in unit("sotong-rasa.service")["Environment"] for pair in line.split()
    )
    for found in (image_environment("app"), image_environment("rasa"), in_unit):
        threads = {name: value for name, value in found.items() if name.endswith("_THREADS")}
        assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"} <= threads.keys()
        assert threads.items() <= ours.items()


def test_settings_are_called_as_they_are_called() -> None:
    for file in (DEPLOY / "compose.yaml", *files(DEPLOY, "*.env", "*.conf", "Dockerfile")):
        named = set(re.findall(r"\bSOTONG_[A-Z0-9_]+", file.read_text("utf-8")))
        not_ours = {"SOTONG_SECRETS_DIR", "SOTONG_VERSION", "SOTONG_HTTP", "SOTONG_HTTPS", "SOTONG_CONSOLE"}
        unknown = {name for name in named if name[7:].lower() not in Settings.model_fields}
        assert unknown <= not_ours, file


def test_only_nginx_can_be_reached() -> None:
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert compose()["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis-1", "redis-2", "rasa-1", "rasa-2", "sentinel-1"):
        assert list(services[name]["networks"]) == ["inside"]
    for name, service in services.items():
        if name != "postgres":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name


def test_everything_is_there_twice() -> None:
    names = set(compose()["services"])
    for name in ("gateway", "rasa", "actions", "follow", "redis"):
        assert {f"{name}-1", f"{name}-2"} <= names
    text = (DEPLOY / "compose" / "nginx.conf").read_text("utf-8")
    upstreams = dict(re.findall(r"upstream (\w+) \{(.*?)\}", text, re.DOTALL))
    for upstream, members in (
        ("gateways", ("gateway-1", "gateway-2")),
        ("consoles", ("studio",)),
        ("rasa", ("rasa-1", "rasa-2")),
        ("actions", ("actions-1", "actions-2")),
    ):
        hosts = [compose()["services"][each]["networks"]["inside"]["ipv4_address"] for each in members]
        assert re.findall(r"server ([\d.]+):", upstreams[upstream]) == hosts


def test_secrets_are_made_once_and_are_all_there_are(secrets: Path) -> None:
    before = {path: path.read_text() for path in files(secrets, "*") if path.is_file()}
    assert ran("sh", DEPLOY / "make-secrets.sh", secrets) == ""
    assert {path: path.read_text() for path in files(secrets, "*") if path.is_file()} == before
    assert secrets.stat().st_mode & 0o777 == 0o700
    used: set[str] = set()
    for package in ("bot", "actions", "connectors"):
        used = used.union(*map(own_secrets, files(ROOT / package, "*.py")))
    assert {path.name for path in (secrets / "keys").iterdir()} >= used
    assert len(used) > 5


def own_secrets(file: Path) -> set[str]:
    """Names of the secrets that a module asks `own_secret` for."""
    text = file.read_text("utf-8")
    if "own_secret(" not in text:
        return set()
    called = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    own = [node for node in called if getattr(node.func, "id", "") == "own_secret"]
    return {node.args[1].value for node in own if isinstance(node.args[1], ast.Constant)}


def test_secrets_that_compose_and_the_chart_name_are_made(secrets: Path) -> None:
    named = {secret["file"] for secret in compose()["secrets"].values()}
    mounted = {
        volume.split(":")[0].removeprefix("./")
        for service in compose()["services"].values()
        for volume in service.get("volumes", [])
        if "/secrets/" in volume.split(":")[0]
    }
    for name in named | mounted:
        assert (secrets / Path(name).relative_to("compose/secrets")).exists(), name
    for pod in pods(rendered(LEAST)).values():
        for volume in pod["spec"]["volumes"]:
            if "secret" in volume:
                assert (secrets / volume["secret"]["secretName"].removeprefix("sotong-")).is_dir()
    assert all(containers(pod) for pod in pods(rendered(LEAST)).values())


@pytest.mark.skipif(
    not Path(NGINX).exists(), reason="nginx is not installed here: apt-get install nginx-light"
)
def test_nginx_takes_its_settings(secrets: Path, tmp_path: Path) -> None:
    text = (DEPLOY / "compose" / "nginx.conf").read_text("utf-8")
    own = re.sub(r"listen 172\.30\.0\.10:", "listen 127.0.0.1:", text).replace("/tmp/", f"{tmp_path}/")
    (tmp_path / "nginx.conf").write_text(own)
    (tmp_path / "sotong").symlink_to(DEPLOY / "nginx")
    (tmp_path / "tls").symlink_to(secrets / "tls")
    ran(NGINX, "-t", "-c", tmp_path / "nginx.conf", "-p", tmp_path, "-e", "stderr")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in files(DEPLOY / "systemd", "*.service", "*.target", "*.conf"):
        copy = tmp_path / path.relative_to(DEPLOY / "systemd")
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text("utf-8").replace("/opt/sotong", str(ROOT)))
    names = [tmp_path / f"sotong-{name}.service" for name in UNITS]
    where = {"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"}
    ran("systemd-analyze", "verify", "--man=no", tmp_path / "sotong.target", *names, **where)
    for name in names:
        ran("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", name, **where)


def test_the_guide_names_what_there_is() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    named = set(re.findall(r"deploy/[\w./-]+\w", page))
    assert len(named) > 8
    assert {name for name in named if not (ROOT / name).exists()} <= {
        "deploy/compose/secrets/app",  # made by deploy/make-secrets.sh
        "deploy/compose/secrets/tls/fullchain.pem",
    }
    examples = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    assert [rendered(example) for example in examples if example]
