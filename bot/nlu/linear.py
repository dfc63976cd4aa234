"""What the intent classifier learns: a linear model, a temperature, and how like the examples a text is."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from bot.nlu.nearest import Examples, keep_examples, read_examples
from bot.nlu.parts import read_part

_ARRAYS, _INTENTS = "intents.safetensors", "intents.json"
_EXAMPLES = "examples."
_FOLDS = 3
_MANY = 5000
"""With more examples than this one fold is held out and says enough; training it is what takes the time."""
_ROUNDS = 100
"""Passes over the examples at most; a set that needs more gains less than a tenth of a point from them."""
_UNSEEN = np.float32(-1.0)
"""Score of an intent that a fold has no example of."""
_CLEARLY = 0.1
"""Difference of two scores, of which a whole margin is 1."""
_QUANTILES = np.linspace(0, 1, 201)


@dataclass(frozen=True)
class Model:
    """A multi-class linear support vector machine (Crammer and Singer 2001) that knows how sure it is."""

    intents: Tuple[str, ...]
    weights: np.ndarray
    """float32[features, intents]"""
    bias: np.ndarray
    """float32[intents]: the score of a text without features."""
    examples: Examples
    """What the likeness of a text is measured by."""
    temperature: float
    """What scores are multiplied by before the softmax (Guo et al. 2017), learned on held-out examples."""
    spread: np.ndarray
    """float64[2, 3]: mean and deviation of each of the signs of scope, over held-out examples."""
    quantiles: np.ndarray
    """float64[201]: of the sum of the signs in deviations from the mean, over held-out examples."""

    def judge(self, columns: np.ndarray, values: np.ndarray) -> Tuple[np.ndarray, float]:
        """Chances float[intents], adding up to 1, and scope from 0 to 1 of a text with these features."""
        scores = values @ self.weights.take(columns, axis=0) + self.bias
        likeness = self.examples.likeness(int(scores.argmax()), columns, values)
        signs = _signs(scores, np.float32(likeness))
        scope = np.interp(_sums(signs, self.spread), self.quantiles, _QUANTILES)
        return _softmax(scores * self.temperature), float(scope)


def train_model(
    features: csr_matrix, intents: Sequence[str], strength: float, borrowed: Optional[np.ndarray] = None
) -> Model:
    """A model of rows of `features` and their intents; `strength` is the machine's C.

    `borrowed` (bool[n]) rows stand under an intent that nobody gave them: those that the others place
    surely under another intent are left out.
    """
    names, labels = np.unique(np.asarray(intents, dtype=object).astype(str), return_inverse=True)
    if borrowed is not None and borrowed.any() and not borrowed.all():
        kept = ~borrowed | _plausible(features, labels, len(names), strength, borrowed)
        features, labels, borrowed = features[kept], labels[kept], borrowed[kept]
    scores, likeness, right = _held_out(features, labels, len(names), strength, borrowed)
    temperature = _temperature(scores, right)
    signs = _signs(scores, likeness)
    spread = np.stack([signs.mean(axis=0), signs.std(axis=0) + 1e-6])
    return Model(
        tuple(map(str, names)),
        *_fit(features, labels, len(names), strength),
        keep_examples(features, labels, len(names), borrowed),
        temperature,
        spread,
        np.quantile(_sums(signs, spread), _QUANTILES),
    )


def save_model(model: Optional[Model], folder: Path) -> None:
    """Write a model, or that there was nothing to learn from."""
    (folder / _INTENTS).write_text(json.dumps(model and model.intents, ensure_ascii=False), encoding="utf-8")
    if model:
        arrays: Dict[str, np.ndarray] = {
            "weights": model.weights,
            "bias": model.bias,
            **{f"{_EXAMPLES}{name}": array for name, array in model.examples.arrays().items()},
            "temperature": np.array([model.temperature]),
            "spread": model.spread,
            "quantiles": model.quantiles,
        }
        save_file(arrays, folder / _ARRAYS)


def load_model(folder: Path) -> Optional[Model]:
    """What `save_model` wrote; BrokenPart when it cannot be read."""
    with read_part(folder / _INTENTS):
        intents = json.loads((folder / _INTENTS).read_text(encoding="utf-8"))
        if not (intents is None or (isinstance(intents, list) and all(isinstance(i, str) for i in intents))):
            raise ValueError("no list of intents")
    if intents is None:
        return None
    with read_part(folder / _ARRAYS):
        arrays = load_file(folder / _ARRAYS)
        kept = {name[len(_EXAMPLES) :]: array for name, array in arrays.items() if name.startswith(_EXAMPLES)}
        shape = arrays["weights"].shape
        examples = read_examples(kept, shape[0])
        if not shape[1] == len(examples.of) == len(intents):
            raise ValueError(f"{_INTENTS}: {len(intents)}, weights: {shape[1]}, examples: {len(examples.of)}")
        return Model(
            tuple(intents),
            arrays["weights"],
            arrays["bias"],
            examples,
            float(arrays["temperature"][0]),
            arrays["spread"],
            arrays["quantiles"],
        )


def _plausible(
    features: csr_matrix, labels: np.ndarray, count: int, strength: float, borrowed: np.ndarray
) -> np.ndarray:
    """bool[n]: the rows that are not borrowed do not speak clearly against a row's label."""
    weights, bias = _fit(features[~borrowed], labels[~borrowed], count, strength)
    scores = features @ weights + bias
    own = scores[np.arange(len(labels)), labels]
    return own > scores.max(axis=1) - _CLEARLY


