"""Dates, amounts and what only the context tells, as entities."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.context_extractor import ContextEntityExtractor
from bot.nlu.tokenizer import KoreanTokenizer
from bot.nlu.values import KoreanValueExtractor

CONTEXT = ExecutionContext(GraphSchema({}))
NOW = {"now": "2026-11-23T23:30:00+00:00"}  # in Seoul it is the 24th already


def values(config: dict) -> KoreanValueExtractor:
    return KoreanValueExtractor({**KoreanValueExtractor.get_default_config(), **config})


def test_values_are_counted_from_the_moment_of_the_message() -> None:
    message = Message({TEXT: "ㅠㅠ 낼 오후 3시에 가도 되나요", "metadata": NOW})
    values({}).process([message])
    found = [(entity["entity"], entity["value"]) for entity in message.get(ENTITIES)]
    assert found == [("date", "2026-11-25"), ("time", "15:00")]
    text = message.get(TEXT)
    assert [text[e["start"] : e["end"]] for e in message.get(ENTITIES)] == ["낼", "오후 3시"]


def test_only_the_entities_wanted() -> None:
    message = Message({TEXT: "내일 5만원 내면 되나요", "metadata": NOW})
    values({"entities": ["money"]}).process([message])
    assert [entity["value"] for entity in message.get(ENTITIES)] == ["50000"]


@pytest.mark.parametrize("now", ["yesterday", 5, None, ""])
def test_odd_metadata_means_today(now: object) -> None:
    message = Message({TEXT: "내일이요", "metadata": {"now": now}})
    values({}).process([message])
    assert message.get(ENTITIES)[0]["entity"] == "date"


ITEMS = (
    "소파", "침대", "책상", "의자", "냉장고", "세탁기", "장롱", "거울", "자전거", "서랍장", "식탁", "책장",
    "매트리스", "화장대", "옷장", "선풍기",
)  # fmt: skip
SAID = ("{} 버리고 싶어요", "{} 버리는데 얼마예요", "{} 수거해 주세요", "집에 있는 {} 버리려는데요")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    examples = [said.format(f"[{item}](item)") for item in ITEMS for said in SAID]
    examples += ["여권 얼마예요", "등본 떼고 싶어요", "주차 단속 알려 주세요", "전입신고 하려는데요"] * 4
    lines = "\n".join(f"    - {example}" for example in examples)
    data = RasaYAMLReader().reads(f'version: "3.1"\nnlu:\n- intent: all\n  examples: |\n{lines}\n')
    storage = LocalModelStorage.create(Path(tmp_path_factory.mktemp("crf")))
    tokenizer = KoreanTokenizer(KoreanTokenizer.get_default_config())
    config = {**CountVectorsFeaturizer.get_default_config(), "alias": "counts"}
    counts = CountVectorsFeaturizer.create(config, storage, Resource("counts"), CONTEXT)
    data = tokenizer.process_training_data(data)
    counts.train(data)
    data = counts.process_training_data(data)
    crf_config = {**ContextEntityExtractor.get_default_config(), "entities": ["item"]}
    crf = ContextEntityExtractor.create(crf_config, storage, Resource("crf"), CONTEXT)
    crf.train(data)
    loaded = ContextEntityExtractor.load(crf_config, storage, Resource("crf"), CONTEXT)
    with storage.write_to(Resource("crf")) as folder:
        shutil.rmtree(folder)  # as Rasa does with an unpacked model
    message = Message({TEXT: "안마의자 버리고 싶어요"})
    for part in (tokenizer, counts):
        part.process([message])
    assert loaded.extract_entities(message) == crf.extract_entities(message) != []
    return tokenizer, counts, loaded


def understood(trained: tuple, text: str, known: list | None = None) -> list:
    message = Message({TEXT: text, ENTITIES: known or []})
    for part in trained:
        part.process([message])
    return [(entity["entity"], entity["value"]) for entity in message.get(ENTITIES)]


def test_a_thing_on_no_list_is_told_by_its_place(trained: tuple) -> None:
    assert understood(trained, "안마의자 버리고 싶어요") == [("item", "안마의자")]
    assert understood(trained, "여권 얼마예요") == []


def test_what_is_known_already_is_left_alone(trained: tuple) -> None:
    known = [{"entity": "item", "start": 0, "end": 2, "value": "소파"}]
    assert understood(trained, "소파 버리고 안마의자 버리고 싶어요", known) == [("item", "소파")]


def test_messages_of_other_intents_are_not_read(trained: tuple) -> None:
    _, _, crf = trained
    crf.component_config["intents"] = ["bulky"]
    try:
        found = {}
        for intent in ("bulky", "other"):
            message = Message({TEXT: "안마의자 버리고 싶어요", "intent": {"name": intent}})
            for part in trained:
                part.process([message])
            found[intent] = len(message.get(ENTITIES, []))
    finally:
        crf.component_config["intents"] = None
    assert found == {"bulky": 1, "other": 0}
