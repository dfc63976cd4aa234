import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.models import Answer
from bot.content.models import Source as Origin
from bot.encoder import adapt as adapting
from bot.encoder.adapt import adapt, adapt_encoder, fingerprint
from bot.encoder.build import save_model
from bot.encoder.encoder import MADE_FROM, EncoderUnavailable, load_encoder
from bot.encoder.learning import Example, Pace, Remembered, Scored, Source, learn, recall
from bot.encoder.pairs import HELD_OUT, Pairs, opposites
from bot.encoder.table import Table
from bot.text.morphemes import Morpheme
from bot.text.thesaurus import Entry, Thesaurus

WORDS = 60
"""Words a0 … a59 mean b0 … b59; c0 … c59 mean nothing to them."""


class Spaces:
    """Every word between spaces is a noun."""

    def analyse(self, text):
        return [Morpheme(word, "NNG", 0, len(word)) for word in text.split()]


@pytest.fixture
def table():
    names = tuple(f"{letter}{number}" for letter in "abc" for number in range(WORDS))
    vectors = np.random.default_rng(0).normal(size=(len(names), 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Table(names, vectors.astype(np.float16), np.ones(len(names), np.float32))


def lines(numbers):
    return [Example(n, (f"a{n}", f"b{n}")) for n in numbers]


def test_what_means_the_same_comes_together_and_other_words_stay(table):
    known = lines(range(WORDS))
    before = recall(table, Spaces(), known)
    measure = lambda made: recall(made, Spaces(), known)  # noqa: E731
    sources = {"pairs": Source(known)}
    pace = Pace(epochs=30, batch=30, rate=0.02, turn_rate=0, patience=30)
    found = learn(table, Spaces(), sources, (), measure, pace)
    assert before < 0.2
    assert measure(found) > 0.9
    assert np.array_equal(found.vectors[2 * WORDS :], table.vectors[2 * WORDS :])
    assert found.names == table.names
    assert np.allclose(np.linalg.norm(found.vectors.astype(np.float32), axis=1), 1, atol=1e-2)
    again = learn(table, Spaces(), sources, (), measure, pace)
    assert np.array_equal(found.vectors, again.vectors)
    assert np.array_equal(found.weights, again.weights)


def test_a_hard_negative_and_a_score_push_apart(table):
    negative = {"apart": Source([Example(n, (f"a{n}", f"b{n}", f"c{n}")) for n in range(WORDS)])}
    scored = [Scored((f"a{n}", f"c{n}"), 0.0) for n in range(WORDS)]

    def apart(made):
        rows = made.vectors.astype(np.float32)
        near, far = (rows[:WORDS] * rows[WORDS : 2 * WORDS]).sum(), (rows[:WORDS] * rows[2 * WORDS :]).sum()
        return float(near - far) / WORDS

    found = learn(table, Spaces(), negative, scored, apart, Pace(epochs=10, batch=30, rate=0.02))
    assert apart(found) > apart(table) + 0.3


def test_a_table_that_measures_no_better_is_not_taken(table):
    sources = {"pairs": Source(lines(range(WORDS)))}
    assert (
        learn(table, Spaces(), sources, (), lambda made: -float(made is not table), Pace(epochs=2)) is table
    )


def test_the_learned_model_is_saved_as_sentence_transformers_reads_it(table, tmp_path):
    from sentence_transformers import SentenceTransformer

    save_model(table, tmp_path)
    model = SentenceTransformer(str(tmp_path), device="cpu", trust_remote_code=True)
    assert model.get_embedding_dimension() == 24


def test_a_text_is_analysed_once():
    asked = []

    class Counting(Spaces):
        def analyse(self, text):
            asked.append(text)
            return super().analyse(text)

    morphemes = Remembered(Counting())
    assert morphemes.analyse("a1 b1") == morphemes.analyse("a1 b1")
    assert asked == ["a1 b1"]


def answers(numbers, text="b{n}"):
    return [
        Answer(id=f"n{n}", questions=(f"a{n}",), answer=text.format(n=n), source=Origin(title="x"))
        for n in numbers
    ]


@pytest.fixture
def content():
    """Titles of two words, a text of their meanings: what is learned of one answer helps with another."""
    pairs = list(itertools.combinations(range(16), 2))
    return [
        Answer(id=f"n{n}", questions=(f"a{i} a{j}",), answer=f"b{i} b{j}", source=Origin(title="x"))
        for n, (i, j) in enumerate(pairs)
    ]


@pytest.fixture
def default(table, tmp_path, monkeypatch):
    folder = tmp_path / "default"
    folder.mkdir()
    save_model(table, folder)
    monkeypatch.setattr(adapting, "MODEL", folder)
    monkeypatch.setattr("bot.encoder.encoder.MODEL", folder)
    return table


@pytest.fixture
def faster(monkeypatch):
    """A table of random vectors has farther to go than one of glosses."""
    monkeypatch.setattr(adapting, "_PACE", Pace(epochs=12, batch=32, rate=0.02, patience=12))


def test_content_is_learned_without_labels(table, content, faster):
    found = adapt(table, content, Spaces())
    assert found.after > found.before + 0.3
    again = adapt(table, content, Spaces())
    assert np.array_equal(found.table.vectors, again.table.vectors)


def test_the_thesaurus_is_learned_with_the_content(table, content, faster):
    said = Thesaurus(tuple(Entry(f"c{n}", (f"a{40 + n}",)) for n in range(12)))

    def near(made):
        rows = made.vectors.astype(np.float32)
        return float((rows[40:52] * rows[2 * WORDS : 2 * WORDS + 12]).sum()) / 12

    assert near(adapt(table, content, Spaces(), said).table) > near(table) + 0.1


@given(st.lists(st.integers(0, WORDS - 1), min_size=0, max_size=45, unique=True))
def test_what_finds_no_more_than_the_default_is_not_taken(numbers):
    table = Table(
        tuple(f"{letter}{n}" for letter in "ab" for n in range(WORDS)),
        np.concatenate([np.eye(WORDS), np.eye(WORDS)]).astype(np.float16),
        np.ones(2 * WORDS, np.float32),
    )
    found = adapt(table, answers(numbers), Spaces())
    assert found.table is table
    assert found.after == found.before


def test_the_adapted_encoder_is_read_until_the_default_changes(default, content, tmp_path, faster):
    folder = tmp_path / "var" / "encoder"
    plain = load_encoder("sotong", Spaces(), folder)
    done = adapt_encoder(folder, content, morphemes=Spaces())
    own = load_encoder("sotong", Spaces(), folder)
    assert done is not None
    assert own.name != plain.name
    assert not np.allclose(own.encode(["a1"]), plain.encode(["a1"]))
    assert adapt_encoder(folder, content, morphemes=Spaces()) is None
    assert adapt_encoder(folder, content[1:], morphemes=Spaces()) is not None
    assert adapt_encoder(folder, content[1:], morphemes=Spaces(), force=True) is not None
    assert sorted(path.name for path in folder.parent.iterdir()) == ["encoder"]
    (folder / MADE_FROM).write_text("another default", encoding="utf-8")
    assert load_encoder("sotong", Spaces(), folder).name == plain.name


def test_a_broken_adapted_encoder_is_said_to_be_unavailable(default, content, tmp_path):
    folder = tmp_path / "encoder"
    adapt_encoder(folder, content, morphemes=Spaces())
    (folder / "model.safetensors").write_bytes(b"\x00")
    with pytest.raises(EncoderUnavailable, match="encoder"):
        load_encoder("sotong", Spaces(), folder)


def test_the_fingerprint_changes_with_what_is_learned_from(content):
    said = Thesaurus((Entry("c1", ("a40",)),), (), ())
    marks = {fingerprint(content, None), fingerprint(content[1:], None), fingerprint(content, said)}
    assert len(marks) == 3
    assert fingerprint(content, None) in marks


@given(st.lists(st.lists(st.text("가나다라", min_size=1, max_size=3), min_size=1, max_size=5), max_size=30))
def test_no_set_is_on_both_sides(sets):
    pairs = Pairs()
    pairs.add("sets", [tuple(texts) for texts in sets], most=4)
    learned, held_out = (
        {pair.subject for pair in side.get("sets", ())} for side in (pairs.learned, pairs.held_out)
    )
    assert not learned & held_out
    assert all(subject % HELD_OUT == 0 for subject in held_out)
    for pair in itertools.chain(*pairs.learned.values(), *pairs.held_out.values()):
        assert {pair.one, pair.other} <= set(sets[pair.subject])
        assert pair.one != pair.other


def test_words_told_apart_are_hard_negatives():
    said = Thesaurus((Entry("전입신고", ("이사 신고",)),), (), (("전입신고", "전출신고"),))
    assert opposites(said) == [("전입신고", "이사 신고", "전출신고")]


@pytest.mark.shared
def test_the_public_collections_are_read():
    from bot.encoder.build import TEXTS
    from bot.encoder.pairs import call_centre, commands, paraphrases, read_scored, services

    if not TEXTS.is_dir():
        pytest.skip(f"{TEXTS} is absent")
    assert len(list(call_centre(TEXTS))) > 2645
    assert len(list(services(TEXTS))) == 840
    assert {len(found) for found in paraphrases(TEXTS)} == {10}
    assert all(len(line) == 2 for line in commands(TEXTS))
    scored = list(read_scored(TEXTS / "KorSTS" / "sts-dev.tsv"))
    assert len(scored) > 1400
    assert all(0 <= score <= 1 for _, score in scored)
