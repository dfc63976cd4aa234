"""Moves the vectors of a table so that texts of the same meaning come together.

Used by `bot.encoder.train` (the default encoder) and `bot.encoder.adapt` (an agency's content).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses
from torch.nn import functional

from bot.encoder.encoder import TableEncoder, unit
from bot.encoder.module import MorphemeEmbedding
from bot.encoder.table import Analyser, Table, TableReader
from bot.text.morphemes import Morpheme

Texts = tuple[str, ...]
"""Two texts that mean the same and, where there is a third, one that looks alike and means something else."""
Features = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Example:
    """`texts` of one `subject`; two of the same subject never stand against each other."""

    subject: int
    texts: Texts


@dataclass(frozen=True)
class Source:
    """Examples of one kind, and how often each is shown in an epoch."""

    examples: Sequence[Example]
    times: float = 1.0


@dataclass(frozen=True)
class Scored:
    """Two texts and how alike people find them, 0 to 1."""

    texts: tuple[str, str]
    score: float


@dataclass(frozen=True)
class Pace:
    """How far and how fast vectors may move."""

    epochs: int = 3
    batch: int = 128
    rate: float = 2e-3
    """Of a morpheme at the beginning; falls to nothing over the epochs."""
    pull: float = 0.3
    """Of a morpheme back to where it started (decoupled weight decay)."""
    turn_rate: float = 3e-4
    """Of the turn of the whole space; falls as well."""
    sharpness: float = 20.0
    """Cosines are multiplied by it before they compete."""
    patience: int = 2
    """Epochs without a better measure after which learning ends."""


class LearningTable(MorphemeEmbedding):
    """The table as a start and what is learned beside it: a turn of the space, a step of each morpheme."""

    def __init__(self, table: Table, morphemes: Analyser | None = None) -> None:
        super().__init__(table, morphemes)
        size = self.get_embedding_dimension()
        self.vectors.weight.requires_grad_(False)
        self.turn = torch.nn.Parameter(torch.zeros(size, size))
        self.steps = torch.nn.EmbeddingBag(len(table.names), size, mode="sum")
        torch.nn.init.zeros_(self.steps.weight)
        self.emphasis = torch.nn.Parameter(torch.zeros(len(table.names)))

    def forward(self, features: Features, **_: object) -> Features:
        """As the module itself, of the vectors as they now are."""
        rows, offsets = features["input_ids"], features["offsets"]
        weights = self.weights[rows] * torch.exp(self.emphasis[rows])
        base = self.vectors(rows, offsets, per_sample_weights=weights)
        moved = base + base @ self.turn + self.steps(rows, offsets, per_sample_weights=weights)
        features["sentence_embedding"] = functional.normalize(moved, dim=-1)
        return features

    @torch.no_grad()
    def table(self) -> Table:
        """The table as it now is; a vector's new length goes into its weight."""
        base = self.vectors.weight
        moved = (base + base @ self.turn + self.steps.weight).numpy()
        lengths = np.linalg.norm(moved, axis=1)
        weights = self.weights.numpy() * np.exp(self.emphasis.numpy()) * lengths
        start = self._reader.table
        return Table(start.names, unit(moved).astype(np.float16), weights.astype(np.float32))


class Remembered:
    """Morphemes of every text seen, so that the epochs after the first need no Kiwi."""

    def __init__(self, morphemes: Analyser) -> None:
        self._morphemes = morphemes
        self._known: dict[str, list[Morpheme]] = {}

    def analyse(self, text: str) -> list[Morpheme]:
        """As `Morphemes.analyse`."""
        if text not in self._known:
            self._known[text] = self._morphemes.analyse(text)
        return self._known[text]


def recall(table: Table, morphemes: Analyser, examples: Sequence[Example]) -> float:
    """Share of the examples whose first text is nearest to a second text of the same subject."""
    encoder = TableEncoder(TableReader(table, morphemes), "measured")
    others = list(dict.fromkeys(example.texts[1] for example in examples))
    places = {text: place for place, text in enumerate(others)}
    subjects: list[set[int]] = [set() for _ in others]
    for example in examples:
        subjects[places[example.texts[1]]].add(example.subject)
    alike = encoder.encode([example.texts[0] for example in examples]) @ encoder.encode(others).T
    for row, example in enumerate(examples):  # a text is not to find itself
        if (place := places.get(example.texts[0])) is not None:
            alike[row, place] = -1
    found = alike.argmax(axis=1)
    return float(np.mean([e.subject in subjects[place] for e, place in zip(examples, found, strict=True)]))


def learn(
    table: Table,
    morphemes: Analyser,
    sources: Mapping[str, Source],
    scored: Sequence[Scored],
    measure: Callable[[Table], float],
    pace: Pace,
) -> Table:
    """The table of the epoch with the best measure, the given one where none is better.

    Deterministic for one thread. `measure` says how good a table is, more being better.
    """
    torch.manual_seed(0)
    chance = random.Random(0)
    model = LearningTable(table, Remembered(morphemes))
    whole = SentenceTransformer(modules=[model], device="cpu")
    ranking = losses.MultipleNegativesRankingLoss(whole, scale=pace.sharpness)
    regression = losses.CosineSimilarityLoss(whole)
    optimiser = torch.optim.AdamW(
        [
            {"params": [model.steps.weight, model.emphasis], "weight_decay": pace.pull},
            {"params": [model.turn], "lr": pace.turn_rate, "weight_decay": 0.0},
        ],
        lr=pace.rate,
    )
    best, best_value, since = table, measure(table), 0
    starts = [group["lr"] for group in optimiser.param_groups]
    for epoch in range(pace.epochs):
        batches = _shuffled(sources, scored, pace.batch, chance)
        for number, batch in enumerate(batches):
            left = 1 - (epoch + number / len(batches)) / pace.epochs
            for group, rate in zip(optimiser.param_groups, starts, strict=True):
                group["lr"] = rate * left
            columns = zip(*(line.texts for line in batch), strict=True)
            features = [model.preprocess(column) for column in columns]
            scores = [line.score for line in batch if isinstance(line, Scored)]
            loss = regression(features, torch.tensor(scores)) if scores else ranking(features, torch.empty(0))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        now = model.table()
        value, since = measure(now), since + 1
        if value > best_value:
            best, best_value, since = now, value, 0
        if since >= pace.patience:
            break
    return best


def _shuffled(
    sources: Mapping[str, Source], scored: Sequence[Scored], size: int, chance: random.Random
) -> list[Sequence[Example] | Sequence[Scored]]:
    batches: list[Sequence[Example] | Sequence[Scored]] = []
    for source in sources.values():
        count = round(len(source.examples) * source.times)
        whole, rest = divmod(count, max(len(source.examples), 1))
        shown = [*source.examples] * whole + chance.sample(source.examples, rest)
        batches += _batches(shown, size, chance)
    shuffled = chance.sample(scored, len(scored))
    batches += [shuffled[at : at + size] for at in range(0, len(shuffled), size)]
    chance.shuffle(batches)
    return batches


def _batches(examples: Sequence[Example], size: int, chance: random.Random) -> Iterator[list[Example]]:
    """Batches in which no subject stands twice; the last ones may be small."""
    waiting = chance.sample(examples, len(examples))
    while waiting:
        batch: list[Example] = []
        later: list[Example] = []
        subjects: set[int] = set()
        for example in waiting:
            if len(batch) < size and example.subject not in subjects:
                batch.append(example)
                subjects.add(example.subject)
            else:
                later.append(example)
        if len(batch) < min(size, 8):
            return  # too few to tell apart
        yield batch
        waiting = later
