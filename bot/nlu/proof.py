"""What Rasa itself says of a candidate's rules, stories and domain, without learning any intent."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List

from rasa.core.policies.rule_policy import InvalidRule
from rasa.engine.constants import PLACEHOLDER_IMPORTER
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.recipe import Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.data import TrainingType
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter

from bot.nlu.as_written import read_as_written
from bot.nlu.project import DATA
from bot.nlu.runner import PlannedGraphRunner

_IN_FILE = re.compile(r"[^\s'\"]*?((?:data/[\w/-]+|domain|config)\.yml)")
_AT_LINE = re.compile(r"[Ll]ine (\d+)")
_NAMED = re.compile(r"(?:rule|story)(?:\(s\)|\(ies\))? '([^']+)'")


def prove(project: Path, tell: Callable[[float, str, str], None]) -> List[Dict[str, Any]]:
    """Everything Rasa objects to: {"path", "line", "names", "said"}.

    `path` is from the project's root, "" if Rasa names none; `line` counts from 1, 0 if unknown; `names` are
    the rules and stories it speaks of; `said` are its own (English) words.
    """
    read_as_written()
    present = [str(project / name) for name in DATA if (project / name).exists()]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            importer = TrainingDataImporter.load_from_config(
                str(project / "config.yml"), str(project / "domain.yml"), present
            )
            importer.get_domain()
            tell(0.2, "rules", "")
            importer.get_stories()
            tell(0.4, "rules", "")
            _train_rules(importer)
            failed = []
        except RasaException as error:
            failed = _split(error)
    said = [*failed, *(str(one.message) for one in heard if _matters(str(one.message)))]
    return [_problem(text) for text in dict.fromkeys(said)]


def _train_rules(importer: TrainingDataImporter) -> None:
    """Train the dialogue alone. Raises RasaException for rules that contradict each other or stories."""
    config = importer.get_config()
    recipe = Recipe.recipe_for_name(config.get("recipe"))
    graph = recipe.graph_config_for_recipe(config, {}, training_type=TrainingType.CORE)
    with TemporaryDirectory() as folder:
        context = ExecutionContext(graph_schema=graph.train_schema)
        runner = PlannedGraphRunner.create(graph.train_schema, LocalModelStorage(Path(folder)), context)
        try:
            runner.run(inputs={PLACEHOLDER_IMPORTER: importer})
        except RasaException as error:
            if error.__cause__ is not None and isinstance(error.__cause__, RasaException):
                raise error.__cause__ from None
            raise


def _split(error: RasaException) -> List[str]:
    """One text for each fault; a rule that contradicts others is told with many in one exception."""
    text = str(error)
    if isinstance(error, InvalidRule):
        found = [line[2:].strip() for line in text.split("\n") if line.startswith("- ")]
        return found or [text.strip()]
    return [text.strip()]


def _matters(said: str) -> bool:
    """Whether a warning of Rasa is about dialogue or domain, and not about a release of some library."""
    return any(word in said for word in ("domain", "story", "rule", "intent '", "Found unknown"))


def _problem(said: str) -> Dict[str, Any]:
    path, line = _IN_FILE.search(said), _AT_LINE.search(said)
    return {
        "path": path[1] if path else "",
        "line": int(line[1]) if line else 0,
        "names": _NAMED.findall(said),
        "said": said,
    }
