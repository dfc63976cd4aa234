"""`data/services/city.yml`: which addresses of the API the bot asks, and how long an answer is fresh."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML


class Service(BaseModel):
    """One address of the API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(pattern=r"^/")
    """Below the base address; `{name}` is replaced by the parameter of that name."""
    query: dict[str, str] = {}
    """Our name of a query parameter → the API's name of it."""
    fresh_seconds: float = Field(ge=0)
    """How long an answer may be repeated without asking again."""


class Services(BaseModel):
    """The whole file; the keys are the `service` names of the records in `actions.records`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_header: str = "X-Api-Key"
    services: dict[str, Service]


def load_services(path: Path) -> Services:
    """Read the file. OSError when it is missing, pydantic.ValidationError when it is wrong."""
    return Services.model_validate(YAML(typ="safe").load(path))
