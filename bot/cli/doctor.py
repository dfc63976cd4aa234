"""`sotong doctor`: what works, what is missing, and the next step for each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bot.channel_settings import NEEDED
from bot.cli.preflight import faults
from bot.cli.stack import RASA_ENV, redis_server
from bot.cli.train import model_path
from bot.content.check import check as check_content
from bot.releases.live import open_live
from bot.releases.signing import model_keys
from bot.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `needed` things make the command fail when they are missing."""

    name: str
    good: bool
    text: str
    next_step: str = ""
    needed: bool = True


def doctor(settings: Settings) -> int:
    """Print the findings; 1 when something needed is missing."""
    table = Table("", "무엇", "상태", "다음에 할 일", box=None, pad_edge=False)
    failed = False
    for finding in _findings(settings):
        sign = "[green]✓[/]" if finding.good else ("[red]✗[/]" if finding.needed else "[yellow]–[/]")
        table.add_row(sign, finding.name, finding.text, "" if finding.good else finding.next_step)
        failed = failed or (finding.needed and not finding.good)
    Console().print(table)
    return 1 if failed else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "Python 3.11 이상을 설치하세요")
    yield _rasa()
    for fault in faults(settings):
        yield Finding("준비", False, fault.what, fault.remedy)
    yield _redis(settings)
    model = model_path(settings, open_live(settings).live)
    keys = model_keys(settings)
    missing = "우리 서명이 없는 모델이에요" if model.exists() else "데이터에 맞는 모델이 없어요"
    good = keys.trusts(model)
    yield Finding("모델", good, model.name if good else missing, "make train")
    yield Finding("모델의 공개 열쇠", True, keys.public.hex())
    problems = check_content(settings.data_dir)
    errors = sum(problem.severity == "error" for problem in problems)
    yield Finding(
        "내용", not errors, f"잘못 {errors}개, 살펴볼 것 {len(problems) - errors}개", "sotong check"
    )
    yield from _live(settings)
    yield _login(settings)
    yield _telegram(settings)
    yield from _channels(settings)
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    yield Finding(
        "시험용 브라우저",
        bool(browser),
        browser or "없어요",
        "apt install chromium (시험할 때만)",
        needed=False,
    )


def _rasa() -> Finding:
    python = RASA_ENV / "bin" / "python"
    if not python.exists():
        return Finding("Rasa", False, ".venv-rasa가 없어요", "make setup")
    code = (
        "import importlib.metadata as m, platform;"
        "print(m.version('rasa'), 'Python', platform.python_version())"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return Finding("Rasa", done.returncode == 0, done.stdout.strip() or "읽을 수 없어요", "make setup")


def _redis(settings: Settings) -> Finding:
    if settings.redis_url:
        return Finding("Redis", True, "REDIS_URL을 써요")
    try:
        return Finding("Redis", True, redis_server())
    except FileNotFoundError:
        return Finding("Redis", False, "없어요", "apt install redis-server 또는 REDIS_URL")


def _live(settings: Settings) -> Iterator[Finding]:
    address = f"http://127.0.0.1:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            state = json.loads(response.read())
    except urllib.error.HTTPError as error:
        state = json.loads(error.read())
    except OSError:
        yield Finding("켜진 봇", False, "켜져 있지 않아요", "make run", needed=False)
        return
    for name, good in state.items():
        yield Finding(
            f"켜진 봇: {name}", bool(good), "응답해요" if good else "응답하지 않아요", "var/log를 보세요"
        )


def _channels(settings: Settings) -> Iterator[Finding]:
    """Channels that are on, and those whose settings were forgotten in part."""
    half = settings.half_set_up()
    on = [name for name in NEEDED if name != "telegram" and settings.is_on(name)]
    if on:
        yield Finding("메신저", True, ", ".join(on))
    for name, missing in half.items():
        names = ", ".join(f"SOTONG_{one.upper()}" for one in missing)
        yield Finding(
            f"메신저 {name}", False, f"{names}이(가) 빠져서 꺼 두었어요", f"docs/channels/{name}.md"
        )


def _login(settings: Settings) -> Finding:
    """Whether citizens can log in, and where."""
    if not settings.issuer:
        return Finding(
            "시민 로그인",
            False,
            "로그인 서비스가 없어요(전화와 방문을 안내해요)",
            "docs/identity.md",
            needed=False,
        )
    if settings.demo_login:
        return Finding("시민 로그인", True, "시범 로그인 (지어낸 사람들)")
    if not settings.public_url:
        return Finding(
            "시민 로그인",
            False,
            f"링크가 {settings.address}라서 시민이 열 수 없어요",
            "SOTONG_PUBLIC_URL을 적으세요",
        )
    address = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - the configured provider
            issuer = json.loads(response.read())["issuer"]
    except (OSError, ValueError, KeyError, TypeError):
        return Finding(
            "시민 로그인", False, f"{address}를 읽을 수 없어요", "SOTONG_OIDC_ISSUER와 방화벽을 확인하세요"
        )
    same = str(issuer).rstrip("/") == settings.issuer.rstrip("/")
    return Finding(
        "시민 로그인",
        same,
        f"{issuer} · 돌아올 주소는 {settings.address}/in/callback",
        f"SOTONG_OIDC_ISSUER를 {issuer}(으)로 적으세요",
    )


def _telegram(settings: Settings) -> Finding:
    token = settings.telegram_token.get_secret_value()
    if not token:
        return Finding(
            "텔레그램",
            False,
            "토큰이 없어요(끔)",
            "SOTONG_TELEGRAM_TOKEN에 BotFather의 토큰을 넣으세요",
            needed=False,
        )
    address = f"{settings.telegram_api_url.rstrip('/')}/bot{token}/getMe"
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - the configured API
            name = json.loads(response.read())["result"]["username"]
    except urllib.error.HTTPError as error:
        return Finding(
            "텔레그램", False, f"토큰을 받아 주지 않아요(HTTP {error.code})", "토큰을 다시 확인하세요"
        )
    except (OSError, ValueError, KeyError):
        return Finding(
            "텔레그램", False, "텔레그램 서버에 닿지 않아요", "인터넷 연결이나 방화벽을 확인하세요"
        )
    how = "웹훅" if settings.public_url else "롱 폴링"
    return Finding("텔레그램", True, f"@{name} ({how})")
