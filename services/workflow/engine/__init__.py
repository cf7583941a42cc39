"""The engine: `step(case, stimulus) -> effects`, deterministic and free of I/O.

The only room that knows SpiffWorkflow and lxml; knows no database, broker, web or clock.
"""

from services.workflow.engine.acceptance import accepted, roles
from services.workflow.engine.bundles import Bundle, check_bpmn, compile_bundle
from services.workflow.engine.cases import Case
from services.workflow.engine.codecs import canonical, digest, dump, load, standing
from services.workflow.engine.colleagues import CONSULTATION, has_co_handlers
from services.workflow.engine.documents import MAX_BYTES
from services.workflow.engine.effects import (
    CaseStarted,
    DeadlineCleared,
    DeadlineConfirmed,
    DeadlineMoved,
    DeadlineSet,
    Effect,
    Finished,
    Milestone,
    Noticed,
    Recorded,
    Sent,
    Subscribed,
    TaskChanged,
    TaskClosed,
    TaskMigrated,
    TaskOpened,
    TimerCleared,
    TimerSet,
    Unsubscribed,
)
from services.workflow.engine.findings import Finding, Refused
from services.workflow.engine.problems import EngineError, Unexpected
from services.workflow.engine.recalls import recallable, unrecallable
from services.workflow.engine.regrouping import can_regroup
from services.workflow.engine.remarks import Remark, remarks
from services.workflow.engine.steps import SEMANTICS, changes_version, dissolve, migrate, replay, revert, start, step
from services.workflow.engine.stimuli import Stimulus
from services.workflow.engine.table_findings import check_dmn

__all__ = [
    "CONSULTATION",
    "MAX_BYTES",
    "SEMANTICS",
    "Bundle",
    "Case",
    "CaseStarted",
    "DeadlineCleared",
    "DeadlineConfirmed",
    "DeadlineMoved",
    "DeadlineSet",
    "Effect",
    "EngineError",
    "Finding",
    "Finished",
    "Milestone",
    "Noticed",
    "Recorded",
    "Refused",
    "Remark",
    "Sent",
    "Stimulus",
    "Subscribed",
    "TaskChanged",
    "TaskClosed",
    "TaskMigrated",
    "TaskOpened",
    "TimerCleared",
    "TimerSet",
    "Unexpected",
    "Unsubscribed",
    "accepted",
    "can_regroup",
    "canonical",
    "changes_version",
    "check_bpmn",
    "check_dmn",
    "compile_bundle",
    "digest",
    "dissolve",
    "dump",
    "has_co_handlers",
    "load",
    "migrate",
    "recallable",
    "remarks",
    "replay",
    "revert",
    "roles",
    "standing",
    "start",
    "step",
    "unrecallable",
]
