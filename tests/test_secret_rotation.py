"""A webhook's secret is replaced without a request of its platform being refused."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.settings import Settings
from connectors.rotation import SECRETS
from demo.platforms.build import PLATFORMS
from tests.all_channels import CREDENTIALS
from tests.doors_support import served

OTHER = "another-secret-of-the-platform"


def signed(name: str, number: int, secret: str) -> Any:
    """A message of a citizen, as the platform sends it with this secret."""
    given = CREDENTIALS | ({SECRETS[name]: secret} if secret else {})
    platform = PLATFORMS[name]("http://127.0.0.1", given)
    platform.add_routes(web.Application())
    return platform.message("5001", f"여권 {number}", str(number))


@pytest.mark.parametrize("rotating", [True, False])
async def test_both_secrets_are_believed_while_one_is_replaced(settings: Settings, rotating: bool) -> None:
    more = {f"{name}_other_secret": SecretStr(OTHER) for name in SECRETS} if rotating else {}
    found: dict[str, list[int]] = {}
    async with (
        served(settings.model_copy(update={**more, "address_refusals": 1000.0})) as at,
        aiohttp.ClientSession() as session,
    ):
        for name in SECRETS:
            found[name] = []
            for number, secret in enumerate(("", OTHER, "nobodys-secret"), start=1):
                one = signed(name, number, secret)
                async with session.request(
                    one.method, at.url(one.path), data=one.body, headers=one.headers
                ) as answer:
                    found[name].append(200 if answer.status < 300 else answer.status)
        await at.apps.turns.idle()
    assert found == {name: [200, 200 if rotating else 401, 401] for name in SECRETS}
