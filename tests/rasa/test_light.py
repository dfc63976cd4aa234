"""Rasa without TensorFlow: in processes of their own, since this one has imported all of Rasa."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.nlu.light import components, heavy

ROOT = Path(__file__).resolve().parents[2]
DIET = "pipeline: [{name: WhitespaceTokenizer}, {name: DIETClassifier}]\npolicies: [{name: RulePolicy}]\n"


def run(code: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_projects_configuration_needs_nothing_that_is_left_out() -> None:
    ran = run(
        "import sys; from pathlib import Path; from bot.nlu.light import components, lighten\n"
        "assert lighten(components(Path('config.yml')))\n"
        "import rasa.core.run, rasa.model_training, bot.nlu.server\n"
        "from rasa.engine.recipes.default_components import DEFAULT_COMPONENTS\n"
        "assert 'FallbackClassifier' in {one.__name__ for one in DEFAULT_COMPONENTS}\n"
        "files = [getattr(module, '__file__', None) or '' for module in sys.modules.values()]\n"
        "assert not [file for file in files if '/site-packages/tensorflow/' in file]\n"
    )
    assert ran.returncode == 0, ran.stderr


def test_what_is_left_out_says_so_when_it_is_used() -> None:
    ran = run(
        "from bot.nlu.light import lighten\n"
        "assert lighten(['WhitespaceTokenizer'])\n"
        "from rasa.nlu.classifiers.diet_classifier import DIETClassifier\n"
        "DIETClassifier({})\n"
    )
    assert "LeftOut: rasa.nlu.classifiers.diet_classifier.DIETClassifier is left out" in ran.stderr


@pytest.mark.parametrize(
    ("config", "needs"), [(DIET, ["DIETClassifier"]), ("recipe: default.v1\n", []), ("", [])]
)
def test_a_configuration_that_needs_more_gets_all_of_rasa(tmp_path: Path, config: str, needs: list) -> None:
    (tmp_path / "config.yml").write_text(config)
    names = components(tmp_path / "config.yml")
    assert heavy(names) == needs
    ran = run(f"from bot.nlu.light import lighten; assert not lighten({names!r})")
    assert ran.returncode == 0, ran.stderr
