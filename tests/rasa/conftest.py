"""These tests run in Rasa's own Python, started by tests/test_nlu_rasa.py; elsewhere they are not collected."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("rasa") else ["test_*.py"]
