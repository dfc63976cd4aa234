"""The parts of `config.yml` that are ours, trained on a small data set the way Rasa trains them."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.extractor import KnownEntityExtractor
from bot.nlu.tokenizer import KoreanTokenizer

DATA = """
version: "3.1"
nlu:
- intent: bulky
  examples: |
    - [소파](item) 버리고 싶어요
    - [침대](item) 어떻게 버려요
    - 가구 버리는 방법
    - 대형폐기물 신고
- intent: status
  examples: |
    - 접수번호 [2026-000123](receipt_number) 어디까지 됐어요
    - 민원 처리 결과 알려주세요
    - 신청한 거 확인해줘
    - 진행상황 조회
- intent: dong
  examples: |
    - [빛가온동](dong)이요
    - [은하동](dong)
    - [두 번째](ordinal)
    - [1번]{"entity": "ordinal", "value": "1"}
- lookup: item
  examples: |
    - 소파
    - 침대
    - 침대매트리스
    - 상
- synonym: 소파
  examples: |
    - 쇼파
- regex: receipt_number
  examples: |
    - 20\\d{2}-\\d{6}
"""
CONTEXT = ExecutionContext(GraphSchema({}))


@pytest.fixture(scope="module")
def tokenizer() -> KoreanTokenizer:
    return KoreanTokenizer(KoreanTokenizer.get_default_config())


@pytest.fixture(scope="module")
def data(tokenizer: KoreanTokenizer) -> TrainingData:
    return tokenizer.process_training_data(RasaYAMLReader().reads(DATA))


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[LocalModelStorage]:
    return LocalModelStorage.create(tmp_path)


def asked(tokenizer: KoreanTokenizer, text: str) -> Message:
    return tokenizer.process([Message({TEXT: text})])[0]


def trained(component, data: TrainingData, storage: LocalModelStorage):
    """Train, then load from the storage what the training left there."""
    arguments = (component.get_default_config(), storage, Resource("it"), CONTEXT)
    component.create(*arguments).train(data)
    return component.load(*arguments)


@pytest.mark.parametrize(
    "text",
    [
        "소파 버릴려고 하는데요",
        "  durnjs   재발급 됐어요ㅋㅋㅋㅋ",
        "ㅅㅗㅍㅏ는 ｗｉｆｉ 😀 86㎡",
        "그랬어요",
        "예요",
        "\ud800",
        "",
    ],
)
def test_tokens_stand_in_the_original_in_order(tokenizer: KoreanTokenizer, text: str) -> None:
    tokens = asked(tokenizer, text).get(TOKENS_NAMES[TEXT], [])
    places = [(token.start, token.end) for token in tokens]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(places))


def test_tokens_carry_normalised_text_and_dictionary_form(tokenizer: KoreanTokenizer) -> None:
    text = "durnjs 버려요"
    tokens = asked(tokenizer, text).get(TOKENS_NAMES[TEXT])
    assert [(token.text, token.lemma) for token in tokens] == [
        ("여권", "여권"),
        ("버려", "버리"),
        ("요", "어요"),
    ]
    assert text[tokens[0].start : tokens[0].end] == "durnjs"


def test_nothing_of_the_text_is_lost(tokenizer: KoreanTokenizer) -> None:
    text = "신청했는데 됐나요"
    lemmas = "".join(token.lemma for token in asked(tokenizer, text).get(TOKENS_NAMES[TEXT]))
    assert lemmas == "신청하었는데되었나요"


def test_marked_entities_begin_and_end_with_a_token(data: TrainingData) -> None:
    for example in data.entity_examples:
        tokens = example.get(TOKENS_NAMES[TEXT])
        for entity in example.get(ENTITIES):
            assert entity["start"] in {token.start for token in tokens}
            assert entity["end"] in {token.end for token in tokens}


def test_english_tokens_are_words_as_they_stand() -> None:
    tokenizer = KoreanTokenizer({**KoreanTokenizer.get_default_config(), "language": "en"})
    text = "Don't dkssud I'd like 2 tickets"
    tokens = asked(tokenizer, text).get(TOKENS_NAMES[TEXT])
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert [token.lemma for token in tokens][:4] == ["don", "'", "t", "dkssud"]


def test_a_language_it_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidConfigException, match="KoreanTokenizer의 language"):
        KoreanTokenizer({**KoreanTokenizer.get_default_config(), "language": "de"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("소파를 버리려면", [("item", "소파", "소파")]),
        ("thvk qjflfuaus", [("item", "소파", "thvk")]),
        ("쇼파요", [("item", "쇼파", "쇼파")]),
        ("침대 매트리스랑 침대", [("item", "침대매트리스", "침대 매트리스"), ("item", "침대", "침대")]),
        ("상담원 불러줘", []),
        ("빛가온동이에요", [("dong", "빛가온동", "빛가온동")]),
        ("두번째요", [("ordinal", "두 번째", "두번째")]),
        ("1qjs", [("ordinal", "1번", "1qjs")]),
        ("２０２６-000777이요", [("receipt_number", "2026-000777", "２０２６-000777")]),
        ("2026-0001", []),
    ],
)
def test_entities(
    tokenizer: KoreanTokenizer, data: TrainingData, storage: LocalModelStorage, text: str, found: list
) -> None:
    message = trained(KnownEntityExtractor, data, storage).process([asked(tokenizer, text)])[0]
    entities = message.get(ENTITIES)
    assert [(e["entity"], e["value"], text[e["start"] : e["end"]]) for e in entities] == found
