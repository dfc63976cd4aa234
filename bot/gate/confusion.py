"""The large picture of intents taken for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def confusion_picture(report: Mapping[str, Any]) -> str:
    """An SVG document: a row for each intent, a column for what it was taken for, the counts written in.

    `report` is `bot.gate.intents.IntentReport` as JSON. Intents that are never mixed up are left out.
    """
    from bot.evaluation import charts  # noqa: PLC0415 - matplotlib: only who asks for the picture pays

    pairs = [(right, guessed, count) for right, guessed, count in report["confusions"] if guessed != "-"]
    names = sorted({name for right, guessed, _ in pairs for name in (right, guessed)})
    places = {name: place for place, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for right, guessed, count in pairs:
        counts[places[right], places[guessed]] = count
    return charts.matrix(names, counts, "맞는 의도", "알아들은 의도")
