"""An edit is live within a second; a fault never reaches a citizen."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.content.problem import ContentError
from bot.content.store import ContentStore
from bot.settings import Settings

DATA = Path(__file__).parent.parent / "data"
DEPARTMENTS = (
    "default: call\ndepartments:\n  - {id: call, name: 콜센터, phone: 099-120-1000, handles: [안내]}\n"
)


def answers(*pairs: tuple[str, str]) -> str:
    entries = (
        f"  - id: {identifier}\n    questions: [질문 {identifier}]\n"
        f"    answer: {text}\n    source: {{title: 출처}}\n"
        for identifier, text in pairs
    )
    return "topic: 가\nentries:\n" + "".join(entries)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "a.yml").write_text(answers(("x", "하나"), ("y", "둘")), encoding="utf-8")
    (tmp_path / "departments.yml").write_text(DEPARTMENTS, encoding="utf-8")
    shutil.copy(DATA / "persona.yml", tmp_path / "persona.yml")
    return tmp_path


@pytest.fixture
def store(data: Path) -> ContentStore:
    return ContentStore(Settings(data_dir=data))


def within_a_second(seen: Callable[[], bool]) -> bool:
    start = time.monotonic()
    while not seen():
        if time.monotonic() - start > 1:
            return False
        time.sleep(0.02)
    return True


def texts(store: ContentStore) -> dict[str, str]:
    return {answer.id: answer.answer for answer in store.answers()}


def test_nothing_changes_while_nothing_changes(store: ContentStore) -> None:
    first, version = store.answers(), store.version
    time.sleep(0.35)
    assert store.answers() is first
    assert store.version == version
    assert store.problems() == ()


def test_a_persona_change_is_heard_within_a_second(store: ContentStore, data: Path) -> None:
    path = data / "persona.yml"
    assert "한빛이" in store.persona().say("challenge_bot")
    version = store.version
    path.write_text(path.read_text("utf-8").replace("name: 한빛이", "name: 새봄이"), encoding="utf-8")
    assert within_a_second(lambda: "새봄이" in store.persona().say("challenge_bot"))
    assert store.version > version


@pytest.mark.parametrize(
    "broken",
    [
        "name: [",
        "name: 봇\n",
        "",
        "unknown placeholder",
        "missing key",
    ],
)
def test_a_broken_persona_keeps_the_last_good_one(store: ContentStore, data: Path, broken: str) -> None:
    path = data / "persona.yml"
    good, line = path.read_text("utf-8"), store.persona().say("greet")
    spoiled = {
        "unknown placeholder": good.replace("{city} 챗봇 {name}", "{town} 챗봇 {name}"),
        "missing key": good.replace("  greet:\n", "  gret:\n"),
    }
    path.write_text(spoiled.get(broken, broken), encoding="utf-8")
    assert within_a_second(lambda: bool(store.problems()))
    assert all(problem.path == path for problem in store.problems())
    assert store.persona().say("greet") == line
    path.write_text(good, encoding="utf-8")
    assert within_a_second(lambda: not store.problems())


def test_answers_are_added_edited_and_removed(store: ContentStore, data: Path) -> None:
    assert texts(store) == {"x": "하나", "y": "둘"}
    (data / "answers" / "a.yml").write_text(answers(("x", "고침"), ("y", "둘")), encoding="utf-8")
    (data / "answers" / "b.yml").write_text(answers(("z", "셋")), encoding="utf-8")
    assert within_a_second(lambda: texts(store) == {"x": "고침", "y": "둘", "z": "셋"})
    (data / "answers" / "a.yml").unlink()
    assert within_a_second(lambda: texts(store) == {"z": "셋"})


def test_a_broken_file_keeps_its_last_good_version(store: ContentStore, data: Path) -> None:
    assert len(store.answers()) == 2
    (data / "answers" / "a.yml").write_text("topic: 가\nentries:\n  - id: x\n   answer", encoding="utf-8")
    (data / "answers" / "b.yml").write_text(answers(("z", "셋")), encoding="utf-8")
    assert within_a_second(lambda: "z" in texts(store))
    assert texts(store) == {"x": "하나", "y": "둘", "z": "셋"}
    (problem,) = store.problems()
    assert problem.path.name == "a.yml"


def test_a_broken_entry_keeps_its_own_last_good_version(store: ContentStore, data: Path) -> None:
    assert len(store.answers()) == 2
    text = answers(("x", "새것"), ("y", "새것")).replace("    source", "    sorce", 1)
    (data / "answers" / "a.yml").write_text(text, encoding="utf-8")
    assert within_a_second(lambda: texts(store) == {"x": "하나", "y": "새것"})
    assert {problem.rule for problem in store.problems()} == {"unknown-key", "schema"}


def test_a_change_that_keeps_size_and_time_but_not_the_file(store: ContentStore, data: Path) -> None:
    """Editors save by renaming a new file over the old one, some with the old one's time."""
    path = data / "answers" / "a.yml"
    assert texts(store)["x"] == "하나"
    stat = path.stat()
    new = data / "new"
    new.write_text(answers(("x", "두울"), ("y", "둘")).replace("두울", "하둘"), encoding="utf-8")
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert new.stat().st_size == stat.st_size
    new.replace(path)
    assert within_a_second(lambda: texts(store)["x"] == "하둘")


