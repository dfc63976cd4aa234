"""Reading what training left in a model: a file that is no longer what it was is named."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path
from typing import Iterator

from rasa.shared.exceptions import RasaException
from safetensors import SafetensorError


class BrokenPart(RasaException):
    """A part of the model is missing or cannot be read; the text says which, and what to do."""


@contextlib.contextmanager
def read_part(path: Path) -> Iterator[None]:
    """Name `path` in a BrokenPart when what is done inside cannot read it."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, EOFError, SafetensorError, zipfile.BadZipFile) as error:
        raise BrokenPart(
            f"모델의 {path.parent.name}/{path.name}을(를) 읽을 수 없어요 ({type(error).__name__}: {error}) "
            "→ sotong train --force로 다시 학습해 주세요."
        ) from error
