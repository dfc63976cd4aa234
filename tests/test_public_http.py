"""Schemathesis over the public HTTP surface (`public_http.yml`): as a stranger, and as whoever may."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.settings import Settings
from tests.all_channels import CREDENTIALS
from tests.doors_support import served

SCHEMA = schemathesis.openapi.from_path(Path(__file__).parent / "public_http.yml")
SCHEMA.config.phases.coverage.enabled = False
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[str]:
    """Its address; it runs in a thread, for Schemathesis does not know asyncio."""
    folder = tmp_path_factory.mktemp("gateway")
    plenty = {"address_requests": 1e6, "address_refusals": 1e6}
    fresh = Settings(_env_file=None, var_dir=folder, redis_url=redis_url)
    found: list[str] = []
    ready, done = threading.Event(), threading.Event()

    async def run() -> None:
        async with served(fresh, **plenty) as at:
            found.append(at.url())
            ready.set()
            await asyncio.to_thread(done.wait)
            await at.apps.turns.close(within=0.1)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    done.set()
    thread.join(30)


@pytest.fixture(scope="module")
def visitor(gateway: str) -> str:
    """A visitor's token."""
    answer = requests.post(f"{gateway}/chat/session", json={"type": "session.open"}, timeout=10)
    return str(answer.json()["resume_token"])


def proof(path: str, body: bytes, visitor: str) -> dict[str, str]:
    """What proves a request to be its platform's, or a visitor's."""
    name = path.removeprefix("/webhooks/")
    if path.startswith("/chat/"):
        return {"Authorization": f"Bearer {visitor}"}
    if name == "telegram":
        return {"X-Telegram-Bot-Api-Secret-Token": CREDENTIALS["telegram_secret"]}
    if name in ("messenger", "instagram", "whatsapp"):
        key = CREDENTIALS[f"{name}_app_secret"].encode()
        return {"X-Hub-Signature-256": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"}
    if name == "webhook":
        now = str(int(time.time()))
        signed = hmac.new(CREDENTIALS["webhook_secret"].encode(), f"{now}.".encode() + body, hashlib.sha256)
        return {"X-Sotong-Timestamp": now, "X-Sotong-Signature": f"v1={signed.hexdigest()}"}
    header, setting, prefix = {
        "line": ("X-Line-Signature", "line_channel_secret", ""),
        "x": ("x-twitter-webhooks-signature", "x_consumer_secret", "sha256="),
    }.get(name, ("X-Nothing", "line_channel_secret", ""))
    digest = hmac.new(CREDENTIALS[setting].encode(), body, hashlib.sha256).digest()
    return {header: prefix + base64.b64encode(digest).decode()}


@SCHEMA.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
def test_nothing_breaks_and_every_answer_is_a_known_one(
    case: schemathesis.Case, gateway: str, visitor: str
) -> None:
    prepared = requests.Request(**case.as_transport_kwargs(base_url=gateway)).prepare()
    body = prepared.body or b""
    body = body.encode() if isinstance(body, str) else body
    assert isinstance(body, bytes)
    with requests.Session() as session:
        for headers in ({}, proof(urlsplit(prepared.url or "").path, body, visitor)):
            prepared.headers.update(headers)
            case.validate_response(session.send(prepared, timeout=10), checks=CHECKS)
