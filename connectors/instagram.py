"""Instagram direct messages by the Graph API's Send API (v25.0), through the page the account belongs to.

Facts: developers.facebook.com. The format is Messenger's. Verified there: a button template has no telephone
buttons, and templates and quick replies are not shown on the web. To be verified: text 1000 bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from connectors.messenger import Messenger


class Instagram(Messenger):
    """The channel."""

    name = "instagram"
    abroad = True
    capabilities = replace(Messenger.capabilities, max_text=1000, text_unit="bytes", phones=False)
    kind: ClassVar[str] = "instagram"
