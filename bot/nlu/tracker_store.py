"""Rasa's memory of a conversation, bounded: what a messenger conversation that never ends needs.

Rasa's own Redis store reads, replays and rewrites the whole dialogue at every turn. This one keeps the last
turns as a Redis list it appends to, and beside it what older turns left behind: slots and an active form.
Everything here may vanish; the SQL log of the gateway is the record.
"""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from itertools import islice
from typing import Any, Dict, Iterable, List, Optional
from urllib.parse import quote

import redis
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.trackers import DialogueStateTracker

logger = logging.getLogger(__name__)