def test_a_file_that_is_being_saved_is_read_when_it_is_whole(data: Path) -> None:
    """Many editors empty a file first; a part of it may be YAML without a fault."""
    store = ContentStore(Settings(data_dir=data), scan_every=0)
    assert texts(store) == {"x": "하나", "y": "둘"}
    path = data / "answers" / "a.yml"
    for part in ("", answers(("x", "새것"))):
        path.write_text(part, encoding="utf-8")
        assert texts(store) == {"x": "하나", "y": "둘"}
    path.write_text(answers(("x", "새것"), ("y", "둘")), encoding="utf-8")
    assert within_a_second(lambda: texts(store) == {"x": "새것", "y": "둘"})
    assert store.problems() == ()


def test_a_folder_that_goes_and_comes_back(store: ContentStore, data: Path) -> None:
    assert len(store.answers()) == 2
    (data / "answers").rename(data / "away")
    assert within_a_second(lambda: bool(store.problems()))
    assert len(store.answers()) == 2
    (data / "away").rename(data / "answers")
    assert within_a_second(lambda: not store.problems())
    assert len(store.answers()) == 2


def test_facts_that_nobody_has_checked_for_years_are_not_given(data: Path) -> None:
    checked = answers(("x", "하나"), ("y", "둘")).replace(
        "{title: 출처}", "{title: 출처}\n    confirmed_on: 2020-03-31", 1
    )
    (data / "answers" / "a.yml").write_text(checked, encoding="utf-8")
    for days, last in ((30, date(2020, 4, 30)), (0, None)):
        old, unchecked = ContentStore(Settings(data_dir=data, answer_days=days)).answers()
        assert (old.given_until, unchecked.given_until) == (last, None)
    earlier = old.model_copy(update={"valid_until": date(2020, 4, 1)})
    earlier.trust(30)
    assert earlier.given_until == date(2020, 4, 1)


def test_the_default_phone_follows_the_departments(store: ContentStore, data: Path) -> None:
    assert "099-120-1000" in store.persona().say("voice")
    (data / "departments.yml").write_text(DEPARTMENTS.replace("1000", "7777"), encoding="utf-8")
    assert within_a_second(lambda: "099-120-7777" in store.persona().say("voice"))
    (data / "departments.yml").write_text(DEPARTMENTS.replace("default: call", "default: cal"), "utf-8")
    assert within_a_second(lambda: bool(store.problems()))
    assert store.departments().default == "call"
    assert "‘call’" in store.problems()[0].message


def test_without_any_good_version_the_faults_are_told(data: Path) -> None:
    (data / "departments.yml").unlink()
    store = ContentStore(Settings(data_dir=data))
    with pytest.raises(ContentError, match=r"departments\.yml"):
        store.departments()
    with pytest.raises(ContentError, match=r"departments\.yml"):
        store.persona()
    (data / "departments.yml").write_text(DEPARTMENTS, encoding="utf-8")
    assert within_a_second(lambda: not store.problems())
    assert store.persona().say("greet")


def test_many_threads_may_ask(store: ContentStore, data: Path) -> None:
    faults: list[Exception] = []
    stop = time.monotonic() + 0.8

    def ask() -> None:
        try:
            while time.monotonic() < stop:
                assert len(store.answers()) == 2
                assert store.persona().say("greet")
        except Exception as error:  # noqa: BLE001 - reported below, in the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        (data / "answers" / "a.yml").write_text(answers(("x", str(number)), ("y", "둘")), encoding="utf-8")
        time.sleep(0.03)
    for thread in threads:
        thread.join()
    assert faults == []
    assert within_a_second(lambda: texts(store)["x"] == "19")
