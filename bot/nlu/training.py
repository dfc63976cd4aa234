"""Trains a model like `rasa train`, with as little of Rasa in memory as the configuration allows.

python -m bot.nlu.training --project . --out models/sotong-0123.tar.gz
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List, Sequence

from bot.nlu.as_written import read_as_written
from bot.nlu.light import components, lighten
from bot.nlu.project import DATA
from bot.nlu.signature import Keys


class TrainingFailed(Exception):
    """Rasa could not make a model of the content; the text says why."""


Told = Callable[[float, str], None]
"""Gets the share of a training that is done, and the name of the component that works now."""


def _nobody(_share: float, _step: str) -> None:
    return


def train(project: Path, target: Path, keys: Keys, data: Sequence[str] = DATA, told: Told = _nobody) -> None:
    """Train the project's model into the file `target`, which appears only when it is whole and signed.

    The graph, the checks and the file are Rasa's. Left out is its cache of trained components: it takes a
    fingerprint of every example after every component, which costs more than it saves here, and it sees no
    change of our code outside a component's own class. Raises `TrainingFailed`.
    """
    present = [str(project / name) for name in data if (project / name).exists()]
    building = target.with_name(f"building-{os.getpid()}.tar.gz")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _build(str(project / "domain.yml"), str(project / "config.yml"), present, building, told)
    except TrainingFailed:
        raise
    except Exception as error:
        raise TrainingFailed(reason(error)) from error
    keys.sign(building, target.name)
    building.replace(target)


def _build(domain: str, config: str, data: List[str], file: Path, told: Told) -> None:
    """As `rasa.model_training.train` of rasa 3.6.21 does it."""
    import rasa.engine.validation  # noqa: PLC0415 - all of it after `lighten`
    from rasa.engine.constants import PLACEHOLDER_IMPORTER  # noqa: PLC0415
    from rasa.engine.graph import ExecutionContext  # noqa: PLC0415
    from rasa.engine.recipes.recipe import Recipe  # noqa: PLC0415
    from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415
    from rasa.engine.training.hooks import LoggingHook  # noqa: PLC0415
    from rasa.model_training import get_unresolved_slots  # noqa: PLC0415
    from rasa.shared.data import TrainingType  # noqa: PLC0415
    from rasa.shared.importers.importer import TrainingDataImporter  # noqa: PLC0415

    from bot.nlu.runner import PlannedGraphRunner  # noqa: PLC0415

    read_as_written()
    importer = TrainingDataImporter.load_from_config(config, domain, data)
    stories, examples, known = importer.get_stories(), importer.get_nlu_data(), importer.get_domain()
    if stories.is_empty() or examples.contains_no_pure_nlu_data() or known.is_empty():
        raise TrainingFailed("there is nothing to train from: intents, rules and a domain are needed")
    if unknown := get_unresolved_slots(known, stories):
        raise TrainingFailed(f"rules or stories set slots that the domain does not have: {sorted(unknown)}")
    kind = TrainingType.END_TO_END if examples.has_e2e_examples() else TrainingType.BOTH
    settings = importer.get_config()
    recipe = Recipe.recipe_for_name(settings.get("recipe"))
    settings, *_ = recipe.auto_configure(importer.get_config_file_for_auto_config(), settings, kind)
    configuration = recipe.graph_config_for_recipe(settings, {}, training_type=kind)
    rasa.engine.validation.validate(configuration)
    schema, unchanged = configuration.train_schema, copy.deepcopy(known)
    with TemporaryDirectory() as folder:
        storage = LocalModelStorage(Path(folder))
        context = ExecutionContext(graph_schema=schema)
        hooks = [LoggingHook(pruned_schema=schema), _Steps(schema, told)]
        runner = PlannedGraphRunner.create(schema, storage, context, hooks)
        runner.run(inputs={PLACEHOLDER_IMPORTER: importer})
        storage.create_model_package(file, configuration, unchanged)


class _Steps:
    """Rasa's GraphNodeHook: tells which component works, and how many of all have been at work."""

    def __init__(self, schema: Any, told: Told) -> None:
        self._schema = schema
        self._told = told
        self._done = 0

    def on_before_node(self, node_name: str, **_: Any) -> Dict[str, Any]:
        """Called by Rasa."""
        self._told(self._done / len(self._schema.nodes), self._schema.nodes[node_name].uses.__name__)
        return {}

    def on_after_node(self, **_: Any) -> None:
        """Called by Rasa."""
        self._done += 1


def reason(error: BaseException) -> str:
    """The first cause of a failure, which Rasa wraps in "Error running graph component"."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"


def main() -> int:
    """The command; 0 when the model is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", nargs="+", default=list(DATA))
    options = parser.parse_args()
    out, keys = options.out.resolve(), Keys.of(os.environ)
    os.chdir(options.project)  # components name their files from there
    lighten(components(Path("config.yml")))
    from rasa.utils.common import configure_logging_and_warnings  # noqa: PLC0415 - after `lighten`
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_logging_and_warnings()
    configure_structlog()
    try:
        train(Path(), out, keys, options.data)
    except TrainingFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
