"""Rasa without what this bot does not use: TensorFlow, boto3, MongoDB, and a dozen messengers.

`import rasa.core.run` loads all of them, whatever `config.yml` says: ten seconds and half a gigabyte. Here a
name out of such a module is a class that can be subclassed, compared and caught, and that says what is
wrong as soon as it is used. rasa is pinned, so what it imports does not change under our feet.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Iterable, List, Optional, Sequence

import yaml

_LIBRARIES = {"tensorflow", "tensorflow_hub", "tensorflow_text", "boto3", "botocore", "pymongo"}
_RASA = (
    ("rasa.utils", ("plotting",)),
    ("rasa.utils.tensorflow", ("callback", "data_generator", "models", "layers", "rasa_layers", "crf")),
    ("rasa.core.channels", (
        "botframework", "facebook", "hangouts", "mattermost", "rasa_chat", "rocketchat", "slack", "socketio",
        "telegram", "twilio", "twilio_voice", "webexteams",
    )),
    ("rasa.core.policies", ("ted_policy", "unexpected_intent_policy")),
    ("rasa.nlu.classifiers", ("diet_classifier", "mitie_intent_classifier")),
    ("rasa.nlu.selectors", ("response_selector",)),
    ("rasa.nlu.featurizers.dense_featurizer", (
        "convert_featurizer", "lm_featurizer", "mitie_featurizer", "spacy_featurizer",
    )),
)  # fmt: skip
_LEFT_OUT = {f"{package}.{name}" for package, names in _RASA for name in names}

_DEFAULT = "rasa.engine.recipes.default_components"
_LIGHT = {
    "AugmentedMemoizationPolicy": "rasa.core.policies.memoization",
    "CountVectorsFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer",
    "CRFEntityExtractor": "rasa.nlu.extractors.crf_entity_extractor",
    "EntitySynonymMapper": "rasa.nlu.extractors.entity_synonyms",
    "FallbackClassifier": "rasa.nlu.classifiers.fallback_classifier",
    "KeywordIntentClassifier": "rasa.nlu.classifiers.keyword_intent_classifier",
    "LexicalSyntacticFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.lexical_syntactic_featurizer",
    "LogisticRegressionClassifier": "rasa.nlu.classifiers.logistic_regression_classifier",
    "MemoizationPolicy": "rasa.core.policies.memoization",
    "RegexEntityExtractor": "rasa.nlu.extractors.regex_entity_extractor",
    "RegexFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.regex_featurizer",
    "RulePolicy": "rasa.core.policies.rule_policy",
    "SklearnIntentClassifier": "rasa.nlu.classifiers.sklearn_intent_classifier",
    "WhitespaceTokenizer": "rasa.nlu.tokenizers.whitespace_tokenizer",
}
"""Rasa's own components that need none of what is left out, and where they are."""


class LeftOut(Exception):
    """Something that this server was started without is used after all."""


def components(config: Path) -> List[str]:
    """The names in pipeline and policies of a `config.yml`; empty when Rasa is to choose them itself."""
    content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    parts = [*(content.get("pipeline") or [None]), *(content.get("policies") or [None])]
    return [] if None in parts else [part["name"] for part in parts]


def heavy(names: Iterable[str]) -> List[str]:
    """Those of a configuration's components that need all of Rasa; our own (with a dot) never do."""
    return [name for name in names if "." not in name and name not in _LIGHT]


def lighten(names: Sequence[str]) -> bool:
    """Keep out what the components `names` do not need; False, and nothing kept out, if they need it all.

    Comes before the first import of rasa: RuntimeError otherwise.
    """
    if not names or heavy(names):
        return False
    if "rasa.core" in sys.modules:
        raise RuntimeError("rasa is imported already")
    sys.meta_path.insert(0, _Finder([name for name in names if name in _LIGHT]))
    return True


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers for the modules that are left out, and for Rasa's list of its components."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        """A stand-in for a module that is left out; None for all others."""
        if fullname == _DEFAULT or fullname in _LEFT_OUT or fullname.partition(".")[0] in _LIBRARIES:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The stand-in."""
        return ModuleType(spec.name) if spec.name == _DEFAULT else _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Only Rasa's list of components has a content: what `config.yml` names."""
        if module.__name__ == _DEFAULT:
            found = [getattr(importlib.import_module(_LIGHT[name]), name) for name in self._names]
            module.DEFAULT_COMPONENTS = found  # type: ignore[attr-defined]


class _StandIn(ModuleType):
    """A module of which every name is a class that refuses to work."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        stand_in = _refusing(self.__name__, name)
        setattr(self, name, stand_in)
        return stand_in


def _refusing(module: str, name: str) -> type:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise LeftOut(f"{module}.{name} is left out of this server; `rasa run` has all of Rasa")

    # An exception class, since Rasa also catches such names (botocore's, pymongo's).
    body: Dict[str, Any] = {"__init__": refuse, "__module__": module, "name": classmethod(lambda cls: name)}
    return type(name, (Exception,), body)
