"""Schemathesis over every route of the console, as somebody with every role, and as nobody."""

from __future__ import annotations

import asyncio
import inspect
import os
import random
import re
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from bot.console.cookies import SESSION
from bot.messages import utc_now
from bot.settings import ROOT
from bot.staff.roles import Role
from tests.console_support import PASSWORD, world

KNOWN = ("200", "303", "304", "400", "403", "404", "409", "413", "415", "422", "429", "502", "503")
"""What the console may answer: a page, the way to another one, or a reason."""
_LEAVES_US_OUT = re.compile(r"^/(events|logout|password|account/|people/\{|login)")
"""Streams without end, and what would take our own account away."""
_WORKS_LONG = re.compile(
    r"train|publish|/try|check|shadow|rollback|export|download|import|test$|sync|measure"
)
"""POSTs that start processes, call others, or read all of the language in at the first time."""
_GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)")
WITHIN = 5.0
"""Seconds, other routes first every day; with SOTONG_TEST_WHOLE set all of them, which takes a minute."""
often = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
    derandomize=True,
    database=None,
)
_FIELD = re.compile(r'(?:form|query|given|post\(\)\))\.get(?:all)?\(\s*"(\w+)"')


def document(app: web.Application) -> dict[str, Any]:
    """OpenAPI of the routes: paths with the patterns of their parts, forms with what the handlers look at."""
    paths: dict[str, Any] = {}
    for route in app.router.routes():
        info = route.resource.get_info() if route.resource else {}
        method, path = route.method.lower(), info.get("formatter") or info.get("path", "")
        skipped = _LEAVES_US_OUT.match(path) or (method == "post" and _WORKS_LONG.search(path))
        if method not in ("get", "post") or not path or skipped:
            continue
        groups = dict(_GROUP.findall(info["pattern"].pattern)) if "pattern" in info else {}
        fields = sorted(set(_FIELD.findall(inspect.getsource(inspect.getmodule(route.handler)))))  # type: ignore[arg-type]
        text = {
            "anyOf": [{"type": "string", "maxLength": 300}, {"enum": ["1", "0", "kim", "2026-11-23", "'<b>"]}]
        }
        named: list[dict[str, Any]] = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": f"^{regex}$"},
            }
            for name, regex in groups.items()
        ]
        operation: dict[str, Any] = {"responses": {code: {"description": ""} for code in KNOWN}}
        if method == "get":
            named += [{"name": name, "in": "query", "schema": text} for name in fields[:12]]
        else:
            form = {"type": "object", "properties": dict.fromkeys(fields, text), "maxProperties": 15}
            operation["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
        paths.setdefault(path, {})[method] = operation | {"parameters": named}
    return {"openapi": "3.0.3", "info": {"title": "console", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Address, a session, and the document; it runs in a thread, for Schemathesis does not know asyncio."""
    folder = tmp_path_factory.mktemp("console")
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("gloss"))
    found: list[tuple[str, str, dict[str, Any]]] = []
    ready, done = threading.Event(), threading.Event()

    async def run() -> None:
        own = {"data_dir": folder / "data", "var_dir": folder / "var", "models_dir": folder / "models"}
        async with world(folder, **own) as made:
            id_ = await made.hire("kim", "김하늘", PASSWORD, tuple(Role))
            await made.ask("여권 얼마예요?")
            app = made.app()
            described = document(app)
            async with TestServer(app) as server:
                token = await made.staff.sessions.open(id_, address="127.0.0.1", agent="test")
                found.append((str(server.make_url("/")).rstrip("/"), token, described))
                ready.set()
                await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(60)
    yield found[0]
    done.set()
    thread.join(30)


@pytest.mark.timeout(600)
def test_nothing_breaks(console: tuple[str, str, dict[str, Any]]) -> None:
    address, token, described = console
    schema = schemathesis.openapi.from_dict(described)
    known = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{SESSION}={token}"}
    session = requests.Session()

    def tried(case: schemathesis.Case) -> None:
        sent = requests.Request(**case.as_transport_kwargs(base_url=address)).prepare()
        sent.headers.update(known)
        try:
            answer = session.send(sent, timeout=60, allow_redirects=False)
        except requests.Timeout as error:
            raise AssertionError(f"no answer: {sent.method} {sent.url} {sent.body!r}") from error
        assert not answer.headers.get("Location", "").startswith("/login"), "the session is gone"
        case.validate_response(answer, checks=[not_a_server_error, status_code_conformance])
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 120
    day = 0 if os.environ.get("CI") else utc_now().toordinal()
    random.Random(day).shuffle(operations)
    until = time.monotonic() + (WITHIN if "SOTONG_TEST_WHOLE" not in os.environ else float("inf"))
    for count, operation in enumerate(operations):
        if count > 5 and time.monotonic() > until:
            break
        often(given(case=operation.as_strategy())(tried))()
    session.close()


def test_nobody_gets_in_anywhere(console: tuple[str, str, dict[str, Any]]) -> None:
    """Every route but the log-in's asks who it is, and every form whose page sent it."""
    address, token, described = console
    assert len(described["paths"]) > 100
    with requests.Session() as session:
        for path, methods in described["paths"].items():
            if path.startswith("/static"):
                continue
            url = address + re.sub(r"\{\w+\}", "1", path)
            for method in methods:
                answer = session.request(method, url, timeout=20, allow_redirects=False)
                assert answer.status_code in (303, 401, 403), path
                if answer.status_code == 303:
                    assert answer.headers["Location"].startswith("/login"), path
            if "post" in methods:
                foreign = {"Sec-Fetch-Site": "cross-site", "Cookie": f"{SESSION}={token}"}
                assert session.post(url, headers=foreign, timeout=20).status_code == 403, path
