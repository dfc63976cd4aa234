"""Tests for Rasa's own Python, started by tests/test_nlu_rasa.py; nothing else collects them."""

from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
collect_ignore_glob = [] if find_spec("rasa") else ["test_*.py"]


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """What `config.yml` makes of four fifths of our examples, less the entities: (pipeline, held).

    Training it takes half a minute. `held` is the other fifth: [(text, intent)]. What is said in other
    languages is all learned: there are too few examples to keep some back.
    """
    import yaml
    from rasa.shared.nlu.training_data.loading import load_data
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.nlu.pipeline import Pipeline
    from bot.text.language import language_of

    config = [
        entry
        for entry in yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
        if "Extractor" not in entry["name"] and entry["name"] != "EntitySynonymMapper"
    ]
    everything = load_data(str(ROOT / "data/nlu")).intent_examples
    foreign = [example for example in everything if language_of(example.get("text")) not in ("ko", None)]
    examples = [example for example in everything if example not in foreign]
    random.Random(0).shuffle(examples)
    fifth = len(examples) // 5
    pipeline = Pipeline.train(
        config, TrainingData([*examples[fifth:], *foreign]), tmp_path_factory.mktemp("own")
    )
    return pipeline, [(example.get("text"), example.get("intent")) for example in examples[:fifth]]
