"""How well intents are told apart before and after a change, by cross-validation: minutes, so it is kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binom

from bot.cli.stack import RASA_ENV, environment
from bot.evaluation.intents import Guess, Trial, TrialFailed, failures, read_trial, run_trial
from bot.evaluation.scores import confusions, per_label
from bot.gate.finding import Finding
from bot.gate.folders import Content
from bot.settings import ROOT, Settings

FOLDS = 5
CHANCE = 0.05
"""Odds below which more sentences that became wrong than right are no accident of how they were dealt out."""
FEWEST = 3
"""Sentences more that have to become wrong before anything is said."""
_KEPT = 12
"""Measurements that are kept."""
_WORST = 100
"""Failing sentences that are told."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class IntentRow:
    """One intent; shares 0 to 1, None where there was nothing before."""

    intent: str
    sentences: int
    precision: float
    recall: float
    recall_before: float | None
    newly_wrong: int
    """Sentences that were understood before and are not now."""
    newly_right: int


@dataclass(frozen=True)
class Failing:
    """A sentence that is taken for another intent."""

    text: str
    intent: str
    guessed: str
    confidence: float
    confused_by: str
    """The sentence of the guessed intent that looks most like it."""
    new: bool
    """It was understood before."""


@dataclass(frozen=True)
class IntentReport:
    """All intents."""

    right: float
    right_before: float | None
    rows: tuple[IntentRow, ...]
    """The worst first."""
    failing: tuple[Failing, ...]
    """New ones first, then the surest."""
    confusions: tuple[tuple[str, str, int], ...]
    """(right intent, guessed intent, how often)."""
    measured: str
    """Name of the measurement, for the picture."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class IntentTrials:
    """Measurements by what was learned from: the same content is measured once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.var_dir.absolute() / "gate" / "intents"

    def measure(
        self, now: Content, before: Content | None, progress: Progress
    ) -> tuple[IntentReport | None, list[Finding]]:
        """The report and what is wrong; where nothing can be learned here, a warning that says so."""
        shares = ((now, 0.0, 0.5), (before, 0.5, 1.0)) if before else ((now, 0.0, 1.0),)
        trials: list[Trial] = []
        try:
            for content, start, end in shares:
                if content is not None:
                    trials.append(self._trial(content, progress, start, end))
        except (TrialFailed, ValueError) as error:
            said = f"의도를 얼마나 알아듣는지 재지 못했어요: {str(error).splitlines()[0]}"
            remedy = "학습할 수 있는지 확인한 뒤 다시 점검해 주세요."
            return None, [Finding("intents", "warning", "data/nlu", 1, said, remedy, "", {"log": str(error)})]
        report = compare(trials[0], trials[1] if len(trials) > 1 else None, now.learned()[:16])
        return report, findings(report)

    def _trial(self, content: Content, progress: Progress, start: float, end: float) -> Trial:
        kept = self.folder / f"{content.learned()[:16]}.jsonl"
        if kept.exists():
            return read_trial(kept)
        studied = self._studied(content.learned())
        if studied is not None:
            return read_trial(studied)
        total = sum(file.read_bytes().count(b"\n    - ") for file in (content.data / "nlu").rglob("*.yml"))
        what = "의도를 나누어 배우고 물어보고 있어요(몇 분)"
        progress(what, start)
        trial = self._run(
            content,
            ("--folds", str(FOLDS)),
            lambda done: progress(what, start + (end - start) * min(done / max(total, 1), 1.0)),
        )
        self.keep(trial, kept)
        return trial

    def understand(self, content: Content, sentences: Sequence[str], progress: Progress) -> Mapping[str, str]:
        """Sentence → what it is understood as, by a model that learned everything.

        Raises TrialFailed and ValueError as `measure` tells them.
        """
        asked = "\n".join(
            json.dumps({"id": str(number), "text": text, "intent": ""}, ensure_ascii=False)
            for number, text in enumerate(sentences)
        )
        mark = hashlib.sha256(asked.encode()).hexdigest()[:8]
        kept = self.folder / f"{content.learned()[:16]}-{mark}.jsonl"
        if not kept.exists():
            progress("점검 질문의 의도를 물어보고 있어요", 0.0)
            self.folder.mkdir(parents=True, exist_ok=True)
            questions = self.folder / f"{mark}.{os.getpid()}.asked"
            try:
                questions.write_text(asked, "utf-8")
                trial = self._run(content, ("--questions", str(questions)), lambda done: None)
            finally:
                questions.unlink(missing_ok=True)
            self.keep(trial, kept)
        return {guess.text: guess.guessed for guess in read_trial(kept).guesses}

    def _run(self, content: Content, how: Sequence[str], told: Callable[[int], None]) -> Trial:
        command = [
            str(RASA_ENV / "bin" / "python"), "-m", "bot.nlu.trial", *how,
            "--config", str(content.config.resolve()), "--nlu", str((content.data / "nlu").resolve()),
        ]  # fmt: skip
        variables = environment(self._settings)
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), variables.get("PYTHONPATH"))))
        return run_trial(command, variables, content.root, told)

    def keep(self, trial: Trial, path: Path) -> None:
        """Write what `read_trial` reads; the oldest measurements go."""
        lines: list[dict[str, Any]] = [{"train_s": trial.train_s, "train_cpu_s": trial.train_cpu_s}]
        times = {"ms": trial.parse_ms, "cpu_ms": trial.parse_cpu_ms}
        lines += [
            {"text": one.text, "intent": one.intent, "ranking": one.ranking, **times} for one in trial.guesses
        ]
        lines.append({"rss_mb": trial.rss_mb})
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
        unfinished.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
        unfinished.replace(path)
        for old in sorted(path.parent.glob("*.jsonl"), key=lambda one: -one.stat().st_mtime)[_KEPT:]:
            old.unlink(missing_ok=True)

    def _studied(self, learned: str) -> Path | None:
        """The measurement of a study of the drafts (`bot.studio.training`) that learned from the same."""
        for trial in sorted((self._settings.var_dir / "studies").glob("*/trial.jsonl"), reverse=True):
            candidate = trial.parent / "candidate"
            try:
                if candidate.is_dir() and Content.at(candidate).learned() == learned and read_trial(trial):
                    return trial
            except ValueError:
                continue  # not finished
        return None


