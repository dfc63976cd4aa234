"""What is watched for exists: every number in alerts and dashboard is told by some process, and explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine
from bot.messages import utc_now
from bot.nlu.inner import FleetWatch
from bot.nlu.numbers import RasaWatch
from bot.outcomes import Outcome
from bot.readiness import Readiness
from bot.settings import ROOT, Settings
from bot.telemetry.actions import watch_actions
from bot.telemetry.gateway import inner_gateway, watch_gateway

OBSERVE = ROOT / "deploy" / "observe"
RULES = [
    rule
    for group in yaml.safe_load((OBSERVE / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((OBSERVE / "grafana-sotong.json").read_text("utf-8"))
ASKED = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())
]
OF_PROMETHEUS = {"job", "instance", "le"}


@pytest.fixture
def known(settings: Settings) -> Iterator[dict[str, set[str]]]:
    """Names of all that is told, with their labels."""
    settings.var_dir.mkdir(parents=True)
    engine: AsyncEngine = open_engine(settings.database)
    gateway = watch_gateway(settings)
    inner_gateway(gateway, settings, engine, Readiness({}), utc_now)
    actions = watch_actions(settings, engine, lambda: 1)
    labels: dict[str, set[str]] = {"up": set()}
    registries = (gateway.registry, actions.registry, RasaWatch({}, "").registry, FleetWatch().registry)
    for registry in registries:
        labels |= of(registry)
    yield labels
    engine.sync_engine.dispose()


def of(registry: CollectorRegistry) -> dict[str, set[str]]:
    declared = {
        name: set(getattr(collector, "_labelnames", ()))
        for name, collector in registry._names_to_collectors.items()
    }
    told = {sample.name: set(sample.labels) for family in registry.collect() for sample in family.samples}
    return declared | {name: has | declared.get(name, set()) for name, has in told.items()}


def test_everything_that_is_asked_for_is_told(known: dict[str, set[str]]) -> None:
    assert len(ASKED) > 50
    for asked in ASKED:
        names = re.findall(r"\b(?:sotong|process|python)_[a-z_]+|\bup\b", asked)
        assert names, asked
        labels = set().union(*(known[name] for name in names)) | OF_PROMETHEUS
        used = re.findall(r"([a-z_]+)(?:=~|!~|!=|=)\"", asked)
        for group in re.findall(r"\b(?:by|on) \(([a-z_, ]+)\)", asked):
            used += [label.strip() for label in group.split(",")]
        assert set(used) <= labels, asked


def test_outcomes_that_are_asked_for_exist() -> None:
    for asked in ASKED:
        for pattern in re.findall(r"outcome=~?\"([^\"]+)\"", asked):
            assert any(re.fullmatch(pattern, outcome) for outcome in Outcome), asked


def test_every_alert_says_what_to_do() -> None:
    book = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
    parts = dict(re.findall(r"^## (Sotong\w+)\n(.*?)(?=^## |\Z)", book, re.M | re.S))
    assert list(parts) == [rule["alert"] for rule in RULES]
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "warn")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        assert re.findall(r"- \*\*(.+?)\*\*", parts[rule["alert"]]) == ["시민", "볼 것", "할 일"]


def test_the_processes_that_alerts_speak_of_are_looked_at() -> None:
    looked = yaml.safe_load((OBSERVE / "prometheus.yml").read_text("utf-8"))
    jobs = {config["job_name"] for config in looked["scrape_configs"]}
    assert jobs == {"sotong-gateway", "sotong-rasa", "sotong-actions"}
    assert looked["rule_files"] == ["alerts.yml"]
