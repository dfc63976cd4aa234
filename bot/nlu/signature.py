"""Signed model files: Rasa's loader runs what a file names, so a file of somebody else's is not loaded.

A signed file is gzip with two members (RFC 1952, 2.2). The first holds nothing but, in its extra field, who
signed and the signature (Ed25519, RFC 8032) of the file's name and the SHA-256 of the second, which is the
archive as Rasa wrote it: `tar` and `rasa shell` read the whole like any other archive. For both Pythons.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import FrozenSet, Iterable, Iterator, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY, OTHERS = "SOTONG_MODEL_KEY", "SOTONG_MODEL_PUBLIC_KEYS"
"""Environment of the programs that train and load: a secret text, and a JSON list of public keys."""
_PURPOSE = b"sotong model files"
_WHO, _SIGNATURE = 32, 64
"""Bytes."""
_FIELD = struct.pack("<2sH", b"So", _WHO + _SIGNATURE)
_BEFORE = struct.pack("<4BI2BH", 0x1F, 0x8B, 8, 4, 0, 0, 255, 4 + _WHO + _SIGNATURE) + _FIELD
"""Deflate with an extra field, no date, no particular system; the field is called So."""
_AFTER = b"\x03\x00" + bytes(8)
"""An empty deflate stream, the CRC and the length of nothing."""
_HEAD = len(_BEFORE) + _WHO + _SIGNATURE + len(_AFTER)


class Unsigned(Exception):
    """A model file that none of our trainers has signed, or that was changed since; the text says which."""


class Keys:
    """Signs with a key of its own; trusts that one and those of other trainers."""

    def __init__(self, secret: str, others: Iterable[str] = ()) -> None:
        """`secret`: a text that nobody can guess; `others`: public keys of 64 hexadecimal digits each.

        Raises `ValueError` for no secret and for something that is no public key.
        """
        if not secret:
            raise ValueError(f"{KEY} is empty: start this by `sotong`, or give the key that signs models")
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
        self._own = Ed25519PrivateKey.from_private_bytes(derived)
        self.public = self._own.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self._trusted: FrozenSet[bytes] = frozenset([self.public, *map(_public, others)])

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Keys:
        """Those that a program was started with. Raises `ValueError`."""
        return cls(environment.get(KEY, ""), json.loads(environment.get(OTHERS) or "[]"))

    def sign(self, archive: Path, name: str) -> None:
        """Sign what Rasa wrote, in place, as the model file that will be called `name`."""
        content = archive.read_bytes()
        with archive.open("wb") as file:
            file.write(_BEFORE + self.public + self._own.sign(_said(name, content)) + _AFTER + content)
            file.flush()
            os.fsync(file.fileno())

    def check(self, content: bytes, name: str) -> None:
        """Raise `Unsigned` unless these are the bytes that one of our trainers signed under this name."""
        who = content[len(_BEFORE) : len(_BEFORE) + _WHO]
        if not content.startswith(_BEFORE) or content[_HEAD - len(_AFTER) : _HEAD] != _AFTER:
            raise Unsigned(f"{name} is not signed. Remove it and train again: sotong train")
        if who not in self._trusted:
            raise Unsigned(
                f"{name} was signed by {who.hex()}, whom nobody here trusts. Remove it and train again"
                f" (sotong train), or list this key in {OTHERS} if it is a server of yours"
            )
        signature = content[len(_BEFORE) + _WHO : _HEAD - len(_AFTER)]
        try:
            Ed25519PublicKey.from_public_bytes(who).verify(signature, _said(name, content[_HEAD:]))
        except InvalidSignature as error:
            raise Unsigned(
                f"{name} was changed after it was signed. Remove it, train again (sotong train) and find out"
                " who could write there"
            ) from error

    def trusts(self, model: Path) -> bool:
        """Whether the file is there and may be loaded."""
        try:
            self.check(model.read_bytes(), model.name)
        except (FileNotFoundError, Unsigned):
            return False
        return True

    @contextmanager
    def checked(self, model: Path) -> Iterator[Path]:
        """A copy that nobody else can change while it is loaded. Raises `Unsigned`, `OSError`."""
        folder = Path(tempfile.mkdtemp(prefix="sotong-model-"))
        try:
            copy = folder / model.name
            content = model.read_bytes()
            self.check(content, model.name)
            copy.write_bytes(content)
            yield copy
        finally:
            shutil.rmtree(folder)


def _said(name: str, content: bytes) -> bytes:
    return b"\0".join([_PURPOSE, name.encode(), hashlib.sha256(content).digest()])


def _public(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != _WHO:
        raise ValueError(f"{OTHERS}: a public key has {2 * _WHO} hexadecimal digits, not {len(text)}")
    return key
