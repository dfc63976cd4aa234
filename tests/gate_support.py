"""A small city for the gate: two departments, a few answers, two intents, some golden questions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bot.settings import ROOT, Settings

ANSWERS = {
    "passport": """\
topic: 여권
entries:
  - id: passport-fee
    questions:
      - 여권 발급 수수료는 얼마인가요?
      - 10년짜리 여권 가격
    answer: 10년 복수여권은 5만 원이에요.
    owner: civil
    source: {title: 여권법 시행규칙}
    links:
      - {label: 외교부 여권안내, url: "https://www.passport.go.kr"}
    confirmed_on: 2026-09-01
  - id: passport-lost
    questions:
      - 여권을 잃어버리면 어떻게 하나요?
    answer: 바로 분실신고를 하세요. 여권과 창구나 정부24에서 할 수 있어요.
    owner: civil
    source: {title: 여권법}
    confirmed_on: 2026-09-01
""",
    "tax": """\
topic: 세금
entries:
  - id: tax-car
    questions:
      - 자동차세는 언제 내나요?
    answer: 6월과 12월에 내요.
    owner: tax
    source: {title: 지방세법}
    confirmed_on: 2026-09-01
""",
}
CHECKS = """\
# 손으로 쓴 줄은 그대로 남아요
answered:
  - ["여권 만드는 값이 얼마예요", passport-fee]
  - ["여권 분실", passport-lost]
refused:
  - 떡볶이 맛집 알려줘
"""
NLU = {
    "ask_faq": ["여권 발급 수수료 알려줘", "자동차세 납부 기간"],
    "greet": ["안녕하세요", "반가워요"],
}
DEPARTMENTS = """\
default: civil
departments:
  - {id: civil, name: 민원과, phone: 099-120-2000, handles: [여권]}
  - {id: tax, name: 세정과, phone: 099-120-2050, handles: [세금]}
"""


def city(root: Path) -> Path:
    """The folder with `data`, `config.yml` and `domain.yml`."""
    data = root / "data"
    for name in ("answers", "checks", "nlu"):
        (data / name).mkdir(parents=True)
    for name, text in ANSWERS.items():
        (data / "answers" / f"{name}.yml").write_text(text, "utf-8")
    (data / "checks" / "questions.yml").write_text(CHECKS, "utf-8")
    for intent, examples in NLU.items():
        lines = "".join(f"    - {example}\n" for example in examples)
        text = f'version: "3.1"\nnlu:\n- intent: {intent}\n  examples: |\n{lines}'
        (data / "nlu" / f"{intent}.yml").write_text(text, "utf-8")
    (data / "departments.yml").write_text(DEPARTMENTS, "utf-8")
    shutil.copy(ROOT / "data" / "persona.yml", data / "persona.yml")
    shutil.copy(ROOT / "config.yml", root / "config.yml")
    (root / "domain.yml").write_text('version: "3.1"\nintents:\n  - ask_faq\n  - greet\n', "utf-8")
    return root


def settings(folder: Path, root: Path, **more: Any) -> Settings:
    """Settings of a city at `root` with everything else in `folder`."""
    return Settings(_env_file=None, data_dir=root / "data", var_dir=folder / "var", **more)


def edit(path: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    text = path.read_text("utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1), "utf-8")


def add_answer(
    root: Path, id_: str, question: str, answer: str, owner: str = "tax", topic: str = "tax"
) -> None:
    """One more entry at the end of a topic's file."""
    with (root / "data" / "answers" / f"{topic}.yml").open("a", encoding="utf-8") as file:
        file.write(
            f"  - id: {id_}\n    questions:\n      - {question}\n    answer: {answer}\n    owner: {owner}\n"
            "    source: {title: 안내}\n    confirmed_on: 2026-09-01\n"
        )
