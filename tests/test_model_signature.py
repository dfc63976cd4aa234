"""Model files are loaded only when one of our trainers has signed them: Rasa's loader runs what they name."""

from __future__ import annotations

import ast
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.nlu.signature import KEY, Keys, Unsigned
from bot.releases.signing import model_keys
from bot.settings import ROOT, Settings

NAME = "sotong-0123456789ab.tar.gz"
OURS, THEIRS = Keys("a key that signs models in tests"), Keys("the key of somebody else's models")

LOADERS = {
    "bot/nlu/parse.py: Agent.load": "a copy that `Keys.checked` gave",
    "bot/nlu/processor.py: loader.load_predict_graph_runner": "a copy that `Keys.checked` gave `FlatAgent`",
    "bot/nlu/trial.py: Agent.load": "trained a moment before, in the same process and a private folder",
    "bot/encoder/encoder.py: SentenceTransformer": "the setting SOTONG_ENCODER, code of its own not allowed",
    "bot/encoder/english.py: SentenceTransformer": "a package of the lock file",
    "bot/encoder/build.py: SentenceTransformer": "a package of the lock file",
    "bot/encoder/learning.py: SentenceTransformer": "made of objects in memory",
}
"""Whatever reads a format that can run code or builds objects by name, and why that is safe."""
_CALLS = {
    *("Agent.load", "load_agent", "loader.load_predict_graph_runner", "load_predict_graph_runner"),
    *("SentenceTransformer", "AutoModel.from_pretrained", "torch.load", "joblib.load", "dill.load"),
    *("np.load", "numpy.load", "marshal.loads", "shelve.open", "skops.io.load", "sio.load"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "cloudpickle.load", "cloudpickle.loads"),
    "jsonpickle.decode",
}
_SWITCHES = {"trust_remote_code", "allow_pickle"}
_SUSPECT = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in (*_CALLS, *_SWITCHES)))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """What Rasa writes."""
    path = tmp_path / NAME
    (tmp_path / "metadata.json").write_text("{}")
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "metadata.json", "metadata.json")
    return path


def test_a_signed_file_is_an_archive_like_any_other(archive: Path) -> None:
    before = archive.read_bytes()
    OURS.sign(archive, NAME)
    assert archive.read_bytes().endswith(before)
    with OURS.checked(archive) as copy, tarfile.open(copy, "r:gz") as tar:
        assert (copy.name, tar.getnames()) == (NAME, ["metadata.json"])
        assert copy.parent.stat().st_mode & 0o077 == 0
    assert not copy.parent.exists()


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255), cut=st.integers(0, 10_000))
def test_no_byte_can_be_changed_or_left_out(signed: bytes, at: int, flip: int, cut: int) -> None:
    changed = bytearray(signed)
    changed[at % len(signed)] ^= flip
    for content in (bytes(changed), signed[: cut % len(signed)], signed + b"\0"):
        with pytest.raises(Unsigned):
            OURS.check(content, NAME)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("signed") / NAME
    path.write_bytes(b"\x1f\x8b what Rasa wrote")
    OURS.sign(path, NAME)
    return path.read_bytes()


def test_what_is_wrong_is_said(archive: Path, signed: bytes) -> None:
    with pytest.raises(Unsigned, match=r"is not signed\..*: sotong train"):
        OURS.check(archive.read_bytes(), NAME)
    with pytest.raises(Unsigned, match="was changed after it was signed"):
        OURS.check(signed, "sotong-ba9876543210.tar.gz")
    with pytest.raises(Unsigned, match=f"signed by {OURS.public.hex()}, whom nobody here trusts"):
        THEIRS.check(signed, NAME)
    assert not OURS.trusts(archive)
    assert not OURS.trusts(archive.with_name("none"))
    with pytest.raises(ValueError, match=f"{KEY} is empty"):
        Keys.of({})


def test_the_key_changes_without_losing_a_model(signed: bytes, tmp_path: Path) -> None:
    Keys("the new one, after a rotation, 32 characters", [OURS.public.hex()]).check(signed, NAME)
    settings = Settings(_env_file=None, var_dir=tmp_path, model_public_keys=(OURS.public.hex(),))
    model_keys(settings).check(signed, NAME)
    with pytest.raises(ValidationError, match="공개 열쇠는 16진수 64자예요"):
        Settings(_env_file=None, model_public_keys=("abc",))


def test_every_place_that_loads_such_a_file_is_known() -> None:
    found = set()
    paths = (
        path for folder in ("bot", "connectors", "actions", "demo") for path in (ROOT / folder).rglob("*.py")
    )
    for path in paths:
        if not _SUSPECT.search(text := path.read_text(encoding="utf-8")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS:
                found.add(f"{path.relative_to(ROOT)}: {ast.unparse(node.func)}")
            if isinstance(node, ast.keyword) and node.arg in _SWITCHES:
                found.add(f"{path.relative_to(ROOT)}: {node.arg}")
    assert found == set(LOADERS)
