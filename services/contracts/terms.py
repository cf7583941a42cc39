"""What the schemas cannot say of the contract with agencies: which ids last, which time counts, what versions promise.

Told on the contract's page, in the AsyncAPI document and in `docs/agencies.md`; a test holds the three together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Term(NamedTuple):
    """One thing that holds: what it is about, and what holds in both languages."""

    about: str
    zh: str
    en: str


IDENTIFIERS: Final = (
    Term(
        "matter_id",
        "一件建议提案的编号。退回、退办、改派、重新办理、换流程版本、并案和撤销并案，都不变。",
        "One suggestion or proposal. Unchanged by return, reassignment, redo, another version, merging and separating.",
    ),
    Term(
        "matter_no",
        "建议号，编号以后不变；编号以前为空。",
        "The number people use. Unchanged once it is given, empty before.",
    ),
    Term(
        "case_id",
        "一个流程实例，写作 `<matter_id>-<序号>`。退回、退办、改派、换流程版本时不变；重新办理通常在原实例里进行；办"
        "理、跟踪办理、公开各有实例，并案以后的答复、迟到的评价引起的重新办理是新的实例。",
        "One run of a process, `<matter_id>-<number>`. Unchanged by return, reassignment and another version; a"
        " redo usually goes on in it. Handling, follow-up and publication have cases of their own; the replies"
        " after a merger and a redo after a late rating are new ones.",
    ),
    Term(
        "task_id",
        "一项任务，写作 `<case_id>.<序号>`。在单位内转办、委托、改绑接入方、机构改革、换流程版本时不变；退回、退办改"
        "派、重新办理后是新任务、新编号，旧的以 `task.closed` 关闭。督查机构把任务转给别的单位时编号不变，原单位收到"
        " revoked。并案时并入件的任务关闭（`revoked`），主件的不变。",
        "One task, `<case_id>.<number>`. Unchanged when it is passed on inside the unit or delegated, when a"
        " connector is bound anew, by a reform of units and by another version. After a return, a reassignment or"
        " a redo there is a new task with a new id; `task.closed` closes the old one. A task the supervision"
        " office moves to another unit keeps its id, and the first unit is told revoked. Merging closes the tasks"
        " of the matter that is merged (revoked), those of the main one stay.",
    ),
    Term(
        "unit",
        "目录里的单位编号。单位改名时不变；机构改革后旧编号照常可用，指接续的单位。",
        "The unit's id in the directory. Unchanged by a new name; after a reform the old id still works and means the"
        " successor.",
    ),
    Term(
        "ce-id",
        "一条消息。重发、重放时不变，按接入方去重；内容改了就换新编号。",
        "One message. Unchanged when it is sent or played again, and what duplicates are told by, per connector;"
        " changed content has a new one.",
    ),
)

TIMES: Final = (
    Term(
        "received",
        "是否按期，只看系统收到并存下消息的时刻。",
        "In time or not is decided by the instant at which the system has received and stored the message, by"
        " nothing else.",
    ),
    Term(
        "occurred_at",
        "对方所说的发生时间，照录在案，不作期限依据。对方的时钟不准，不影响办理。",
        "When it happened according to the sender: kept, never the measure of a deadline. A clock that is wrong does no"
        " harm.",
    ),
    Term(
        "ce-time",
        "写当前时间，带时区；系统不用它计算。",
        "The instant of sending, with its zone; nothing is computed from it.",
    ),
    Term(
        "deadline.due",
        "到期日，按流程包的时区算；`due_at` 是它的最后时刻，`why` 逐步说明怎样算出。",
        "The due date in the zone of the package; `due_at` is its last instant, `why` tells step by step how it was"
        " computed.",
    ),
)

VERSIONS: Final = (
    Term(
        "ce-type",
        "以版本结尾，例如 `task.complete.v1`。已发布的类型只会增加可以不填的字段；不认识的字段和类型，请忽略。",
        "Ends in its version, such as `task.complete.v1`. A released type only gains fields that may be left out;"
        " ignore fields and types you do not know.",
    ),
    Term(
        "v2",
        "新的必填字段、改变了的含义，是新版本，类型以 `v2` 结尾。新旧两种在一段时间内都发、都收，停用旧版以前写进更"
        "新记录。",
        "A new required field or a changed meaning is a new version, a type that ends in `v2`. Both are sent and"
        " taken for a time; the changelog tells before the old one ends.",
    ),
    Term(
        "code",
        "原因代码不会改变含义，只会增加；不认识的代码按不可重发处理。",
        "Rejection codes never change their meaning; new ones may come. Treat an unknown code as not retryable.",
    ),
    Term(
        "form_schema",
        "表单属于流程包，随流程版本变化，所以随每项任务发来：照收到的作答，不要写死在程序里。",
        "Forms belong to the process and change with its version, so each task brings its own: answer by what"
        " came, keep none in your program.",
    ),
)

TERMS: Final[Mapping[tuple[str, str], tuple[Term, ...]]] = {
    ("编号", "Ids"): IDENTIFIERS,
    ("时间", "Time"): TIMES,
    ("版本", "Versions"): VERSIONS,
}
