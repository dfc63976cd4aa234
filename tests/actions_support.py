"""A running action server with a city of its own, asked as Rasa asks it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.log.migrate import migrate
from bot.messages import Reply
from bot.settings import ROOT

ANSWERS = """\
topic: 여권
entries:
  - id: passport-fee
    questions: [여권 재발급 수수료는 얼마인가요?, 여권 새로 만드는 값]
    answer: 10년짜리 복수여권은 5만 원이에요.
    owner: civil-affairs
    source: {title: 여권법 시행규칙, url: "https://www.law.go.kr"}
    links: [{label: 여권 안내, url: "https://www.passport.go.kr"}]
    confirmed_on: 2026-11-01
    example: true
  - id: passport-lost
    questions: [여권을 잃어버렸을 때는 어떻게 하나요?]
    answer: 먼저 분실 신고를 해 주세요.
    owner: civil-affairs
    source: {title: 여권법}
  - id: pet-register
    questions: [강아지 동물등록은 어디에서 하나요?]
    answer: |
      %s
      마지막 문장이에요.
    owner: pets
    source: {title: 동물보호법}
    confirmed_on: 2026-10-01
  - id: festival
    questions: [빛축제는 언제 하나요?]
    answer: 12월 첫 주말에 해요.
    owner: culture
    source: {title: 한빛시}
    valid_until: 2026-12-10
""" % " ".join(f"동물등록은 동물병원에서 해요, {number}번째 문장이에요." for number in range(40))  # noqa: UP031


TOKEN = "token-of-a-test"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Rasa:
    """Asks the action server, in the form of Rasa's requests, and checks the form of its answers."""

    url: str
    answers: Path
    city_port: int
    log: Path
    database: str
    """SQLAlchemy address of the gateway's database, whose tables are there."""

    def post(self, action: str, tracker: dict[str, Any]) -> httpx.Response:
        """One call of the webhook."""
        body = {
            "next_action": action,
            "sender_id": "web:1",
            "version": "3.6.21",
            "tracker": tracker,
            "domain": {"forms": {"service_form": {"required_slots": ["service", "parameters"]}}},
        }
        return httpx.post(f"{self.url}/webhook", json=body, headers=SHOWN, timeout=20)

    def ask(
        self,
        action: str,
        text: str = "",
        intent: str = "ask_faq",
        *,
        entities: dict[str, str] | None = None,
        slots: dict[str, Any] | None = None,
        events: list[dict[str, Any]] | None = None,
        form: str | None = None,
        now: str = "2026-11-23T10:00:00+09:00",
        confidence: float = 0.9,
        requests: list[dict[str, Any]] | None = None,
        ranking: dict[str, float] | None = None,
    ) -> tuple[Reply, dict[str, Any]]:
        """The one reply of an action, and the slots it set."""
        asked = tracker(text, intent, entities, slots, events, form, now, confidence)
        if ranking is not None:
            asked["latest_message"]["intent_ranking"] = [
                {"name": name, "confidence": chance} for name, chance in ranking.items()
            ]
        if requests is not None:
            asked["latest_message"]["requests"] = requests
        response = self.post(action, asked)
        assert response.status_code == 200
        body = response.json()
        [said] = body["responses"]
        assert said["text"] is None
        reply = Reply.model_validate(said["custom"]["sotong"])
        assert reply.intent == intent
        assert reply.confidence == confidence
        return reply, {event["name"]: event["value"] for event in body["events"]}


def tracker(
    text: str,
    intent: str,
    entities: dict[str, str] | None = None,
    slots: dict[str, Any] | None = None,
    events: list[dict[str, Any]] | None = None,
    form: str | None = None,
    now: str = "2026-11-23T10:00:00+09:00",
    confidence: float = 0.9,
) -> dict[str, Any]:
    """Rasa's tracker after one message."""
    return {
        "sender_id": "web:1",
        "slots": slots or {},
        "latest_message": {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
            "metadata": {"message_id": "m1", "channel": "web", "locale": "ko", "now": now},
        },
        "events": [{"event": "user", "text": text}, *(events or [])],
        "active_loop": {"name": form} if form else {},
        "paused": False,
        "followup_action": None,
        "latest_action_name": "action_listen",
    }


@contextmanager
def running(folder: Path, redis_url: str, **others: object) -> Iterator[Rasa]:
    """`python -m actions` over the repository's persona and departments and the answers above.

    `others` are settings by name.
    """
    answers = folder / "answers"
    answers.mkdir()
    (answers / "passport.yml").write_text(ANSWERS, encoding="utf-8")
    port, city_port = free_port(), free_port()
    log = folder / "actions.log"
    database = f"sqlite+aiosqlite:///{folder / 'var' / 'sotong.db'}"
    asyncio.run(migrate(database))
    env = os.environ | {
        "SOTONG_ANSWERS_DIR": str(answers),
        "SOTONG_VAR_DIR": str(folder / "var"),
        "SOTONG_CITY_API_URL": f"http://127.0.0.1:{city_port}",
        "SOTONG_CITY_API_KEY": "demo-key",
        "SOTONG_OIDC_ISSUER": "https://id.hanbit.example",
        "REDIS_URL": redis_url,
        "SOTONG_RASA_TOKEN": TOKEN,
        **{f"SOTONG_{name.upper()}": str(value) for name, value in others.items()},
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "actions", "--port", str(port)],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_up(process, url, log)
            yield Rasa(url, answers, city_port, log, database)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Rasa]:
    """One action server for the whole run: it takes seconds to start."""
    with running(tmp_path_factory.mktemp("actions"), redis_url) as server:
        yield server


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return once /health answers."""
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the action server did not start: {log.read_text()}")
