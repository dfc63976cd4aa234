"""Runs Rasa's prediction graph in an order that is worked out once, not at every message."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from rasa.engine.exceptions import GraphComponentException
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException


class _Step(NamedTuple):
    """One component at work."""

    name: str
    run: Callable[..., Any]
    needs: Dict[str, str]
    """Parameter -> the node or input that gives it."""


class PlannedGraphRunner(GraphRunner):
    """Rasa's DaskGraphRunner builds, orders and schedules a Dask graph for every run; this one has a plan."""

    def __init__(self, schema: GraphSchema, nodes: Dict[str, GraphNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plans: Dict[Tuple[str, ...], List[_Step]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: Optional[List[GraphNodeHook]] = None,
    ) -> PlannedGraphRunner:
        """Load every component of the graph."""
        nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        return cls(graph_schema, nodes)

    def run(
        self, inputs: Optional[Dict[str, Any]] = None, targets: Optional[List[str]] = None
    ) -> Dict[str, Any]:
        """The outputs of `targets` (else of all targets of the schema) by name.

        Rasa's GraphComponentException when a component fails, KeyError for an input that is missing.
        """
        wanted = tuple(targets or self._schema.target_names)
        done = dict(inputs or {})
        if wanted not in self._plans:
            self._plans[wanted] = [self._step(name) for name in self._order(wanted)]
        for step in self._plans[wanted]:
            needed = {parameter: done[source] for parameter, source in step.needs.items()}
            try:
                done[step.name] = step.run(**needed)
            except RasaException:
                raise
            except Exception as error:
                raise GraphComponentException(
                    f"Error running graph component for node {step.name}."
                ) from error
        return {name: done[name] for name in wanted}

    def _step(self, name: str) -> _Step:
        """The component's method itself; where Rasa has more to do (training, hooks), the whole node."""
        node = self._nodes[name]
        if node._eager and not node._hooks:
            return _Step(name, functools.partial(node._fn, node._component), node._inputs)

        def whole(**given: Any) -> Any:
            return node(*((source, given[parameter]) for parameter, source in node._inputs.items()))[1]

        return _Step(name, whole, node._inputs)

    def _order(self, targets: Tuple[str, ...]) -> List[str]:
        """The nodes that targets need, each after those it needs itself."""
        schema = self._schema.minimal_graph_schema(list(targets))
        order: Dict[str, None] = {}

        def add(name: str) -> None:
            if name in order or name not in schema.nodes:
                return
            for need in schema.nodes[name].needs.values():
                add(need)
            order[name] = None

        for target in targets:
            add(target)
        return list(order)