def compare(now: Trial, before: Trial | None, measured: str) -> IntentReport:
    """The report of one measurement, beside an earlier one."""
    gold, guessed = [one.intent for one in now.guesses], [one.guessed for one in now.guesses]
    was = {} if before is None else {(one.text, one.intent): one.right for one in before.guesses}
    wrong, right = Counter[str](), Counter[str]()
    for guess in now.guesses:
        known = was.get((guess.text, guess.intent))
        wrong[guess.intent] += known is True and not guess.right
        right[guess.intent] += known is False and guess.right
    recalls = {} if before is None else _recalls(before.guesses)
    rows = tuple(
        IntentRow(
            score.label, score.support, score.precision, score.recall,
            recalls.get(score.label), wrong[score.label], right[score.label],
        )
        for score in per_label(gold, guessed)
    )  # fmt: skip
    failing = [
        Failing(
            one.guess.text, one.guess.intent, one.guess.guessed, one.guess.confidence, one.confused_by,
            was.get((one.guess.text, one.guess.intent)) is True,
        )
        for one in failures(now.guesses)
    ]  # fmt: skip
    failing.sort(key=lambda one: not one.new)
    return IntentReport(
        _share(now.guesses),
        None if before is None else _share(before.guesses),
        rows,
        tuple(failing[:_WORST]),
        tuple(confusions(gold, guessed)),
        measured,
    )


def findings(report: IntentReport) -> list[Finding]:
    """An error where all intents together, or one, are understood worse than chance explains."""
    found = []
    wrong = sum(row.newly_wrong for row in report.rows)
    right = sum(row.newly_right for row in report.rows)
    if _worse(wrong, right):
        said = f"알아듣던 문장 {wrong}개를 못 알아듣게 되고, 새로 알아듣는 것은 {right}개뿐이에요"
        remedy = "아래 표에서 헷갈리게 한 문장을 보고, 새 예문을 고치거나 빼 주세요."
        found.append(Finding("intents-worse", "error", "data/nlu", 1, said, remedy))
    for row in report.rows:
        if not _worse(row.newly_wrong, row.newly_right):
            continue
        taken = Counter(one.guessed for one in report.failing if one.new and one.intent == row.intent)
        to = f" 주로 ‘{taken.most_common(1)[0][0]}’(으)로 알아들어요." if taken else ""
        said = f"‘{row.intent}’의 문장 {row.newly_wrong}개를 못 알아듣게 돼요.{to}"
        path = f"data/nlu/{row.intent}.yml"
        remedy = "새로 넣은 예문이 이 의도와 헷갈리지 않는지 봐 주세요."
        found.append(Finding("intents-worse", "error", path, 1, said, remedy, f"file:{path}"))
    return found


def _worse(wrong: int, right: int) -> bool:
    """McNemar's exact test, one-sided: is it more than the luck of the draw."""
    if wrong - right < FEWEST:
        return False
    return bool(binom.sf(wrong - 1, wrong + right, 0.5) < CHANCE)


def _recalls(guesses: Sequence[Guess]) -> Mapping[str, float]:
    found: dict[str, list[bool]] = defaultdict(list)
    for guess in guesses:
        found[guess.intent].append(guess.right)
    return {intent: sum(right) / len(right) for intent, right in found.items()}


def _share(guesses: Sequence[Guess]) -> float:
    return sum(guess.right for guess in guesses) / len(guesses)
