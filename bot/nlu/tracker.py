"""A conversation that remembers its own past states, so that a policy need not replay it.

Rasa computes what its policies look at by replaying every event, several times a turn, and copies a tracker
by replaying it once more. Events only ever get appended, so each state can be taken once, when it is there.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

_TOUCH_FOLLOWUP = (
    ActionExecuted,
    ActionReverted,
    FollowupAction,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)


class _Moment(NamedTuple):
    """What the conversation looked like just before an action, as far as policies look."""

    state: State
    latest_action: Dict[str, str]
    hidden: bool
    """The action belongs to rules only (ActionExecuted.hide_rule_turn)."""
    settles: bool
    """Whether `hidden` says so of the turn; not for follow-up actions and a loop that goes on."""


class FlatTracker(DialogueStateTracker):
    """A tracker whose `past_states`, `applied_events` and `copy` do not replay events.

    All three give what Rasa's own give. A history that Rasa rewrites when it looks back (forms, reverted
    messages) is replayed, once for all policies that look at it.
    """

    def __init__(self, sender_id: str, domain: Domain, max_event_history: Optional[int] = None) -> None:
        self.domain = domain
        self._moments: List[_Moment] = []
        self._applied: List[Event] = []
        self._plain = max_event_history is None
        self._replayed: Tuple[Optional[Event], int, List[_Moment]] = (None, 0, [])
        """The moments of a history that is not plain, after so many events, the last of which is this."""
        self._acted = False
        """Whether an action followed the latest message."""
        super().__init__(sender_id, domain.slots, max_event_history)
        self._followup = self.followup_action
        """The follow-up action by the events alone: Rasa also takes one away without an event."""

    def update(self, event: Event, domain: Optional[Domain] = None) -> None:
        """Append an event and take its effect; Rasa's ValueError for anything else."""
        if self._plain:
            self._note(event)
        super().update(event, domain)
        if isinstance(event, _TOUCH_FOLLOWUP):
            self._followup = self.followup_action

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: Optional[Dict[str, Any]] = None,
    ) -> List[State]:
        """The states before each action and now, as `Domain.states_for_tracker_history` has them."""
        if self._max_event_history is not None or omit_unset_slots or domain is not self.domain:
            return super().past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        moments = [*self._moments, self._moment(hidden=False)] if self._plain else self._replay()
        if ignore_rule_only_turns:
            return _visible(domain, moments, rule_only_data)
        return [_copied(moment.state) for moment in moments]

    def applied_events(self) -> List[Event]:
        """The events since the session began, without those that were taken back."""
        return list(self._applied) if self._plain else super().applied_events()

    def copy(self) -> FlatTracker:
        """The same conversation; what happens to one does not happen to the other."""
        twin: FlatTracker = copy.copy(self)
        twin.events = self.events.copy()
        twin.slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        twin.active_loop = dataclasses.replace(self.active_loop) if self.active_loop else None
        twin.followup_action = self._followup
        twin.model_id = twin.assistant_id = None
        twin._moments, twin._applied = list(self._moments), list(self._applied)
        return twin

    def forget(self, count: int, opening: List[Event]) -> bool:
        """Put `opening` in the place of the first `count` events, which leave behind what it sets.

        False, and nothing done, where a replay of the result would show policies anything else.
        """
        dropped, kept = list(self.events)[:count], list(self.events)[count:]
        actions = [event.action_name for event in dropped if isinstance(event, ActionExecuted)]
        start = FlatTracker(self.sender_id, self.domain)
        for event in opening:
            start.update(event)
        if (
            not (self._plain and start._plain and kept and isinstance(kept[0], UserUttered))
            or any(isinstance(event, (Restarted, SessionStarted)) for event in kept)
            or actions[-1:] != [ACTION_LISTEN_NAME]
            or self.is_paused()
        ):
            return False
        acted = sum(isinstance(event, ActionExecuted) for event in kept)
        self._moments = [*start._moments, *self._moments[len(self._moments) - acted :]]
        self._applied = [*start._applied, *kept]
        self.events = self._create_events([*opening, *kept])
        return True

    def _note(self, event: Event) -> None:
        """Keep the moment before an action; see when history is about to be rewritten."""
        if isinstance(event, (Restarted, SessionStarted)):
            self._moments, self._applied = [], []
            self._acted = False
            return
        if isinstance(event, ActionExecuted):
            self._moments.append(self._moment(hidden=event.hide_rule_turn))
            self._acted = True
        elif isinstance(event, UserUttered):
            self._acted = False
        elif (isinstance(event, ActiveLoop) and event.name) or isinstance(
            event, (ActionReverted, UserUtteranceReverted)
        ):
            self._plain = False
        elif isinstance(event, (DefinePrevUserUtteredFeaturization, EntitiesAdded)) and self._acted:
            self._plain = False  # changes a message that past moments have seen
        self._applied.append(event)

    def _moment(self, hidden: bool) -> _Moment:
        settles = not self._followup and self.latest_action_name != self.active_loop_name
        return _Moment(self.domain.get_active_state(self), self.latest_action or {}, hidden, settles)

    def _replay(self) -> List[_Moment]:
        """The moments as a replay shows them; several policies look at the same."""
        latest, count = self.events[-1], len(self.events)
        if self._replayed[0] is not latest or self._replayed[1] != count:
            moments = [
                _Moment(
                    self.domain.get_active_state(past),
                    past.latest_action or {},
                    hidden,
                    not past.followup_action and past.latest_action_name != past.active_loop_name,
                )
                for past, hidden in self.generate_all_prior_trackers()
            ]
            self._replayed = (latest, count, moments)
        return self._replayed[2]


def _visible(domain: Domain, moments: List[_Moment], rule_only_data: Optional[Dict[str, Any]]) -> List[State]:
    """States without the turns that only rules know: rasa 3.6.21, `Domain.states_for_tracker_history`."""
    states: List[State] = []
    last_action: Dict[str, str] = {}
    hidden = False
    for moment in moments:
        if not hidden:
            last_action = moment.latest_action
        if moment.settles:
            hidden = moment.hidden
        if hidden:
            continue
        state = _copied(moment.state)
        domain._remove_rule_only_features(state, rule_only_data)
        if states:
            domain._substitute_rule_only_user_input(state, states[-1])
        if last_action:
            state[PREVIOUS_ACTION] = dict(last_action)
        states.append(domain._clean_state(state))
    return states


def _copied(state: State) -> State:
    return {kind: dict(features) for kind, features in state.items()}
