"""The list of words written with their first letters."""

from pathlib import Path

import pytest

from bot.text.initials import LIST, find_initials, read_initials
from bot.text.normalise import normalise


def test_every_word_of_the_list_is_read_and_stays_read() -> None:
    words = read_initials(LIST)
    assert len(words) > 30
    for letters, word in words.items():
        assert normalise(letters) == word
        assert normalise(f"여권 {letters} 제출") == f"여권 {word} 제출"
        assert normalise(word) == word


def test_letters_that_are_not_in_the_list_stay() -> None:
    assert find_initials("ㅅㅂ ㅇㅅㅇ ㅋㅋㅋ ㄱ 감사") == []


@pytest.mark.parametrize("line", ["ㄱㅅ 감사", "ㄱㅅ\t", "감사\t감사", "ㄱㅅ\tthanks", "ㄱㅅ\t감사\t해요"])
def test_a_broken_line_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    path = tmp_path / "initials.tsv"
    path.write_text(f"# 초성체\n\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="초성") as caught:
        read_initials(path)
    assert str(caught.value).startswith(f"{path}:3: ")
