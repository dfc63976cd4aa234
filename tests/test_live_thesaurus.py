"""Edits of the thesaurus count without a restart, and a broken file changes nothing."""

from pathlib import Path

import pytest

from bot.content.live_thesaurus import LiveThesaurus
from bot.text.thesaurus import Thesaurus


def write(folder: Path, everyday: str, name: str = "parking.yml") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(
        f"topic: 주차\nwords:\n- official: 과태료\n  everyday: [{everyday}]\n", encoding="utf-8"
    )


def test_an_edit_counts_at_the_next_look(tmp_path: Path) -> None:
    folder = tmp_path / "thesaurus"
    live = LiveThesaurus(folder)
    assert live.current() == Thesaurus()
    write(folder, "딱지")
    assert live.current().official("딱지 뗐어요") == ("과태료",)
    assert live.current() is live.current()
    write(folder, "딱지, 스티커값")
    assert live.current().official("스티커값 얼마예요") == ("과태료",)
    (folder / "parking.yml").unlink()
    assert live.current() == Thesaurus()


def test_a_broken_file_leaves_the_last_good_version(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "thesaurus"
    write(folder, "딱지")
    live = LiveThesaurus(folder)
    before = live.current()
    (folder / "more.yml").write_text("words: 딱지\n", encoding="utf-8")
    assert live.current() is before
    assert live.current() is before
    assert len([record for record in caplog.records if "more.yml:1" in record.getMessage()]) == 1
