"""Every setting of every process, from the environment or a `.env` file; documented in `docs/settings.md`."""

from __future__ import annotations

import re
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from bot.channel_settings import ChannelSettings
from bot.staff.roles import Role
from bot.telemetry.settings import TelemetrySettings

ROOT = Path(__file__).resolve().parent.parent
_VAULT_KEY = 32
"""Characters that a key must have at least."""


class Settings(TelemetrySettings, ChannelSettings):
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
    postgres_port: int = 5442
    """Of the PostgreSQL that `sotong cluster` starts."""

    drain_seconds: float = Field(0.0, ge=0, le=300)
    """Seconds that a gateway told to end goes on answering, so that balancers send nobody there any more."""
    database_connections: int = Field(20, ge=5, le=500)
    """Most connections of one process to PostgreSQL at once; they stay open."""

    host: str = "127.0.0.1"
    """Address the citizens' port listens on; 0.0.0.0 behind a proxy."""
    port: int = 8080
    console_host: str = "127.0.0.1"
    console_port: int = 8081
    console_language: Literal["ko", "en"] = "ko"
    """Of the console's own words; what citizens and staff wrote stays as it is."""
    console_proxies: int = Field(0, ge=0)
    """Proxies of ours before the console's port, as `trusted_proxies` before the citizens'."""
    console_url: str = ""
    """Address of the console as browsers have it; empty = on this machine."""
    second_factor_roles: tuple[Role, ...] = ()
    """Roles whose people must have a second factor; the others may."""
    staff_oidc_issuer: str = ""
    """The office's own provider, at which staff log in; empty = with a password only."""
    staff_oidc_name: str = ""
    """What the button that leads there calls it; empty = 기관 계정."""
    staff_oidc_client_id: str = "sotong-console"
    staff_oidc_client_secret: SecretStr = SecretStr("")
    """Empty = a public client."""
    staff_oidc_scopes: str = "openid profile"
    staff_oidc_login_claim: str = "preferred_username"
    staff_oidc_roles_claim: str = "roles"
    staff_oidc_roles: dict[str, Role] = Field(default_factory=dict)
    """What the provider calls a role → the role; empty = roles are given in the console."""
    staff_oidc_departments_claim: str = ""
    """Claim with ids of departments; empty = departments are given in the console."""
    public_url: str = ""
    """https address that platforms reach us at; empty = Telegram by long polling."""

    rasa_host: str = "127.0.0.1"
    """Address the Rasa server listens on: never one that the internet reaches."""
    rasa_port: int = 5005
    rasa_url: str = ""
    """Empty = the Rasa server that `sotong run` starts on `rasa_port`."""
    rasa_token: SecretStr = SecretStr("")
    actions_host: str = "127.0.0.1"
    """The same for the action server."""
    actions_port: int = 5055
    actions_url: str = ""

    city_api_url: str = ""
    """Empty = the demo city's API that `sotong run` starts."""
    city_api_key: SecretStr = SecretStr("demo-key")
    city_api_port: int = 8090

    gov24_url: str = ""
    """Base address of the public services' API; empty = the demo that `sotong run` starts."""
    gov24_key: SecretStr = SecretStr("demo-key")
    """Of data.go.kr, in either of its two spellings."""
    gov24_port: int = 8091
    service_agencies: tuple[str, ...] = ("한빛시", "해오름도", "해오름도교육청")
    """Codes or names of the agencies below the state whose services our citizens can use."""

    simulator_port: int = 8700
    """First of the ports of messengers' stand-ins (`sotong simulate`), one for each account."""

    oidc_issuer: str = ""
    """Provider at which citizens log in; empty = the demo's with the demo city, else nobody can log in."""
    oidc_client_id: str = "sotong"
    oidc_client_secret: SecretStr = SecretStr("demo-secret")
    """Empty = a public client."""
    oidc_scopes: str = "openid profile"
    oidc_acr: str = ""
    """`acr` values that are enough for sensitive services, separated by spaces; empty = none is."""
    identity_port: int = 8092
    """Of the demo's provider."""

    vault_key: SecretStr = SecretStr("")
    """Seals what is kept of citizens for minutes; empty = a secret of this installation's own."""
    vault_old_key: SecretStr = SecretStr("")
    """Other keys, with blanks between them: they open, and do not seal."""

    model_key: SecretStr = SecretStr("")
    """Signs the models trained here; empty = a secret of this installation's own."""
    model_public_keys: tuple[str, ...] = ()
    """Public keys of other servers that train, and the one before ours, whose models are loaded too."""

    inside_origins: tuple[str, ...] = ()
    """Servers of our own network (`http://10.0.0.5:9000`) that staff and agencies may name."""

    webchat_origins: tuple[str, ...] = ()
    """Other sites whose pages may embed the web chat; the bot's own address always may."""

    trusted_proxies: int = Field(0, ge=0)
    """Proxies of ours before the citizens' port: whom the outermost of them heard is who asks."""
    address_requests: float = Field(100.0, gt=0)
    """Requests a second that one address may make beside platforms' webhooks; ten seconds' worth at once."""
    address_refusals: float = Field(2.0, gt=0)
    """Refused requests a second after which an address is not listened to; a minute's worth at once."""
    open_origins: tuple[str, ...] = ("*",)
    """Sites whose pages' scripts may read what is open (CORS); `*` = all."""
    open_requests: float = Field(10.0, gt=0)
    """Requests a second that one address may make of the open API; ten seconds' worth at once."""
    open_questions: float = Field(5.0, gt=0)
    """Questions a second that all programs together may ask by the open API; one address a fifth of them."""

    retention_days: int = Field(30, ge=1)
    """Days that conversations are kept; data/retention.yml has those of everything else."""
    tombstones: Path | None = None
    """File that remembers erasures when a backup of the database is restored; empty = in `var_dir`."""

    answer_days: int = Field(1095, ge=0)
    """Days after `confirmed_on` that an answer is given, then its department's contact; 0 = for ever."""

    reminders_from: time = time(8)
    """Citizens are written to unasked from this time on, unless they chose another."""
    reminders_until: time = time(21)

    mail_server: SecretStr = SecretStr("")
    """smtp:// or smtps:// address that alerts go out by, with name and password; empty = no e-mail."""
    mail_from: str = "sotong@localhost"
    alert_telegram_token: SecretStr = SecretStr("")
    """Bot that alerts staff; empty = the citizens' bot."""

    encoder: str = "sotong"
    """`sotong` = the encoder in this repository, else any sentence-transformers name or path."""
    timezone: str = "Asia/Seoul"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    rasa_timeout: float = 8.0
    """Seconds one turn may take in Rasa before the citizen gets an apology."""
    rasa_start_timeout: float = 180.0
    """Seconds a question waits for a Rasa server that is still loading."""

    _serving: bool = PrivateAttr(default=False)

    def serving(self) -> Settings:
        """The same for a process that answers citizens: it reads what is live (`bot.releases.live`)."""
        own = self.model_copy()
        own._serving = True
        return own

    @cached_property
    def answers(self) -> Path:
        """Folder of the answers that staff edit."""
        return self.answers_dir or self.data_dir / "answers"

    @property
    def working(self) -> Path:
        """The content that staff edit as one folder: links to config.yml, domain.yml and `data_dir`."""
        return self.var_dir / "content" / "working"

    @property
    def live(self) -> Path:
        """Link to the content that citizens get: `working`, or a release (`bot.releases.live`)."""
        return self.var_dir / "content" / "live"

    @property
    def live_data(self) -> Path:
        """What the bot answers from: the live content where `serving` says so, else what staff edit."""
        return self.live / "data" if self._serving else self.data_dir

    @property
    def live_answers(self) -> Path:
        """Folder of the answers in use."""
        return self.answers_dir or self.live_data / "answers"

    @property
    def project(self) -> Path:
        """Where the `config.yml` and `domain.yml` of the content are: beside `data_dir`, else ours."""
        beside = self.data_dir.resolve().parent
        return beside if (beside / "config.yml").is_file() else ROOT

    @property
    def tombstones_file(self) -> Path:
        """The file of erasures in use."""
        return self.tombstones or self.var_dir / "erased.jsonl"

    @property
    def links_file(self) -> Path:
        """What was found at the last look at the addresses in answers."""
        return self.var_dir / "links.json"

    @property
    def private_chat(self) -> str:
        """Address of the private chat; empty when citizens cannot reach one."""
        return self.chat_url or (f"{self.public_url.rstrip('/')}/chat/" if self.public_url else "")

    @property
    def own_url(self) -> str:
        """Address of the citizens' port, as far as we know it."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

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

    @property
    def demo_login(self) -> bool:
        """Whether citizens log in at the demo's provider: only where everything behind it is invented too."""
        return not self.oidc_issuer and not self.city_api_url

    @property
    def issuer(self) -> str:
        """Issuer of logins; empty = nobody can log in."""
        return f"http://127.0.0.1:{self.identity_port}" if self.demo_login else self.oidc_issuer

    @property
    def strong_acr(self) -> tuple[str, ...]:
        """Ways to log in that are enough for sensitive services."""
        return tuple(self.oidc_acr.split()) or (("strong",) if self.demo_login else ())

    @property
    def address(self) -> str:
        """Where browsers reach us."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @field_validator("model_public_keys")
    @classmethod
    def _public_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [key for key in value if not re.fullmatch("[0-9a-f]{64}", key)]:
            raise ValueError(f"{wrong[0]}: 공개 열쇠는 16진수 64자예요(그 서버에서 sotong doctor)")
        return value

    @field_validator("vault_key", "vault_old_key", "model_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _VAULT_KEY:
            raise ValueError(f"{_VAULT_KEY}자 이상이어야 해요. 예: openssl rand -hex 32")
        return value

    @property
    def console_address(self) -> str:
        """Where browsers reach the console."""
        return self.console_url.rstrip("/") or f"http://127.0.0.1:{self.console_port}"

    @property
    def gov24(self) -> str:
        """Base address of the public services' API."""
        return self.gov24_url or f"http://127.0.0.1:{self.gov24_port}/api"
