"""Rasa's RulePolicy with an index: the same predictions without trying every rule at every step."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

logger = logging.getLogger(__name__)

_Place = Tuple[Optional[str], Optional[str]]
"""Action before and intent, as a rule's last step names them; None = it names none."""


class _Index(NamedTuple):
    """The rules of one lookup table by what their last step asks for."""

    lookup: Dict[str, str]
    size: int
    places: Dict[_Place, List[str]]
    steps: Dict[str, List[State]]
    """The steps of each rule, the last one first."""
    longest: int


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """Policy for `config.yml` in place of RulePolicy, with its settings and predictions.

    RulePolicy compares each rule with each state of the conversation: with R rules and S states R·S
    comparisons for one prediction, and R² for the check for contradictions when training. Here only the
    rules that end in the present action and intent are compared, over as many states as they are long.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._indices: Dict[int, _Index] = {}

    @staticmethod
    def format_tracker_states(states: List[Dict]) -> str:
        """RulePolicy's line for the debug log, when there is one."""
        return RulePolicy.format_tracker_states(states) if logger.isEnabledFor(logging.DEBUG) else ""

    def _get_possible_keys(self, lookup: Dict[str, str], states: List[State]) -> Set[str]:
        """The rules that fit a conversation's states; the same set as RulePolicy's."""
        index = self._index(lookup)
        recent = list(reversed(states[-index.longest :])) if index.longest else []
        if not recent:
            return set(lookup)
        return {
            key
            for place in _places(recent[0])
            for key in index.places.get(place, ())
            if key in lookup and self._fits(index.steps[key], recent)
        }

    def _fits(self, steps: List[State], recent: List[State]) -> bool:
        """Whether a rule's steps, the last one first, agree with the states, the latest first."""
        for step, state in zip(steps, recent, strict=False):
            expected, actual = step.get(PREVIOUS_ACTION), state.get(PREVIOUS_ACTION)
            if not expected and not actual:
                continue  # both begin a conversation
            if not expected or not actual or not self._does_rule_match_state(step, state):
                return False
        return True

    def _index(self, lookup: Dict[str, str]) -> _Index:
        index = self._indices.get(id(lookup))
        if index is None or index.lookup is not lookup or len(lookup) > index.size:
            self._indices[id(lookup)] = index = _indexed(lookup)
        return index


def _indexed(lookup: Dict[str, str]) -> _Index:
    places: Dict[_Place, List[str]] = defaultdict(list)
    steps = {key: list(reversed(json.loads(key))) for key in lookup}
    for key, (last, *_) in steps.items():
        action = _named(last.get(PREVIOUS_ACTION, {}).get(ACTION_NAME))
        intent = _named(last.get(USER, {}).get(INTENT)) if last.get(PREVIOUS_ACTION) else None
        places[action, intent].append(key)
    longest = max((len(states) for states in steps.values()), default=0)
    return _Index(lookup, len(lookup), dict(places), steps, longest)


def _places(state: State) -> Set[_Place]:
    """Where in the index the rules stand that can fit a state."""
    action, intent = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME), state.get(USER, {}).get(INTENT)
    return {(action, intent), (action, None), (None, intent), (None, None)}


def _named(value: Optional[str]) -> Optional[str]:
    return value if value and value != SHOULD_NOT_BE_SET else None