def _held_out(
    features: csr_matrix, labels: np.ndarray, count: int, strength: float, borrowed: Optional[np.ndarray]
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, likeness and labels of examples, not borrowed ones, by models that have not seen them.

    An intent with a single example has none to hold out.
    """
    written = np.ones(len(labels), bool) if borrowed is None else ~borrowed
    fold = _folds(labels)
    runs = [0] if len(labels) > _MANY else range(_FOLDS)
    found: List[Tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for run in runs:
        seen = fold != run
        known = np.bincount(labels[seen], minlength=count) > 0
        tried = ~seen & known[labels] & written
        if tried.any():
            weights, bias = _fit(features[seen], labels[seen], count, strength)
            lent = None if borrowed is None else borrowed[seen]
            examples = keep_examples(features[seen], labels[seen], count, lent)
            rows = features[tried]
            scores = np.where(known, rows @ weights + bias, _UNSEEN)
            found.append((scores, examples.likenesses(scores.argmax(axis=1), rows), labels[tried]))
    if not found:
        return np.eye(count, dtype=np.float32), np.ones(count), np.arange(count)
    scores, likeness, right = zip(*found, strict=False)
    return np.concatenate(scores), np.concatenate(likeness), np.concatenate(right)


def _folds(labels: np.ndarray) -> np.ndarray:
    """A fold for each example, the same every time; an intent's examples are dealt out one by one."""
    order = np.random.default_rng(0).permutation(len(labels))
    dealt: Dict[int, int] = {}
    fold = np.zeros(len(labels), int)
    for at in order:
        turn = dealt.get(labels[at], 0)
        dealt[labels[at]] = turn + 1
        fold[at] = (turn + labels[at]) % _FOLDS
    return fold


def _fit(
    features: csr_matrix, labels: np.ndarray, count: int, strength: float
) -> Tuple[np.ndarray, np.ndarray]:
    """Weights float32[features, count] and bias float32[count]; zeros for an intent without examples."""
    weights, bias = np.zeros((features.shape[1], count), np.float32), np.zeros(count, np.float32)
    known = np.unique(labels)
    if len(known) > 1:
        machine = LinearSVC(
            C=strength, multi_class="crammer_singer", tol=0.1, max_iter=_ROUNDS, random_state=0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # enough rounds for what they bring
            machine.fit(features, labels)
        both = (machine.coef_, machine.intercept_)
        if len(known) == 2:  # scikit-learn keeps the difference of the two
            both = tuple(np.concatenate([-part, part]) / 2 for part in both)
        weights[:, known], bias[known] = both[0].T, both[1]
    return weights, bias


def _signs(scores: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    """float64[..., 3], what scope is made of: the best score, how far it leads, likeness to its intent."""
    if scores.shape[-1] == 1:
        scores = np.concatenate([scores, np.full_like(scores, _UNSEEN)], axis=-1)
    best, second = (np.partition(scores, -place, axis=-1)[..., -place] for place in (1, 2))
    return np.stack([best, best - second, likeness], axis=-1).astype(np.float64)


def _sums(signs: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return ((signs - spread[0]) / spread[1]).sum(axis=-1)


def _temperature(scores: np.ndarray, right: np.ndarray) -> float:
    """What makes the right labels likeliest."""

    def surprise(log: float) -> float:
        chances = _softmax(scores * np.exp(log))
        return float(-np.log(np.maximum(chances[np.arange(len(right)), right], 1e-12)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-1.0, 4.0), method="bounded").x))


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores.astype(np.float64) - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
