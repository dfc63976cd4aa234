"""Features, intent and scope: our components as anyone's `config.yml` would name them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import yaml
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.encoder.table import Table
from bot.nlu.parts import BrokenPart
from bot.nlu.pipeline import Pipeline

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
KOREAN: list[dict] = [
    {"name": "bot.nlu.tokenizer.KoreanTokenizer"},
    {"name": "bot.nlu.features.SparseTextFeaturizer"},
    {"name": "bot.nlu.vectors.SentenceVectorFeaturizer"},
    {"name": "bot.nlu.classifier.LightIntentClassifier"},
]
ENGLISH: list[dict] = [
    {"name": "bot.nlu.tokenizer.KoreanTokenizer", "language": "en"},
    {"name": "bot.nlu.features.SparseTextFeaturizer", "words": [1, 2], "characters": [2, 5]},
    {"name": "bot.nlu.vectors.SentenceVectorFeaturizer", "table": "english"},
    {"name": "bot.nlu.classifier.LightIntentClassifier", "dense_weight": 1.5},
]
DATA = """
version: "3.1"
nlu:
- intent: bulky
  examples: |
    - 소파 버리고 싶어요
    - 침대 어떻게 버려요
    - 가구 버리는 방법
    - 대형폐기물 신고
- intent: status
  examples: |
    - 접수번호 2026-000123 어디까지 됐어요
    - 민원 처리 결과 알려주세요
    - 신청한 거 확인해줘
    - 진행상황 조회
- intent: dong
  examples: |
    - 빛가온동이요
    - 은하동
    - 두물동에 살아요
    - 우리 동네는 은하동
