"""Training examples that stand in files which Rasa does not read: what components that add them share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message


class ExamplesFromFiles(GraphComponent):
    """Settings: `folder` of YAML files, relative to where Rasa is started, and the `intent` of the examples.

    Subclasses add to the training data in `process_training_data`.
    """

    defaults: ClassVar[Dict[str, Any]]

    @classmethod
    def get_default_config(cls) -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return dict(cls.defaults)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Changes with the files, so that Rasa does not take what it trained from older ones."""
        digest = hashlib.sha256()
        for path in sorted(Path(config.get("folder", cls.defaults["folder"])).glob("*.y*ml")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ExamplesFromFiles:
        """The files are read when the component is trained with, not when the model is loaded."""
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._folder = Path(config["folder"])
        self._intent = config["intent"]

    def process(self, messages: List[Message]) -> List[Message]:
        """Citizens' messages stay as they are."""
        return messages
