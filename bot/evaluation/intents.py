"""How well the intents are told apart: the pipeline of `config.yml`, cross-validated by Rasa."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FALLBACK = "nlu_fallback"
"""Rasa's mark for "not sure": no guess of the classifier, so it takes no part in the scores."""


class TrialFailed(Exception):
    """Rasa's environment is missing or its process failed; the text says which, with its last output."""


@dataclass(frozen=True)
class Guess:
    """A sentence, its intent and what was taken for it."""

    text: str
    intent: str
    ranking: tuple[tuple[str, float], ...]
    """(intent, probability), best first; never `FALLBACK`. Empty when nothing was recognised."""
    unsure: bool
    """The pipeline would rather ask than act on this guess."""
    scope: float | None = None
    """How much the sentence is like the training examples, 0 to 1; None if the pipeline does not say."""

    @property
    def guessed(self) -> str:
        """The likeliest intent; "-" for none."""
        return self.ranking[0][0] if self.ranking else "-"

    @property
    def confidence(self) -> float:
        """Probability of the guess, 0 to 1."""
        return self.ranking[0][1] if self.ranking else 0.0

    @property
    def right(self) -> bool:
        """Whether the likeliest intent is the right one."""
        return self.guessed == self.intent


@dataclass(frozen=True)
class Trial:
    """Everything asked in one run, and what it took."""

    guesses: tuple[Guess, ...]
    train_s: float
    """Seconds of one training, the mean of several."""
    train_cpu_s: float
    parse_ms: float
    """Median, as `parse_cpu_ms`."""
    parse_cpu_ms: float
    rss_mb: float


@dataclass(frozen=True)
class Failure:
    """A guess that was wrong, and the example of the guessed intent that looks most like the sentence."""

    guess: Guess
    confused_by: str


def run_trial(
    command: Sequence[str],
    environment: Mapping[str, str],
    root: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> Trial:
    """Run `bot.nlu.trial` (`command`, to which `--out` is added) in `root`; `progress` gets sentences done.

    Raises TrialFailed.
    """
    with tempfile.TemporaryDirectory(prefix="sotong-trial-") as folder:
        out, log = Path(folder, "out.jsonl"), Path(folder, "log.txt")
        with log.open("wb") as sink:
            try:
                child = subprocess.Popen(  # noqa: S603 - the command is our own
                    [*command, "--out", str(out)],
                    cwd=root,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                )
            except FileNotFoundError as error:
                raise TrialFailed(f"{command[0]}이(가) 없어요. make setup을 먼저 실행하세요.") from error
            try:
                while child.poll() is None:
                    time.sleep(0.2)
                    progress(out.read_bytes().count(b'"ranking"') if out.exists() else 0)
            finally:
                if child.poll() is None:
                    child.terminate()
                    child.wait()
        if child.returncode != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
            raise TrialFailed(f"의도를 시험하지 못했어요. Rasa가 남긴 말:\n{tail}")
        return read_trial(out)


def read_trial(path: Path) -> Trial:
    """What `bot.nlu.trial` wrote; ValueError when it did not come to its end."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    asked = [line for line in lines if "ranking" in line]
    trained = [line for line in lines if "train_s" in line]
    if not asked or not trained or "rss_mb" not in lines[-1]:
        raise ValueError(f"{path} is not a finished trial")
    return Trial(
        guesses=tuple(_guess(line) for line in asked),
        train_s=float(np.mean([line["train_s"] for line in trained])),
        train_cpu_s=float(np.mean([line["train_cpu_s"] for line in trained])),
        parse_ms=float(np.median([line["ms"] for line in asked])),
        parse_cpu_ms=float(np.median([line["cpu_ms"] for line in asked])),
        rss_mb=float(lines[-1]["rss_mb"]),
    )


def _guess(line: Mapping[str, Any]) -> Guess:
    ranking = line["ranking"]
    kept = tuple((str(name), float(confidence)) for name, confidence in ranking if name and name != FALLBACK)
    unsure = bool(ranking) and ranking[0][0] == FALLBACK
    return Guess(str(line["text"]), str(line.get("intent", "")), kept, unsure, line.get("scope"))


def failures(guesses: Sequence[Guess]) -> list[Failure]:
    """The wrong guesses, the surest first, each with the line that most likely led it astray.

    That is the sentence of the guessed intent with the most alike character n-grams; "" if none is alike.
    """
    wrong = sorted((g for g in guesses if not g.right), key=lambda g: -g.confidence)
    if not wrong:
        return []
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - seconds to import

    reader = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True)
    rows = reader.fit_transform([guess.text for guess in guesses])
    by_intent: dict[str, list[int]] = {}
    for place, guess in enumerate(guesses):
        by_intent.setdefault(guess.intent, []).append(place)
    found = []
    for guess in wrong:
        places = by_intent.get(guess.guessed, [])
        alike = (rows[places] @ reader.transform([guess.text]).T).toarray().ravel() if places else np.zeros(0)
        best = guesses[places[int(alike.argmax())]].text if alike.any() else ""
        found.append(Failure(guess, best))
    return found
