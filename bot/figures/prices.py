"""What messages cost that we send without being asked (`data/prices.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from bot.content.models import Content


class PriceFile(Content):
    """`data/prices.yml`: won for one message, by contract; a channel that is not there costs nothing."""

    push: dict[str, Annotated[float, Field(ge=0, le=100_000)]] = Field({})


def cost(pushed: Mapping[str, int], prices: Mapping[str, float]) -> dict[str, float]:
    """Channel → won."""
    return {channel: n * prices.get(channel, 0.0) for channel, n in pushed.items()}
