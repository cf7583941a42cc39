"""Scenarios: tests of a process that its owner can write, run on the bare engine without a database.

    result = run(load(content), bundle, calendar)
    result.failures            # empty when everything came as the scenario says

The format is described in `processes/README.md`.
"""

from services.workflow.scenarios.files import BadScenario, load
from services.workflow.scenarios.models import Act, Expectation, Failure, Result, Scenario, Step
from services.workflow.scenarios.runs import run

__all__ = ["Act", "BadScenario", "Expectation", "Failure", "Result", "Scenario", "Step", "load", "run"]
