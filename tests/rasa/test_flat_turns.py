"""What makes turns fast changes nothing: the same states, predictions and trackers as Rasa's own."""

import copy
import logging
import random
from pathlib import Path

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.training import load_data
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.importer import TrainingDataImporter

from bot.nlu.policies import IndexedRulePolicy
from bot.nlu.tracker import FlatTracker

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = ExecutionContext(GraphSchema({}))
CONFIG = {
    **RulePolicy.get_default_config(),
    "core_fallback_action_name": "action_answer",
    "core_fallback_threshold": 0.3,
}


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def importer() -> TrainingDataImporter:
    data = [str(ROOT / "data" / name) for name in ("rules", "stories")]
    return TrainingDataImporter.load_from_dict({"policies": []}, None, str(ROOT / "domain.yml"), data)


@pytest.fixture(scope="module")
def domain(importer) -> Domain:
    return importer.get_domain()


@pytest.fixture(scope="module")
def policies(importer, domain, tmp_path_factory):
    """Rasa's policy and ours, each trained on the project's rules and stories."""
    trackers = load_data(importer, domain, augmentation_factor=0)
    made = []
    for kind in (RulePolicy, IndexedRulePolicy):
        storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
        policy = kind.create(copy.deepcopy(CONFIG), storage, Resource("rules"), CONTEXT)
        policy.train(trackers, domain)
        made.append(kind.load(copy.deepcopy(CONFIG), storage, Resource("rules"), CONTEXT))
    return made


def some_event(choice: random.Random, domain: Domain):
    """An event as a conversation with this domain can have it."""
    action = choice.choice(domain.action_names_or_texts)
    slot = choice.choice(domain.slots)
    return choice.choice(
        [
            lambda: ActionExecuted(action, hide_rule_turn=choice.random() < 0.3),
            lambda: ActionExecuted("action_listen"),
            lambda: ActionExecuted("action_listen"),
            lambda: UserUttered("글", {"name": choice.choice(domain.intents), "confidence": 0.9}),
            lambda: UserUttered("글", {"name": choice.choice(domain.intents), "confidence": 0.9}),
            lambda: UserUttered("글", {"name": None}),
            lambda: DefinePrevUserUtteredFeaturization(choice.random() < 0.2),
            lambda: SlotSet(slot.name, choice.choice([None, "값", ["값"], True])),
            lambda: BotUttered("답"),
            lambda: FollowupAction(action),
        ]
    )()


def rare_event(choice: random.Random, domain: Domain):
    """One of those after which Rasa reads history in another way."""
    kinds = [
        *(SessionStarted, Restarted, AllSlotsReset, ActionReverted, UserUtteranceReverted),
        lambda: ActiveLoop(choice.choice(domain.form_names)),
        lambda: ActiveLoop(None),
        lambda: ActionExecuted(choice.choice(domain.form_names)),
        lambda: ActionExecutionRejected(choice.choice(domain.form_names)),
    ]
    return choice.choice(kinds)()


def conversations(domain: Domain, count: int, rare: float):
    """Pairs of our tracker and Rasa's with the same events, at every step."""
    for seed in range(count):
        choice = random.Random(seed)
        ours, rasas = FlatTracker("x", domain), DialogueStateTracker("x", domain.slots)
        for _ in range(choice.randrange(5, 40)):
            event = (rare_event if choice.random() < rare else some_event)(choice, domain)
            ours.update(event)
            rasas.update(event)
            yield ours, rasas


def look(tracker: DialogueStateTracker) -> tuple:
    """All there is to see of a tracker."""
    state = tracker.current_state()
    return state, list(tracker.events), tracker.is_paused(), tracker.active_loop, tracker.latest_message


@pytest.mark.parametrize("rare", [0.0, 0.05, 0.2])
def test_a_tracker_shows_policies_what_rasas_shows_them(domain: Domain, rare: float) -> None:
    only_rules = {"rule_only_slots": [domain.slots[0].name], "rule_only_loops": domain.form_names[:1]}
    for ours, rasas in conversations(domain, 60, rare):
        assert ours.applied_events() == rasas.applied_events()
        assert ours.past_states(domain) == rasas.past_states(domain)
        assert ours.past_states(domain, ignore_rule_only_turns=True, rule_only_data=only_rules) == (
            rasas.past_states(domain, ignore_rule_only_turns=True, rule_only_data=only_rules)
        )


