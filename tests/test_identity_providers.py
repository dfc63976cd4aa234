"""Logging in at real OpenID providers, each a process of its own, and the demo's own rules."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from bot.cli.stack import identity_process, processes
from bot.identity.personal import open_personal
from bot.messages import Inbound, utc_now
from bot.settings import ROOT, Settings
from tests.doors_support import served
from tests.identity_support import KEY, free_port


@contextmanager
def process(command: tuple[str, ...], health: str) -> Iterator[None]:
    """A child process, once it answers."""
    child = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                if httpx.get(health).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait(10)


def action(page: str, at: str) -> str:
    """Where a page's form goes."""
    found = re.search(r'<form[^>]*action="([^"]*)"', page)
    return str(httpx.URL(at).join(html.unescape(found[1]))) if found and found[1] else at


async def test_a_provider_that_we_did_not_write(settings: Settings) -> None:
    port, theirs = free_port(), free_port()
    issuer = f"http://127.0.0.1:{theirs}"
    claims = '{"sub": "4711", "name": "박가온"}'
    command = (sys.executable, "-m", "oidc_provider_mock", "--port", str(theirs), "--user-claims", claims)
    with process((*command, "--require-nonce", "true"), f"{issuer}/.well-known/openid-configuration"):
        async with (
            served(settings, port=port, oidc_issuer=issuer) as at,
            httpx.AsyncClient(follow_redirects=False) as browser,
        ):
            whole = settings.model_copy(update={"port": port, "oidc_issuer": issuer})
            personal = open_personal(whole)
            inbound = Inbound(
                channel="line", user_id="Uhaneul", message_id="1", sent_at=utc_now(), text="로그인"
            )
            await at.apps.log.receive(inbound)
            link = await personal.links.make(KEY)
            assert link
            assert (await browser.get(link)).status_code == 200
            going = await browser.post(link)
            address = html.unescape(re.findall(r'href="(http[^"]+)"', going.text)[0])
            page = await browser.get(address)
            assert page.status_code == 200
            answer = await browser.post(action(page.text, address), data={"sub": "4711"})
            assert answer.status_code in (302, 303), answer.text
            done = await browser.get(answer.headers["Location"])
            assert "채팅으로 돌아가세요" in done.text
            who = await personal.identities.of(KEY)
            assert who
            assert who.sub == "4711"
            await personal.close()


@pytest.fixture(scope="module")
def demo() -> Iterator[Settings]:
    """The provider that `sotong run` starts."""
    settings = Settings(_env_file=None, identity_port=free_port())
    wanted = identity_process(settings)
    with process(wanted.command, wanted.health):
        yield settings


def asked(settings: Settings, **changes: str) -> str:
    query = {
        "response_type": "code",
        "client_id": "sotong",
        "redirect_uri": f"{settings.address}/in/callback",
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    return f"{settings.issuer}/authorize?{urlencode(query | changes)}"


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""With the challenge above the example of RFC 7636, appendix B."""


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "x"},
        {"redirect_uri": "https://evil.example/in/callback"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"nonce": ""},
        {"state": ""},
        {"scope": "profile"},
        {"response_type": "token"},
    ],
)
def test_the_demo_refuses_what_a_provider_must(changes: dict[str, str], demo: Settings) -> None:
    for method in ("GET", "POST"):
        assert httpx.request(method, asked(demo, **changes)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "secret", "status"),
    [
        ({}, "demo-secret", 200),
        ({}, "guess", 400),
        ({"code_verifier": "x" * 43}, "demo-secret", 400),
        ({"redirect_uri": "https://evil.example"}, "demo-secret", 400),
        ({"grant_type": "password"}, "demo-secret", 400),
        ({"code": "guess"}, "demo-secret", 400),
    ],
)
def test_the_demo_gives_tokens_once_to_its_client(
    changes: dict[str, str], secret: str, status: int, demo: Settings
) -> None:
    assert "김하늘" in httpx.get(asked(demo)).text
    assert "공동인증서" in httpx.get(asked(demo, acr_values="strong")).text
    back = httpx.post(asked(demo), data={"sub": "hanbit-1"}).headers["Location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    assert answer["iss"] == demo.issuer
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": f"{demo.address}/in/callback",
        "code_verifier": VERIFIER,
    }
    for expected in (status, 400):
        given = httpx.post(f"{demo.issuer}/token", data=form | changes, auth=("sotong", secret))
        assert given.status_code == expected


def test_the_demo_is_started_with_the_demo_city_only(tmp_path_factory: pytest.TempPathFactory) -> None:
    def names(**fields: str) -> set[str]:
        settings = Settings(_env_file=None, var_dir=tmp_path_factory.mktemp("var"), **fields)  # type: ignore[arg-type]
        return {each.name for each in processes(settings, settings.models_dir / "x")}

    assert "identity" in names()
    assert "identity" not in names(oidc_issuer="https://id.example")
    assert "identity" not in names(city_api_url="https://api.example")
    real = Settings(_env_file=None, city_api_url="https://api.example")
    assert (real.issuer, real.strong_acr) == ("", ())
