"""What Rasa objects to in a candidate's dialogue reaches staff with the file and the rules it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = """
recipe: default.v1
language: ko
assistant_id: proof
pipeline: []
policies:
- name: RulePolicy
"""
DOMAIN = """
version: "3.1"
intents: [greet, thank]
actions: [action_say, action_answer]
"""
RULE = """
  - rule: {name}
    steps:
      - intent: {intent}
      - action: {action}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("rules", "stories", "nlu"):
        (tmp_path / "data" / name).mkdir(parents=True)
    (tmp_path / "config.yml").write_text(CONFIG, "utf-8")
    (tmp_path / "domain.yml").write_text(DOMAIN, "utf-8")
    rules(tmp_path, ("인사", "greet", "action_say"))
    return tmp_path


def rules(project: Path, *written: tuple) -> None:
    steps = "".join(RULE.format(name=name, intent=intent, action=action) for name, intent, action in written)
    (project / "data/rules/talk.yml").write_text(f'version: "3.1"\nrules:{steps}', "utf-8")


def told(project: Path) -> list:
    from bot.nlu.proof import prove

    shares = []
    found = prove(project, lambda share, step, part: shares.append(share))
    assert shares == sorted(shares)
    return found


def test_a_good_dialogue_is_left_alone(project: Path) -> None:
    assert told(project) == []


def test_rules_that_contradict_each_other_are_named(project: Path) -> None:
    rules(project, ("인사", "greet", "action_say"), ("또 인사", "greet", "action_answer"))
    found = told(project)
    assert {name for one in found for name in one["names"]} == {"인사", "또 인사"}


def test_a_fault_of_form_names_its_file(project: Path) -> None:
    (project / "data/rules/talk.yml").write_text(
        'version: "3.1"\nrules:\n  - rule: 인사\n    steps: 3\n', "utf-8"
    )
    [one] = told(project)
    assert one["path"] == "data/rules/talk.yml"


def test_an_intent_that_the_domain_lacks_is_told(project: Path) -> None:
    rules(project, ("물음", "ask_weather", "action_say"))
    assert any("ask_weather" in one["said"] for one in told(project))


def test_nobody_reads_our_secrets_by_a_rule(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa itself would put the variable there, and say what it says."""
    monkeypatch.setenv("SOTONG_RASA_TOKEN", "s3cret-token")
    rules(project, ("물음", "${SOTONG_RASA_TOKEN}", "action_say"))
    said = " ".join(one["said"] for one in told(project))
    assert "s3cret-token" not in said
    assert "${SOTONG_RASA_TOKEN}" in said
