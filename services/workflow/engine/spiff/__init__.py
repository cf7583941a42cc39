"""Everything that corrects or replaces a part of SpiffWorkflow, in one room.

Written against the sources of exactly one release; another release must be read before this assertion moves.
What differs from the library, and why, is told at the head of each module:

* `trees`: tasks file themselves by state (no scans of the whole tree), ids are derived, nothing is predicted;
* `joins`: gateways keep BPMN's token rules, also inside loops, and merge what branches changed;
* `instances`: multi-instance in input order, cancellable one by one, repeatable in a loop;
* `activities`: sub-processes and called processes without aliasing, extension points, decisions;
* `events`: timers that read no clock, messages that keep a key, boundary and event gateways without prediction;
* `parsers`: the spiff dialect with `hy:` and nothing the engine does not execute.
"""

import importlib.metadata

SPIFFWORKFLOW = "3.2.0"

if importlib.metadata.version("SpiffWorkflow") != SPIFFWORKFLOW:
    raise ImportError(f"the engine is written against SpiffWorkflow {SPIFFWORKFLOW}")
