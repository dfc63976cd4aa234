"""The training data and the dialogue: plain checks over the YAML, and Rasa's own over a trained model."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
RASA = ROOT / ".venv-rasa" / "bin" / "rasa"
DATA = ["data/nlu", "data/rules", "data/stories"]
NOT_INTENTS = {"lookups.yml", "synonyms.yml"}
NEVER_LEARNED = {
    "several_requests",
    "voice",
    "send_attachment",
}  # set by bot.nlu.requests, our buttons, the gateway
ENTITY = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\)|(\{[^}]*\}))")


def read(path: Path) -> Any:
    """One YAML file."""
    return yaml.safe_load(path.read_text("utf-8"))


def examples() -> dict[str, list[str]]:
    """Intent → its examples as written, entities marked."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        if path.name in NOT_INTENTS:
            continue
        for entry in read(path)["nlu"]:
            assert entry["intent"] == path.stem, f"{path.name} holds examples of {entry['intent']}"
            lines = [line.removeprefix("- ").strip() for line in entry["examples"].splitlines()]
            found.setdefault(path.stem, []).extend(line for line in lines if line)
    return found


def said(example: str) -> str:
    """What the citizen wrote, so that two spellings of one sentence are seen to be one."""
    return re.sub(r"[\s.,?!~]", "", ENTITY.sub(r"\1", example)).lower()


def steps(*folders: str) -> Iterator[dict[str, Any]]:
    """Every step of every rule and story, those inside `or` too."""
    for folder in folders:
        for path in sorted((ROOT / folder).glob("*.yml")):
            content = read(path)
            for entry in [*content.get("rules", []), *content.get("stories", [])]:
                for step in entry["steps"]:
                    yield from step.get("or", [step])


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    """`domain.yml`."""
    content: dict[str, Any] = read(ROOT / "domain.yml")
    return content


def test_every_intent_has_enough_examples(domain: dict[str, Any]) -> None:
    """25 are the least an intent is taught with; a question about anything at all needs far more."""
    counts = {intent: len(lines) for intent, lines in examples().items()}
    assert set(counts) == set(domain["intents"]) - NEVER_LEARNED
    assert {intent: count for intent, count in counts.items() if count < 25} == {}
    assert counts["ask_faq"] >= 150


def test_no_sentence_stands_twice() -> None:
    """The same words under two intents teach the classifier nothing; twice under one, a bias."""
    homes: dict[str, list[str]] = {}
    for intent, lines in examples().items():
        for line in lines:
            homes.setdefault(said(line), []).append(intent)
    assert {text: intents for text, intents in homes.items() if len(intents) > 1} == {}


def test_marked_entities_are_in_the_domain(domain: dict[str, Any]) -> None:
    """A typo in an annotation would make an entity nobody reads."""
    known = {name for entry in domain["entities"] for name in entry}
    marked = {
        plain or json.loads(rich)["entity"]
        for lines in examples().values()
        for line in lines
        for _, plain, rich in ENTITY.findall(line)
    }
    assert marked <= known
    assert {"receipt_number", "dong", "item", "office", "ordinal"} <= marked


def test_bulky_items_and_neighbourhoods_are_listed_longest_first() -> None:
    """The first word that fits is taken: 침대 before 침대매트 would cut the mattress short."""
    entries = {
        entry["lookup"]: entry for entry in read(ROOT / "data/nlu/lookups.yml")["nlu"] if "lookup" in entry
    }
    words = {name: re.findall(r"- (\S+)", entry["examples"]) for name, entry in entries.items()}
    assert len(words["item"]) >= 60
    for name, listed in words.items():
        for position, word in enumerate(listed):
            hidden = [later for later in listed[position + 1 :] if later.startswith(word)]
            assert not hidden, f"{name}: {word} stands before {hidden}"


def test_every_intent_has_a_rule_and_every_action_is_known(domain: dict[str, Any]) -> None:
    """No intent may leave a citizen without a reply."""
    ruled = {step["intent"] for step in steps("data/rules") if "intent" in step}
    assert ruled == {*domain["intents"], "nlu_fallback"}
    built_in = {"action_listen", "action_deactivate_loop"}
    used = {step["action"] for step in steps("data/rules", "data/stories") if "action" in step}
    assert used - built_in <= {*domain["actions"], *domain["forms"]}
    of_the_form = {f"validate_{form}" for form in domain["forms"]} | {
        f"action_ask_{slot}" for form in domain["forms"].values() for slot in form["required_slots"]
    }
    assert set(domain["actions"]) - of_the_form <= used


def test_the_domain_says_nothing(domain: dict[str, Any]) -> None:
    """Wording is staff's: none of it may hide where only a developer finds it."""
    assert "responses" not in domain
    assert not [action for action in domain["actions"] if action.startswith("utter_")]


def test_end_to_end_sentences_are_not_training_data() -> None:
    """A test on a sentence that was taught shows nothing."""
    taught = {said(line) for lines in examples().values() for line in lines}
    tried = [said(step["user"]) for step in steps("tests/stories") if "user" in step]
    assert len(tried) >= 35
    assert taught.intersection(tried) == set()


def rasa(*arguments: str) -> str:
    """Run Rasa at the root of the repository and return all it wrote; its failure is the test's."""
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [RASA, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return output


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest model of `make train` if it is newer than what it was made of, else one made now."""
    made = sorted((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    sources = [ROOT / "config.yml", ROOT / "domain.yml"]
    for folder in (*DATA, "bot/nlu", "bot/text"):
        sources += [path for path in (ROOT / folder).rglob("*") if path.suffix in {".yml", ".py"}]
    if made and made[-1].stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return made[-1]
    folder = tmp_path_factory.mktemp("model")
    rasa("train", "--data", *DATA, "--domain", "domain.yml", "--config", "config.yml", "--out", str(folder))
    (trained,) = folder.glob("*.tar.gz")
    return trained


@pytest.mark.rasa
@pytest.mark.timeout(300)
def test_rasa_finds_no_fault_in_the_data() -> None:
    """`rasa data validate`, whose warnings are faults too but for the intents that have no examples."""
    output = rasa("data", "validate", "--data", *DATA, "--domain", "domain.yml", "--config", "config.yml")
    assert "No story structure conflicts found" in output
    assert not re.findall(r"(?:WARNING|ERROR) +rasa\.\S+ .*", output)
    expected = {
        f"The intent '{intent}' is listed in the domain file, but is not found in the NLU training data."
        for intent in NEVER_LEARNED
    }
    assert set(re.findall(r"rasa/\S+: UserWarning: (.*)", output)) == expected


@pytest.mark.rasa
@pytest.mark.timeout(600)
def test_every_end_to_end_story_passes(model: Path, tmp_path: Path) -> None:
    """Citizens' sentences through the trained model: intent, entities and actions of every turn."""
    told = [
        story["story"] for path in (ROOT / "tests/stories").glob("*.yml") for story in read(path)["stories"]
    ]
    output = rasa(
        *("test", "core", "--e2e", "--no-plot", "--fail-on-prediction-errors"),
        *("--stories", "tests/stories", "--model", str(model), "--out", str(tmp_path)),
    )
    failed = yaml.safe_load((tmp_path / "failed_test_stories.yml").read_text("utf-8"))
    assert failed is None, failed
    # Rasa reads only files named test_*.yml and calls an empty run a success: all must have been tried.
    assert len(told) >= 35
    assert f"Correct:          {len(told)} / {len(told)}" in output
