"""A package read once for all checks: its diagrams, its tables, and what is visible where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from services.workflow.engine.decisions import Decision, parse_decision
from services.workflow.engine.findings import Finding, Refused
from services.workflow.engine.scripts import RESERVED
from services.workflow.packages.diagrams import Diagram, Flow, Node, parse
from services.workflow.packages.models import Package

"""Variables every case has."""


@dataclass
class Context:
    """What the checks look at. Files that cannot be read are left out; `findings` says why.

    `tables` are the files of decision tables with the id of their decision.
    """

    package: Package
    diagrams: list[Diagram] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    tables: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def everything(self) -> Iterator[Node]:
        """Every process and node of every diagram."""
        for diagram in self.diagrams:
            yield from diagram.everything

    @property
    def nodes(self) -> Iterator[Node]:
        """Every flow node."""
        for diagram in self.diagrams:
            yield from diagram.nodes.values()

    @property
    def flows(self) -> Iterator[tuple[Node, Flow]]:
        """Every flow with the node it leaves."""
        return ((node, flow) for node in self.nodes for flow in node.outgoing)

    @cached_property
    def processes(self) -> dict[str, Node]:
        """Processes by id."""
        return {key: node for diagram in self.diagrams for key, node in diagram.processes.items()}

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """Nodes by id; ids are unique in a package."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def variables(self) -> frozenset[str]:
        """Root names an expression may read."""
        return RESERVED | {variable.name.partition(".")[0] for variable in self.package.variables}

    def deadlines_at(self, node: Node) -> set[str]:
        """Names of the deadlines in force at a node: its own, its scopes', and those of every caller."""
        return self._deadlines(node, frozenset())

    def _deadlines(self, node: Node, seen: frozenset[str]) -> set[str]:
        found = {mark.get("name") for mark in node.of("deadline")}
        outer = self.by_id.get(node.attached_to) or self.by_id.get(node.scope) or self.processes.get(node.process)
        if outer is not None and outer is not node and outer.kind != "process":
            return found | self._deadlines(outer, seen)
        process = self.processes.get(node.process)
        if process is not None and process.id not in seen:
            found |= {mark.get("name") for mark in process.of("deadline")}
            for caller in self.nodes:
                if caller.called == process.id:
                    found |= self._deadlines(caller, seen | {process.id})
        return found


def read(package: Package) -> Context:
    """Read every diagram and table of a package."""
    context = Context(package)
    for name in package.diagrams:
        try:
            context.diagrams.append(parse(name, package.files[name]))
        except Refused:
            continue  # the engine's own check of the file says why
    for name in package.under("decisions", ".dmn"):
        try:
            decision = parse_decision(name, package.files[name])
        except Refused as refused:
            context.findings += refused.findings
            continue
        context.decisions[decision.id] = decision
        context.tables.append((name, decision.id))
        context.findings += decision.find()
    return context