def test_what_a_policy_does_with_states_leaves_the_tracker_alone(domain: Domain) -> None:
    for ours, rasas in conversations(domain, 10, 0.0):
        for state in ours.past_states(domain):
            state.get("user", {}).clear()
        assert ours.past_states(domain) == rasas.past_states(domain)


@pytest.mark.parametrize("rare", [0.0, 0.2])
def test_a_copy_is_the_same_and_apart(domain: Domain, rare: float) -> None:
    for ours, rasas in conversations(domain, 40, rare):
        twin = ours.copy()
        assert look(twin) == look(rasas.copy())
        before = look(ours)
        twin.update(SlotSet(domain.slots[0].name, "다른 값"))
        twin.update(ActionExecuted("action_listen"))
        assert look(ours) == before


@pytest.mark.parametrize("rare", [0.0, 0.03])
def test_a_conversation_cut_short_is_as_if_replayed(domain: Domain, rare: float) -> None:
    cut = 0
    for seed in range(400):
        choice = random.Random(seed)
        tracker = FlatTracker("x", domain)
        turns = [[some_turn_event(choice, domain, rare) for _ in range(4)] for _ in range(4)]
        for message in turns:
            for event in (UserUttered("글", {"name": "greet"}), *message, ActionExecuted("action_listen")):
                tracker.update(event)
        count = choice.choice([6, 12])
        before = FlatTracker("x", domain)
        for event in list(tracker.events)[:count]:
            before.update(event)
        opening = [ActionExecuted("action_session_start"), SessionStarted()]
        opening += [
            SlotSet(name, slot.value)
            for name, slot in before.slots.items()
            if slot.value != slot.initial_value
        ]
        opening.append(ActionExecuted("action_listen"))
        replayed = FlatTracker("x", domain)
        for event in [*opening, *list(tracker.events)[count:]]:
            replayed.update(event)
        if tracker.forget(count, opening):
            cut += 1
            assert look(tracker) == look(replayed)
            assert tracker.past_states(domain) == replayed.past_states(domain)
            assert tracker.past_states(domain, ignore_rule_only_turns=True) == replayed.past_states(
                domain, ignore_rule_only_turns=True
            )
            assert tracker.applied_events() == replayed.applied_events()
    assert cut > 20


def some_turn_event(choice: random.Random, domain: Domain, rare: float):
    return (rare_event if choice.random() < rare else some_event)(choice, domain)


def test_the_indexed_policy_learns_and_predicts_as_rasas(policies, domain: Domain) -> None:
    rasas_policy, indexed = policies
    assert {key: sorted(value) for key, value in indexed.lookup.items()} == {
        key: sorted(value) for key, value in rasas_policy.lookup.items()
    }
    seen = set()
    for ours, rasas in conversations(domain, 120, 0.1):
        expected = rasas_policy.predict_action_probabilities(rasas, domain)
        found = indexed.predict_action_probabilities(ours, domain)
        for name in ("probabilities", "events", "is_end_to_end_prediction", "is_no_user_prediction"):
            assert getattr(found, name) == getattr(expected, name)
        assert found.hide_rule_turn == expected.hide_rule_turn
        seen.add(expected.max_confidence_index)
    assert len(seen) > 10


def test_every_rule_is_followed_to_its_end(policies, importer, domain: Domain) -> None:
    rasas_policy, indexed = policies
    for known in load_data(importer, domain, augmentation_factor=0):
        ours, rasas = FlatTracker("x", domain), DialogueStateTracker("x", domain.slots)
        for event in known.events:
            expected = rasas_policy.predict_action_probabilities(rasas, domain)
            assert indexed.predict_action_probabilities(ours, domain).probabilities == expected.probabilities
            ours.update(event)
            rasas.update(event)
