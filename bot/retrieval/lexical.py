"""Search by words and letters alone, for when the encoder cannot be had."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from bot.encoder.encoder import Encoder, load_encoder
from bot.encoder.table import Analyser, Vectors

log = logging.getLogger(__name__)


class NoMeaning:
    """An encoder that knows nothing: every vector is zero, so only words and letters count."""

    name = "none"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32[n, 1] of zeros."""
        return np.zeros((len(texts), 1), np.float32)


def encoder_or_none(name: str, morphemes: Analyser, adapted: Path | None = None) -> Encoder:
    """The encoder called `name`, as adapted to the agency's content if it was (see `bot.encoder.adapt`).

    `NoMeaning`, and a warning in the log, if it does not load.
    """
    try:
        return load_encoder(name, morphemes, adapted)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        log.warning(
            "encoder %s does not load (%s: %s): answers are searched by words and letters only",
            name,
            type(error).__name__,
            error,
        )
        return NoMeaning()
