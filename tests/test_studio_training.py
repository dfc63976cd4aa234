"""What the studio knows of a training by its files: how far it is, how it ended, and what came of it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from bot.studio.training import Study, Training
from bot.studio.training_quality import QualityBook, confused_with
from tests.teaching_support import desk

ABOUT = {"what": "train", "model": "sotong-1.tar.gz", "operator": "김하늘", "drafts": [], "conflicts": []}


def put(var: Path, id_: str, began: float, **files: Any) -> Path:
    folder = var / "studies" / id_
    folder.mkdir(parents=True)
    (folder / "about.json").write_text(json.dumps({**ABOUT, "began": began}))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def trial(folder: Path, *asked: tuple[str, str, str]) -> None:
    """The answers of a cross-validation: (sentence, intent, guess)."""
    lines: list[dict[str, Any]] = [{"train_s": 1, "train_cpu_s": 1, "asked": len(asked)}]
    lines += [
        {"id": "1", "text": text, "intent": intent, "ranking": [[guess, 0.9]], "ms": 1, "cpu_ms": 1}
        for text, intent, guess in asked
    ]
    folder.joinpath("trial.jsonl").write_text("\n".join(map(json.dumps, [*lines, {"rss_mb": 1}])))


def only(training: Training) -> Study:
    (study,) = training.all()
    return study


@pytest.mark.parametrize(
    ("files", "state", "share"),
    [
        ({}, "running", 0.0),
        ({"progress": {"share": 0.4, "step": "learn", "part": "KoreanTokenizer"}}, "running", 0.4),
        (
            {"progress": {"share": 0.4, "step": "ask", "part": "2/5"}, "failed": {"reason": "no"}},
            "failed",
            0.4,
        ),
        ({"done": {"seconds": 3.0}}, "done", 1.0),
    ],
)
def test_a_study_is_what_its_files_say(
    tmp_path: Path, files: dict[str, Any], state: str, share: float
) -> None:
    put(tmp_path, "000000000000001-train", time.time(), **files)
    study = only(Training(Settings(_env_file=None, var_dir=tmp_path)))
    assert (study.state, study.share) == (state, share)


def test_who_is_gone_without_a_word_has_failed(tmp_path: Path) -> None:
    folder = put(tmp_path, "000000000000001-train", time.time(), worker={"pid": os.getpid()})
    now = time.time()
    later = Training(Settings(_env_file=None, var_dir=tmp_path), lambda: now + 3600)
    assert only(later).state == "running"  # a long step says nothing for a while
    (folder / "worker.json").write_text(json.dumps({"pid": 2**22 + 1}))
    assert only(later).state == "failed"
    assert only(Training(Settings(_env_file=None, var_dir=tmp_path))).state == "running"


def test_figures_and_what_is_mixed_up(tmp_path: Path) -> None:
    for at, guess in ((1, "greet"), (2, "thank")):
        folder = put(tmp_path, f"00000000000000{at}-train", float(at), done={"seconds": 3.0})
        trial(folder, ("안녕", "greet", "greet"), ("고마워", "thank", "thank"), ("네 안녕", "thank", guess))
    training = Training(Settings(_env_file=None, var_dir=tmp_path))
    latest, before = QualityBook().latest(training.all())
    assert latest is not None
    assert before is not None
    assert (round(before.right, 2), latest.right) == (0.67, 1.0)
    assert before.scores["thank"].recall == 0.5
    assert before.scores["greet"].precision == 0.5
    assert latest.scores["thank"].f1 == 1.0
    assert [one.text for one in before.missed["thank"]] == ["네 안녕"]
    assert confused_with(before, "greet") == [("thank", 1)]
    assert (tmp_path / "studies/000000000000002-train/quality.json").exists()


async def test_the_pages_show_how_far_it_is_and_what_was_found(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert "아직 학습해 본 적이 없어요" in await at.get("/studio/training")
        done = put(tmp_path / "var", "000000000000001-train", time.time(), done={"seconds": 3.0})
        trial(done, ("대형폐기물 신청", "ask_bulky_waste", "greet"), ("안녕", "greet", "greet"))
        step = {"share": 0.42, "step": "learn", "part": "LightIntentClassifier"}
        put(tmp_path / "var", "000000000000002-train", time.time(), progress=step)
        page = await at.get("/studio/training")
        assert "42% · 뜻을 가려내는 법을 배우고 있어요" in page
        assert "50.0%" in page
        state = await (await at.client.get("/studio/training/000000000000002-train/state")).json()
        assert (state["state"], state["share"]) == ("running", 0.42)
        intent = await at.get("/studio/intents/ask_bulky_waste?show=missed")
        assert "‘인사’로 알아들어요" in intent
        await at.post("/studio/training/000000000000002-train/cancel")
        assert "그만뒀" in await at.get("/studio/training?notice=cancelled")
        assert (tmp_path / "var/studies/000000000000002-train/cancel").exists()
        tried = await at.post("/studio/training/try", text="900101-1234568 안녕하세요")
        page = await tried.text()
        assert "900101-1234568" not in page
        assert "이어지지 않아요" in page
