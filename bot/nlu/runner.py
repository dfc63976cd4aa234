"""Runs Rasa's prediction graph in an order that is worked out once, not at every message."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage


class PlannedGraphRunner(GraphRunner):
    """Rasa's DaskGraphRunner builds, orders and schedules a Dask graph for every run; this one has a plan."""

    def __init__(self, schema: GraphSchema, nodes: Dict[str, GraphNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plans: Dict[Tuple[str, ...], List[Tuple[str, Tuple[str, ...]]]] = {}

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
        done: Dict[str, Tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._plan(wanted):
            done[name] = self._nodes[name](*(done[need] for need in needs))
        return dict(done[name] for name in wanted)

    def _plan(self, targets: Tuple[str, ...]) -> List[Tuple[str, Tuple[str, ...]]]:
        """The nodes that targets need, each after those it needs itself."""
        if targets not in self._plans:
            self._plans[targets] = self._planned(targets)
        return self._plans[targets]

    def _planned(self, targets: Tuple[str, ...]) -> List[Tuple[str, Tuple[str, ...]]]:
        schema = self._schema.minimal_graph_schema(list(targets))
        plan: Dict[str, Tuple[str, ...]] = {}

        def add(name: str) -> None:
            if name in plan or name not in schema.nodes:
                return
            needs = tuple(schema.nodes[name].needs.values())
            for need in needs:
                add(need)
            plan[name] = needs

        for target in targets:
            add(target)
        return list(plan.items())
