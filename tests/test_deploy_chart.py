"""The Helm chart, rendered by Helm's own engine, against Kubernetes' schemas and our own promises."""

from __future__ import annotations

import re

import helm_python
import kubernetes_validate
import pytest
import yaml

from bot.settings import Settings
from tests.deploy_support import CHART, DEPLOY, LEAST, MOST, Thing, containers, pods, rendered

COMPONENTS = {"gateway", "console", "actions", "rasa"}


@pytest.fixture(scope="module", params=[LEAST, MOST], ids=["least", "most"])
def things(request: pytest.FixtureRequest) -> list[Thing]:
    return rendered(request.param)


def of(things: list[Thing], kind: str) -> dict[str, Thing]:
    return {thing["metadata"]["name"]: thing for thing in things if thing["kind"] == kind}


@pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
def test_helm_finds_nothing_to_complain_of(values: Thing) -> None:
    said = helm_python.lint(CHART, values, strict=True, namespace="minwon")
    assert said["errors"] == []
    assert [each for each in said["messages"] if each["severity"] > 1] == []


@pytest.mark.parametrize("version", ["1.27", "1.37"])
def test_kubernetes_knows_every_field(things: list[Thing], version: str) -> None:
    for thing in things:
        if thing["kind"] != "PodMonitor":  # a kind of the Prometheus operator's
            kubernetes_validate.validate(thing, version, strict=True)


@pytest.mark.parametrize(
    ("missing", "said"), [("host", "ingress.host"), ("tlsSecret", "TLS only")], ids=["host", "tls"]
)
def test_it_is_not_installed_without_a_name_and_tls(missing: str, said: str) -> None:
    values = {"ingress": {**LEAST["ingress"], missing: ""}}
    with pytest.raises(helm_python.HelmRenderError, match=said):
        rendered(values)


def test_its_version_is_that_of_the_program() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = (DEPLOY.parent / "pyproject.toml").read_text("utf-8")
    assert f'version = "{about["appVersion"]}"' in project
    assert about["version"] == about["appVersion"]


def test_containers_may_do_nothing_but_their_work(things: list[Thing]) -> None:
    assert set(pods(things)) == {*COMPONENTS, "migrate"}
    for pod in pods(things).values():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "readOnlyRootFilesystem": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]
            assert {"/tmp", "/var/lib/sotong"} <= {mount["mountPath"] for mount in container["volumeMounts"]}


def test_everything_mounted_is_there(things: list[Thing]) -> None:
    claims = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: {
            claim["metadata"]["name"] for claim in thing["spec"].get("volumeClaimTemplates", [])
        }
        for thing in things
        if (pod := thing.get("spec", {}).get("template"))
    }
    for component, pod in pods(things).items():
        there = {volume["name"] for volume in pod["spec"]["volumes"]} | claims[component]
        used = {mount["name"] for each in containers(pod) for mount in each["volumeMounts"]}
        assert used == there


def test_secrets_are_the_platforms_and_each_sees_its_own(things: list[Thing]) -> None:
    assert not of(things, "Secret")
    seen = {
        component: {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}
        for component, pod in pods(things).items()
    }
    assert seen == {
        **{component: {"sotong-app", "sotong-keys"} for component in ("gateway", "console", "actions")},
        "rasa": {"sotong-rasa", "sotong-follow"},
        "migrate": {"sotong-owner"},
    }
    rasa = next(each for each in containers(pods(things)["rasa"]) if each["name"] == "rasa")
    assert "follow" not in {mount["name"] for mount in rasa["volumeMounts"]}  # it holds the database's key


