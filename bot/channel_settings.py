"""The messengers' settings: a channel is on when its secrets are given (`docs/channels/`)."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from bot.setting_sources import FileSettings

EMPTY = SecretStr("")
_GRAPH = "https://graph.facebook.com/v25.0"
_META = "fbsbx.com fbcdn.net cdninstagram.com"


NEEDED: Mapping[str, tuple[str, ...]] = {
    "telegram": ("telegram_token",),
    "kakao": ("kakao_secret",),
    "naver": ("naver_secret", "naver_authorization"),
    "line": ("line_channel_secret", "line_access_token"),
    "messenger": ("messenger_app_secret", "messenger_verify_token", "messenger_page_token"),
    "instagram": ("instagram_app_secret", "instagram_verify_token", "instagram_token"),
    "whatsapp": (
        "whatsapp_app_secret", "whatsapp_verify_token", "whatsapp_token", "whatsapp_phone_number_id",
    ),
    "x": ("x_user_id", "x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_secret"),
    "youtube": (
        "youtube_channel_id", "youtube_client_id", "youtube_client_secret", "youtube_refresh_token",
    ),
    "webhook": ("webhook_secret", "webhook_url"),
}  # fmt: skip
"""What a channel cannot do without; X mentions need what `x` needs and `x_mentions`."""


class ChannelSettings(FileSettings):
    """Part of `bot.settings.Settings`. An `*_api_url` is changed only for trying things out.

    `*_media_hosts`: where operators may look at what citizens sent (`connectors.media.Media`).
    """

    telegram_token: SecretStr = EMPTY
    telegram_secret: SecretStr = EMPTY
    """Secret token of the webhook; made on first start when empty."""
    telegram_api_url: str = "https://api.telegram.org"

    kakao_secret: SecretStr = EMPTY
    """Last part of the skill's address, `/webhooks/kakao/<secret>`: KakaoTalk signs nothing."""
    kakao_bot_id: str = ""
    """When given, requests of other bots are refused."""
    kakao_callback_url: str = "https://bot-api.kakao.com/"
    """What callback addresses begin with; others are never called."""
    kakao_media_hosts: str = ""

    naver_secret: SecretStr = EMPTY
    """Last part of the webhook's address, `/webhooks/naver/<secret>`: Naver TalkTalk signs nothing."""
    naver_authorization: SecretStr = EMPTY
    naver_api_url: str = "https://gw.talk.naver.com"
    naver_media_hosts: str = ""

    line_channel_secret: SecretStr = EMPTY
    line_access_token: SecretStr = EMPTY
    line_api_url: str = "https://api.line.me"
    line_content_url: str = "https://api-data.line.me"

    messenger_app_secret: SecretStr = EMPTY
    messenger_verify_token: SecretStr = EMPTY
    messenger_page_token: SecretStr = EMPTY
    instagram_app_secret: SecretStr = EMPTY
    instagram_verify_token: SecretStr = EMPTY
    instagram_token: SecretStr = EMPTY
    whatsapp_app_secret: SecretStr = EMPTY
    whatsapp_verify_token: SecretStr = EMPTY
    whatsapp_token: SecretStr = EMPTY
    whatsapp_phone_number_id: str = ""
    messenger_api_url: str = _GRAPH
    instagram_api_url: str = _GRAPH
    whatsapp_api_url: str = _GRAPH
    messenger_media_hosts: str = _META
    instagram_media_hosts: str = _META
    whatsapp_media_hosts: str = _META

    x_user_id: str = ""
    """Numeric id of the office's account."""
    x_consumer_key: SecretStr = EMPTY
    x_consumer_secret: SecretStr = EMPTY
    x_access_token: SecretStr = EMPTY
    x_access_secret: SecretStr = EMPTY
    x_mentions: bool = False
    """Whether posts that mention the account are answered in public."""
    x_api_url: str = "https://api.x.com"
    x_media_hosts: str = "ton.twitter.com ton.x.com pbs.twimg.com"

    youtube_channel_id: str = ""
    """The office's channel, whose comments are answered."""
    youtube_client_id: str = ""
    youtube_client_secret: SecretStr = EMPTY
    youtube_refresh_token: SecretStr = EMPTY
    youtube_daily_quota: int = 10_000
    """Units of the YouTube Data API that a day may cost."""
    youtube_api_url: str = "https://www.googleapis.com"
    youtube_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

    telegram_other_secret: SecretStr = EMPTY
    kakao_other_secret: SecretStr = EMPTY
    naver_other_secret: SecretStr = EMPTY
    line_other_secret: SecretStr = EMPTY
    messenger_other_secret: SecretStr = EMPTY
    instagram_other_secret: SecretStr = EMPTY
    whatsapp_other_secret: SecretStr = EMPTY
    x_other_secret: SecretStr = EMPTY
    webhook_other_secret: SecretStr = EMPTY
    """Of each channel the secret that its requests are also believed with, while one is being replaced."""

    chat_url: str = ""
    """Address of the private chat that answers in public places invite to; empty = /chat/ at `public_url`."""
    public_within: float = Field(24.0, gt=0)
    """Hours that a comment or post may be old when the bot first sees it; older ones are left alone."""
    public_poll: float = Field(60.0, gt=0)
    """Least seconds between two looks at new comments or posts."""

    webhook_secret: SecretStr = EMPTY
    """Key of the signatures of both directions of the agency's own app."""
    webhook_url: str = ""
    """Where replies to the agency's own app are posted."""
    webhook_media_hosts: str = ""

    def missing(self, channel: str) -> tuple[str, ...]:
        """Settings that a channel lacks: none when it is on, some when it is half set up."""
        return tuple(name for name in NEEDED[channel] if not _given(getattr(self, name)))

    def is_on(self, channel: str) -> bool:
        """Whether a channel has all that it needs."""
        return not self.missing(channel)

    def half_set_up(self) -> dict[str, tuple[str, ...]]:
        """Channels with some of their settings, and the settings they still lack."""
        found = {channel: self.missing(channel) for channel in NEEDED}
        return {channel: names for channel, names in found.items() if 0 < len(names) < len(NEEDED[channel])}


def _given(value: str | SecretStr) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
