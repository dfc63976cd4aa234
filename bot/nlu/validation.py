"""Asks a pipeline each of its examples once, by a model that has not seen it, with no model file between."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List, Optional

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_IMPORTER, PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.recipe import Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.nlu.extractors.entity_synonyms import EntitySynonymMapper
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.data import TrainingType
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import class_from_module_path

from bot.nlu.as_written import read_as_written
from bot.nlu.project import DATA
from bot.nlu.runner import PlannedGraphRunner
from bot.nlu.trial import folds

_RANKED = 10


class _Examples(TrainingDataImporter):
    """Examples that are in memory already, where Rasa expects files."""

    def __init__(self, examples: TrainingData, config: Dict[str, Any]) -> None:
        self._examples = examples
        self._config = config

    def get_domain(self) -> Domain:
        """Only the intents."""
        return Domain.from_dict({"intents": sorted(self._examples.intents)})

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """None."""
        return StoryGraph([])

    def get_conversation_tests(self) -> StoryGraph:
        """None."""
        return StoryGraph([])

    def get_config(self) -> Dict[str, Any]:
        """The pipeline."""
        return self._config

    def get_config_file_for_auto_config(self) -> Optional[str]:
        """None: the configuration is complete."""
        return None

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """The examples."""
        return self._examples


def cross_validate(project: Path, number: int, out: Path, tell: Callable[[float, str], None]) -> None:
    """Ask every example of a project once; `out` gets the lines of `bot.nlu.trial`, whose folds these are.

    Components that only find entities are left out: no intent depends on them. `tell` gets the share done and
    which fold this is. Raises what Rasa raises for content it cannot train.
    """
    read_as_written()
    present = [str(project / name) for name in DATA if (project / name).exists()]
    importer = TrainingDataImporter.load_from_config(
        str(project / "config.yml"), str(project / "domain.yml"), present
    )
    config = importer.get_config()
    pipeline = [part for part in config["pipeline"] if not _finds_entities(part["name"])]
    config = {"recipe": "default.v1", **config, "pipeline": pipeline, "policies": []}
    data = importer.get_nlu_data(config.get("language", "en"))
    rounds = list(folds(data, number))
    everything, done = sum(len(asked) for _, asked in rounds), 0
    with out.open("w", encoding="utf-8") as file:
        for fold, (examples, asked) in enumerate(rounds, start=1):
            part = f"{fold}/{number}"
            tell((fold - 1) / number, part)
            with TemporaryDirectory() as folder:
                wall, cpu = time.perf_counter(), _cpu()
                parse = _trained(config, examples, Path(folder))
                times = {"train_s": time.perf_counter() - wall, "train_cpu_s": _cpu() - cpu}
                _line(file, {**{key: round(value, 2) for key, value in times.items()}, "asked": len(asked)})
                for at, question in enumerate(asked):
                    _line(file, _asked(parse, question))
                    if at % 50 == 0:
                        tell((fold - 1 + 0.6 + 0.4 * at / len(asked)) / number, part)
            done += len(asked)
        _line(file, {"rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024})
    if done != everything:
        raise RuntimeError(f"{done} of {everything} examples were asked")


def _trained(config: Dict[str, Any], examples: TrainingData, folder: Path) -> Callable[[str], Dict[str, Any]]:
    """A function from a sentence to what the pipeline, trained on the examples, makes of it."""
    recipe = Recipe.recipe_for_name(config["recipe"])
    graph = recipe.graph_config_for_recipe(config, {}, training_type=TrainingType.NLU)
    storage = LocalModelStorage(folder)
    context = ExecutionContext(graph_schema=graph.train_schema)
    PlannedGraphRunner.create(graph.train_schema, storage, context).run(
        inputs={PLACEHOLDER_IMPORTER: _Examples(examples, config)}
    )
    context = ExecutionContext(graph_schema=graph.predict_schema)
    runner = PlannedGraphRunner.create(graph.predict_schema, storage, context)
    target = graph.nlu_target

    def parse(text: str) -> Dict[str, Any]:
        found: List[Any] = runner.run(
            inputs={PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: None}, targets=[target]
        )[target]
        return dict(found[0].as_dict(only_output_properties=True))

    return parse


def _asked(parse: Callable[[str], Dict[str, Any]], question: Dict[str, Any]) -> Dict[str, Any]:
    wall, cpu = time.perf_counter(), _cpu()
    found = parse(question["text"])
    spent = {"ms": (time.perf_counter() - wall) * 1e3, "cpu_ms": (_cpu() - cpu) * 1e3}
    ranking = [[entry["name"], entry["confidence"]] for entry in found.get("intent_ranking", [])]
    line = {
        **question,
        "ranking": ranking[:_RANKED],
        **{key: round(value, 3) for key, value in spent.items()},
    }
    return {**line, "scope": found["scope"]} if "scope" in found else line


def _finds_entities(name: str) -> bool:
    """Whether a component of a pipeline does nothing but find entities or reword them."""
    component = (
        class_from_module_path(name)
        if "." in name
        else Recipe.recipe_for_name("default.v1")._from_registry(name).clazz
    )
    return issubclass(component, (EntityExtractorMixin, EntitySynonymMapper))


def _line(file: Any, content: Dict[str, Any]) -> None:
    file.write(json.dumps(content, ensure_ascii=False) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