def test_probes_ask_the_port_that_tells_the_truth(things: list[Thing]) -> None:
    for component in COMPONENTS:
        main = pods(things)[component]["spec"]["containers"][0]
        ports = {port["name"]: port["containerPort"] for port in main["ports"]}
        own = next(port for name, port in ports.items() if name != "metrics")
        begins = Settings.model_fields["port"].default if component == "console" else own
        assert ports["metrics"] == begins + 1000
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert main[probe]["httpGet"]["port"] == "metrics"
        assert main["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_what_is_there_twice_goes_one_by_one_and_grows(things: list[Thing]) -> None:
    for component in ("gateway", "actions", "rasa"):
        name = f"sotong-{component}"
        workload = {**of(things, "Deployment"), **of(things, "StatefulSet")}[name]
        scaled = of(things, "HorizontalPodAutoscaler").get(name)
        assert (workload["spec"].get("replicas") is None) == (scaled is not None)
        least = scaled["spec"]["minReplicas"] if scaled else workload["spec"]["replicas"]
        assert least >= 2
        if scaled:
            assert scaled["spec"]["scaleTargetRef"]["kind"] == workload["kind"]
        budget = of(things, "PodDisruptionBudget")[name]["spec"]
        assert budget["maxUnavailable"] == 1
        labels = pods(things)[component]["metadata"]["labels"]
        assert budget["selector"]["matchLabels"].items() <= labels.items()


def test_a_gateway_has_time_to_finish(things: list[Thing]) -> None:
    drain = int(of(things, "ConfigMap")["sotong-settings"]["data"]["SOTONG_DRAIN_SECONDS"])
    for component in ("gateway", "console"):
        assert pods(things)[component]["spec"]["terminationGracePeriodSeconds"] >= drain + 20


def test_tables_come_first(things: list[Thing]) -> None:
    job = of(things, "Job")["sotong-migrate"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    (container,) = containers(pods(things)["migrate"])
    assert container["args"] == ["sotong", "migrate"]
    assert "envFrom" not in container  # what it would name is made after it


def test_services_lead_to_ports_that_are_open(things: list[Thing]) -> None:
    addresses = set()
    for name, service in of(things, "Service").items():
        wanted = service["spec"]["selector"]
        (pod,) = [pod for pod in pods(things).values() if wanted.items() <= pod["metadata"]["labels"].items()]
        names = {port["name"] for each in containers(pod) for port in each.get("ports", [])}
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in names
            addresses.add(f"http://{name}:{port['port']}")
    for pod in pods(things).values():
        for container in containers(pod):
            for pair in container["env"]:
                if pair["name"].endswith("_URL"):
                    assert pair["value"] in addresses
    for ingress in of(things, "Ingress").values():
        (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
        backend = path["backend"]["service"]
        assert f"http://{backend['name']}:{backend['port']['number']}" in addresses
        assert ingress["spec"]["tls"][0]["secretName"]


def reached_by(things: list[Thing], component: str, port: str) -> set[str]:
    """Who gets to a port of a pod: components, else what else a policy names."""
    labels = pods(things)[component]["metadata"]["labels"]
    found: set[str] = set()
    for policy in of(things, "NetworkPolicy").values():
        if not policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items():
            continue
        for rule in policy["spec"]["ingress"]:
            if {"port": port} in rule["ports"]:
                found |= {
                    peer.get("podSelector", {})
                    .get("matchLabels", {})
                    .get("app.kubernetes.io/component", "outside")
                    for peer in rule["from"]
                }
    return found


def test_rasa_and_actions_are_private(things: list[Thing]) -> None:
    assert reached_by(things, "rasa", "rasa") == {"gateway", "console"}
    assert reached_by(things, "actions", "actions") == {"rasa", "gateway", "console"}
    assert reached_by(things, "gateway", "public") == {"outside"}
    assert reached_by(things, "console", "console") == {"outside"}
    everybody = of(things, "NetworkPolicy")["sotong-closed"]["spec"]["podSelector"]["matchLabels"]
    assert all(everybody.items() <= pod["metadata"]["labels"].items() for pod in pods(things).values())
    rasa = of(things, "NetworkPolicy")["sotong-rasa"]["spec"]
    assert "Egress" in rasa["policyTypes"]
    assert {port["port"] for rule in rasa["egress"] for port in rule["ports"]} == {
        53,
        5055,
        5432,
        6379,
        26379,
    }
    assert not of(things, "Ingress").keys() & {"sotong-rasa", "sotong-actions"}


def test_what_it_sets_are_settings(things: list[Thing]) -> None:
    named = set(re.findall(r"SOTONG_[A-Z0-9_]+", yaml.safe_dump_all(things)))
    assert {name for name in named if name[7:].lower() not in Settings.model_fields} == {"SOTONG_SECRETS_DIR"}
