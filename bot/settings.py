"""Every setting of every process, from the environment or a `.env` file; documented in `docs/settings.md`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from bot.channel_settings import ChannelSettings

ROOT = Path(__file__).resolve().parent.parent


class Settings(ChannelSettings):
    """Read once by the program that starts (`bot.cli`), then passed on; nothing reads it globally."""

    model_config = SettingsConfigDict(
        env_prefix="SOTONG_", env_file=".env", extra="ignore", populate_by_name=True
    )

    data_dir: Path = ROOT / "data"
    """What staff edit."""
    answers_dir: Path | None = None
    """Answers to use instead of `data_dir`/answers."""
    var_dir: Path = ROOT / "var"
    """What the running program writes: database, logs, secrets of a first start."""
    models_dir: Path = ROOT / "models"
    """Trained Rasa models."""

    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "SOTONG_DATABASE_URL"))
    """SQLAlchemy address; empty = SQLite in `var_dir`."""
    redis_url: str = Field("", validation_alias=AliasChoices("REDIS_URL", "SOTONG_REDIS_URL"))
    """Empty = the Redis that `sotong run` starts."""
    redis_port: int = 6390

    host: str = "127.0.0.1"
    """Address the citizens' port listens on; 0.0.0.0 behind a proxy."""
    port: int = 8080
    console_host: str = "127.0.0.1"
    console_port: int = 8081
    public_url: str = ""
    """https address that platforms reach us at; empty = Telegram by long polling."""

    rasa_port: int = 5005
    rasa_url: str = ""
    """Empty = the Rasa server that `sotong run` starts on `rasa_port`."""
    rasa_token: SecretStr = SecretStr("")
    actions_port: int = 5055
    actions_url: str = ""

    city_api_url: str = ""
    """Empty = the demo city's API that `sotong run` starts."""
    city_api_key: SecretStr = SecretStr("demo-key")
    city_api_port: int = 8090

    simulator_port: int = 8700
    """First of the ports of messengers' stand-ins (`sotong simulate`), one for each account."""

    webchat_origins: tuple[str, ...] = ()
    """Other sites whose pages may embed the web chat; the bot's own address always may."""

    trusted_proxies: int = Field(0, ge=0)
    """Proxies of ours before the citizens' port: whom the outermost of them heard is who asks."""
    address_requests: float = Field(100.0, gt=0)
    """Requests a second that one address may make beside platforms' webhooks; ten seconds' worth at once."""
    address_refusals: float = Field(2.0, gt=0)
    """Refused requests a second after which an address is not listened to; a minute's worth at once."""

    retention_days: int = Field(30, ge=1)
    """Days that conversations are kept; the persona tells citizens the same number."""

    encoder: str = "sotong"
    """`sotong` = the encoder in this repository, else any sentence-transformers name or path."""
    timezone: str = "Asia/Seoul"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    rasa_timeout: float = 8.0
    """Seconds one turn may take in Rasa before the citizen gets an apology."""
    rasa_start_timeout: float = 180.0
    """Seconds a question waits for a Rasa server that is still loading."""

    @cached_property
    def answers(self) -> Path:
        """Folder of the answers in use."""
        return self.answers_dir or self.data_dir / "answers"

    @property
    def private_chat(self) -> str:
        """Address of the private chat; empty when citizens cannot reach one."""
        return self.chat_url or (f"{self.public_url.rstrip('/')}/chat/" if self.public_url else "")

    @property
    def database(self) -> str:
        """SQLAlchemy async address of the log."""
        return self.database_url or f"sqlite+aiosqlite:///{self.var_dir / 'sotong.db'}"

    @property
    def redis(self) -> str:
        """Address of Redis."""
        return self.redis_url or f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def rasa(self) -> str:
        """Base address of the Rasa server."""
        return self.rasa_url or f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions(self) -> str:
        """Base address of the action server."""
        return self.actions_url or f"http://127.0.0.1:{self.actions_port}"

    @property
    def city_api(self) -> str:
        """Base address of the city's service API."""
        return self.city_api_url or f"http://127.0.0.1:{self.city_api_port}"
