"""Settings of numbers, traces and health, for every process."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

_ABOVE = 1000


class TelemetrySettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    metrics_host: str = "127.0.0.1"
    """Address on which processes tell their numbers and their health; never one that citizens reach."""
    metrics_port: int | None = Field(None, ge=0, le=65535)
    """Its port; empty = a thousand above the process's own, 0 = none."""
    traces_url: str = ""
    """Address of an OpenTelemetry collector (OTLP over HTTP), `http://127.0.0.1:4318`; empty = no traces."""
    traces_share: float = Field(1.0, ge=0, le=1)
    """Of the turns that are traced."""

    def telemetry(self) -> dict[str, str]:
        """These settings as an environment, for processes that read no others."""
        port = {} if self.metrics_port is None else {"SOTONG_METRICS_PORT": str(self.metrics_port)}
        return port | {
            "SOTONG_METRICS_HOST": self.metrics_host,
            "SOTONG_TRACES_URL": self.traces_url,
            "SOTONG_TRACES_SHARE": str(self.traces_share),
        }

    def metrics_of(self, port: int) -> int:
        """Port of the numbers of the process that listens on `port`; 0 = none."""
        return port + _ABOVE if self.metrics_port is None else self.metrics_port
