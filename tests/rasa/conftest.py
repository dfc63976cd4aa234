"""Tests for Rasa's own Python, started by tests/test_nlu_rasa.py; nothing else collects them."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("rasa") else ["test_*.py"]
