"""Rasa's loader never sees a model file that none of our trainers has signed."""

from __future__ import annotations

import pytest
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain

from bot.nlu.numbers import RasaWatch
from bot.nlu.server import FlatAgent
from bot.nlu.signature import Keys, Unsigned


@pytest.mark.parametrize("signer", [None, "the key of somebody else's models"])
def test_a_strangers_model_is_not_opened(tmp_path, monkeypatch, signer) -> None:
    model = tmp_path / "sotong-0123456789ab.tar.gz"
    model.write_bytes(b"whatever Rasa would run")
    if signer:
        Keys(signer).sign(model, model.name)

    def opened(*_: object, **__: object) -> None:
        pytest.fail("Rasa's loader was reached")

    monkeypatch.setattr("bot.nlu.server.FlatProcessor", opened)
    stores = {"tracker_store": InMemoryTrackerStore(Domain.empty()), "lock_store": InMemoryLockStore()}
    with pytest.raises(Unsigned):
        FlatAgent(Keys("a key that signs models in tests"), RasaWatch({}, ""), **stores).load_model(model)
