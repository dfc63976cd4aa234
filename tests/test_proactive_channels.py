"""What citizens are told of their messenger before they subscribe is what the channel itself says."""

from __future__ import annotations

import aiohttp

from bot.proactive.channels import NAMES, Push, others, push
from bot.settings import Settings
from tests.all_channels import CREDENTIALS, channels


async def test_channels_and_what_is_said_of_them_are_alike() -> None:
    async with aiohttp.ClientSession() as session:
        for name, channel in channels(session).items():
            can = channel.capabilities
            allowed = Push.WINDOW if can.window else Push.ALWAYS
            assert push(name) is (allowed if can.can_push else Push.NEVER), name
            assert name in NAMES or name == "webhook"


def test_only_messengers_that_are_set_up_are_offered() -> None:
    assert others(Settings(_env_file=None)) == ["웹챗"]
    offered = others(Settings(_env_file=None, **CREDENTIALS))
    assert {"웹챗", "텔레그램", "라인"} <= set(offered)
    assert "카카오톡" not in offered