"""


def small() -> TrainingData:
    return RasaYAMLReader().reads(DATA)


def examples(pairs: list) -> TrainingData:
    return TrainingData([Message.build(text, intent) for text, intent in pairs])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="module")
def bot(folder: Path) -> Pipeline:
    Pipeline.train(KOREAN, small(), folder)
    return Pipeline.load(KOREAN, folder)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("대형폐기물신고", "bulky"),
        ("clao qjflrh tlvdjdy", "bulky"),
        ("책상 폐기하려면", "bulky"),
        ("처리결과 알려줘요", "status"),
        ("은하동이요", "dong"),
    ],
)
def test_intents(bot: Pipeline, text: str, intent: str) -> None:
    parsed = bot.parse(text)
    ranking = parsed["intent_ranking"]
    assert parsed["intent"] == ranking[0]
    assert parsed["intent"]["name"] == intent
    assert sum(entry["confidence"] for entry in ranking) == pytest.approx(1)
    assert ranking == sorted(ranking, key=lambda entry: -entry["confidence"])
    json.dumps(parsed)


@pytest.mark.parametrize("text", ["", "   ", "\ud800", "\u200b"])
def test_nothing_known_is_no_intent(bot: Pipeline, text: str) -> None:
    parsed = bot.parse(text)
    assert parsed["intent"] == {"name": None, "confidence": 0.0}
    assert (parsed["intent_ranking"], parsed["scope"]) == ([], 0.0)


def test_any_text_has_chances_and_a_scope(bot: Pipeline) -> None:
    rng = random.Random(0)
    signs = "가각힣ㄱㅏㅋ여권 소파버려요?!aZ09\t\n\u200b\ud800é漢😀ｗ①\U000e0041"
    for _ in range(100):
        parsed = bot.parse("".join(rng.choices(signs, k=rng.randrange(40))))
        total = sum(entry["confidence"] for entry in parsed["intent_ranking"])
        assert parsed["intent"]["name"] is None or total == pytest.approx(1)
        assert 0 <= parsed["scope"] <= 1


def test_scope_tells_what_is_like_the_examples(bot: Pipeline) -> None:
    assert bot.parse("소파 버리는 방법")["scope"] > bot.parse("오늘 프로야구 누가 이겼어")["scope"]


def test_several_at_once_are_judged_as_one_by_one(bot: Pipeline) -> None:
    texts = ["침대 버려요", "", "처리 결과요"]
    assert [parsed["intent"] for parsed in bot.parse_all(texts)] == [bot.parse(t)["intent"] for t in texts]


@pytest.mark.parametrize("pairs", [[], [("네", "yes")], [("네", "yes"), ("아니요", "no")]])
def test_very_little_data(tmp_path: Path, pairs: list) -> None:
    parsed = Pipeline.train(KOREAN, examples(pairs), tmp_path).parse("네")
    assert parsed["intent"]["name"] == (pairs[0][1] if pairs else None)


def test_features_of_other_featurizers_are_used(tmp_path: Path) -> None:
    config = [
        {"name": "WhitespaceTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "bot.nlu.classifier.LightIntentClassifier"},
    ]
    assert Pipeline.train(config, small(), tmp_path).parse("대형폐기물 신고")["intent"]["name"] == "bulky"


def test_our_features_serve_other_classifiers(tmp_path: Path) -> None:
    config = [*KOREAN[:-1], {"name": "LogisticRegressionClassifier"}]
    assert Pipeline.train(config, small(), tmp_path).parse("대형폐기물 신고")["intent"]["name"] == "bulky"


def test_without_features_training_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="SparseTextFeaturizer를 넣어"):
        Pipeline.train([KOREAN[0], KOREAN[-1]], small(), tmp_path)


def test_other_features_than_those_it_learned_from_are_refused(folder: Path, bot: Pipeline) -> None:
    fewer = Pipeline([part for part in bot.components if type(part).__name__ != "SentenceVectorFeaturizer"])
    with pytest.raises(InvalidConfigException, match="다시 학습"):
        fewer.parse("침대 버려요")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00rubbish", b"[1, 2]"])
@pytest.mark.parametrize("name", ["terms.json", "features.json", "intents.json", "intents.safetensors"])
def test_a_broken_model_names_the_file(tmp_path: Path, name: str, content: bytes) -> None:
    Pipeline.train(KOREAN, small(), tmp_path)
    (path,) = tmp_path.rglob(name)
    path.write_bytes(content)
    with pytest.raises(BrokenPart, match=name):
        Pipeline.load(KOREAN, tmp_path)


def test_any_table_will_do(tmp_path: Path) -> None:
    vectors = np.eye(2, 4, dtype=np.float16)
    Table(("소파", "침대"), vectors, np.ones(2, np.float32)).save(tmp_path)
    config = [*KOREAN[:2], {**KOREAN[2], "table": str(tmp_path)}, KOREAN[3]]
    (tmp_path / "model").mkdir()
    parsed = Pipeline.train(config, small(), tmp_path / "model").parse("소파 버려요")
    assert parsed["intent"]["name"] == "bulky"


@pytest.mark.parametrize("table", ["no/such/folder", "", 3])
def test_a_table_that_is_not_there_is_told(tmp_path: Path, table: object) -> None:
    with pytest.raises(InvalidConfigException, match="SentenceVectorFeaturizer의 table"):
        Pipeline.train([*KOREAN[:2], {**KOREAN[2], "table": table}], small(), tmp_path)


@pytest.mark.parametrize("setting", [{"words": [2, 1]}, {"characters": "1-3"}, {"letters": [0, 2]}])
def test_wrong_lengths_are_told(tmp_path: Path, setting: dict) -> None:
    with pytest.raises(InvalidConfigException, match="SparseTextFeaturizer의"):
        Pipeline.train([KOREAN[0], {**KOREAN[1], **setting}], small(), tmp_path)


def test_thesaurus_questions_are_examples(tmp_path: Path) -> None:
    (tmp_path / "passport.yml").write_text(
        "topic: 여권\nquestions:\n- [여권을 잃어버렸어요, 여권 분실했는데 어떡해요, 여권 없어짐]\n",
        encoding="utf-8",
    )
    questions = {"name": "bot.nlu.questions.ThesaurusQuestions", "folder": str(tmp_path), "intent": "faq"}
    config = [questions, *KOREAN]
    (tmp_path / "model").mkdir()
    assert Pipeline.train(config, small(), tmp_path / "model").parse("여권 분실")["intent"]["name"] == "faq"


def test_examples_of_services_are_examples_of_their_intent(tmp_path: Path) -> None:
    texts = {"tax": ["밀린 세금 조회", "내 세금 보여줘"], "case": ["민원 결과 조회", "접수한 민원 보여줘"]}
    (tmp_path / "tax.yml").write_text(yaml.safe_dump({"id": "tax", "examples": texts["tax"]}), "utf-8")
    case = {"id": "case", "examples": texts["case"], "intents": ["case"]}
    (tmp_path / "case.yml").write_text(yaml.safe_dump(case), "utf-8")
    (tmp_path / "city.yml").write_text("services: {}", "utf-8")
    (tmp_path / ".draft.yml").write_text("id: [", "utf-8")
    name = "bot.nlu.service_examples.ServiceExamples"
    config = [{"name": name, "folder": str(tmp_path), "intent": "use"}, *KOREAN]
    (tmp_path / "model").mkdir()
    pipeline = Pipeline.train(config, small(), tmp_path / "model")
    assert pipeline.parse("밀린 세금 조회")["intent"]["name"] == "use"
    assert pipeline.parse("민원 결과 조회")["intent"]["name"] == "case"


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten bins of confidence (Guo et al. 2017)."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(confidence[bins == at].mean() - right[bins == at].mean()) * (bins == at).mean()
        for at in np.unique(bins)
    ]
    return float(sum(gaps))


def test_own_intents_are_recognised_and_their_chances_are_true(own: tuple) -> None:
    pipeline, held = own
    later = ("FallbackClassifier", "RequestSplitter", "RequestCollector")
    alone = Pipeline([part for part in pipeline.components if type(part).__name__ not in later])
    parsed = alone.parse_all([text for text, _ in held])
    right = np.array([p["intent"]["name"] == intent for p, (_, intent) in zip(parsed, held, strict=False)])
    confidence = np.array([p["intent"]["confidence"] for p in parsed])
    assert right.mean() >= 0.84
    assert calibration_error(confidence, right) <= 0.05


@pytest.mark.skipif(not SHARED.exists(), reason="no public data beside the repository (../shared)")
class TestPublicData:
    @pytest.mark.parametrize("name", ["financial-demo", "helpdesk"])
    def test_other_peoples_bots(self, tmp_path: Path, name: str) -> None:
        (file,) = (SHARED / "bots" / name / "data").rglob("nlu.yml")
        data = load_data(str(file))
        trained = Pipeline.train(ENGLISH, data, tmp_path)
        parsed = trained.parse_all([example.get("text") for example in data.intent_examples])
        known = [
            p["intent"]["name"] == example.get("intent")
            for p, example in zip(parsed, data.intent_examples, strict=False)
        ]
        assert np.mean(known) > 0.97

    def test_ten_examples_an_intent_and_honest_chances(self, tmp_path: Path) -> None:
        import csv

        with (SHARED / "banking77/train.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
        random.Random(0).shuffle(rows)
        taught, held, seen = [], [], {}
        for text, intent in rows:
            seen[intent] = seen.get(intent, 0) + 1
            (taught if seen[intent] <= 10 else held).append((text, intent))
        held = held[:1500]
        parsed = Pipeline.train(ENGLISH, examples(taught), tmp_path).parse_all([text for text, _ in held])
        right = np.array(
            [p["intent"]["name"] == intent for p, (_, intent) in zip(parsed, held, strict=False)]
        )
        assert right.mean() >= 0.70
        assert calibration_error(np.array([p["intent"]["confidence"] for p in parsed]), right) <= 0.05
