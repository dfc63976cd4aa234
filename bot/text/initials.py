"""Words that people write with their first letters only: ㄱㅅ is 감사. The list is `data/initials.tsv`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Tuple

LIST = Path(__file__).resolve().parents[2] / "data" / "initials.tsv"
_RUN = re.compile("[ㄱ-ㅎ]+")
_LAUGH = re.compile("[ㅋㅎ]{2,}$")


def find_initials(text: str) -> List[Tuple[int, int, str]]:
    """(start, end, word) for each run of first letters in `text` that stands for a word of the list.

    A run may repeat the word (ㄱㅅㄱㅅ) and end in laughter (ㄱㅅㅋㅋ). After another word it gets a space.
    """
    found = []
    for run in _RUN.finditer(text):
        laugh = _LAUGH.search(run[0])
        for core in (
            run[0],
            run[0][: laugh.start()] if laugh else "",
            run[0][: laugh.start() + 1] if laugh else "",
        ):
            word = known_initials().get(_once(core))
            if word:
                before = " " if text[run.start() - 1 : run.start()].isalnum() and run.start() else ""
                found.append((run.start(), run.start() + len(core), before + word))
                break
    return found


def _once(letters: str) -> str:
    """ㄱㅅㄱㅅ is ㄱㅅ said twice."""
    half, rest = divmod(len(letters), 2)
    if rest or half < 2 or letters[:half] != letters[half:]:
        return letters
    return _once(letters[:half])


def read_initials(path: Path) -> Dict[str, str]:
    """Letters → word. Raises ValueError that names file and line for a line of another form."""
    words = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        letters, tab, word = line.partition("\t")
        if not tab or not _RUN.fullmatch(letters) or not re.fullmatch("[가-힣]+(?: [가-힣]+)*", word):
            message = "‘초성, 탭, 뜻’이 아니에요 → `ㄱㅅ`, 탭, `감사`처럼 적어 주세요."
            raise ValueError(f"{path}:{number}: {message}")
        words[letters] = word
    return words


@lru_cache(maxsize=1)
def known_initials() -> Dict[str, str]:
    """The list as it was when it was first needed."""
    return read_initials(LIST)
