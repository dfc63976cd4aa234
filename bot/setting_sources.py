"""Where settings come from: what was said outright, the environment, `.env`, then files."""

from __future__ import annotations

import os

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource

from bot.secret_files import secret_folder


class FileSettings(BaseSettings):
    """Settings that may also be files, one for each (`bot.secret_files`); the first source that has one wins.

    Making them raises `NotADirectoryError` when the environment names a folder of files that is not there.
    """

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Called by pydantic: its sources, with our folder for the files."""
        files = SecretsSettingsSource(settings_cls, secrets_dir=secret_folder(os.environ))
        return init_settings, env_settings, dotenv_settings, files
