"""What this service tells people when something cannot be done: code → (Chinese, English). Texts only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.common import problems
from services.workflow.calendar_files import CalendarError

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "chain_broken": (
        "日志从第 {row} 条起与校验链不符，不能据此重建状态；请从备份恢复",
        "from row {row} on the log does not fit its chain, so the state cannot be rebuilt from it; restore a backup",
    ),
    "past_unreadable": (
        "这段日志与校验链不符，或者现在的程序读不通，不能重演；请运行 huiyin workflow audit 核对",
        "this part of the log does not fit its chain, or today's engine cannot follow it; run huiyin workflow audit",
    ),
    "past_due": (
        "这项任务 {due} 到期，期满后流程已按规则继续。{why}",
        "this task was due on {due}; the process has gone on by its rules. {why}",
    ),
    "case_ended": (
        "流程实例 {case} 已结束，不再接收这条消息。不用处理的请作废；又有环节等待时再重放",
        "the case {case} has ended and takes no more messages; discard this one, or replay it when something waits",
    ),
    "all_cases_ended": (
        "建议 {matter} 的流程实例都已结束，不再接收这条消息。不用处理的请作废；又有环节等待时再重放",
        "all cases of the matter {matter} have ended and take no more messages; discard this one, or replay it when"
        " something waits",
    ),
    "claimed": ("同事已经领取这项任务", "a colleague has already taken this task"),
    "incident": (
        "已收到并保存，但流程执行出错（事件 {number}），管理员处理后会自动继续",
        "received and kept, but the process failed (incident {number}); it goes on after the repair",
    ),
    "incident_closed": ("该事件已处理", "this incident has already been resolved"),
    "key_reused": (
        "同一个 Idempotency-Key 用于了不同的请求",
        "this Idempotency-Key was used for another request",
    ),
    "no_process": ("流程版本 {version} 没有声明 {message} 的入口", "{version} has no entry for {message}"),
    "no_version": ("没有可用的流程版本：{version}", "no process version in force: {version}"),
    "no_such_version": ("没有这个流程版本", "there is no such process version"),
    "no_calendar": ("没有日历 {calendar}", "there is no calendar {calendar}"),
    "bad_calendar": ("{text}", "{text_en}"),
    "version_exists": (
        "版本 {version} 已存在且内容不同，请提高修订号",
        "version {version} exists with other content, raise the revision",
    ),
    "wrong_status": ("该版本当前状态不允许此操作", "the version's status does not allow this"),
    "version_kept": (
        "版本 {version} 启用过，日志要靠它重放，不能删除；正在办理 {running} 个流程实例。不再使用的请停用",
        "{version} has been in force and logs are replayed with it; {running} cases run. It can only be retired",
    ),
    "version_has_drafts": (
        "有草稿以版本 {version} 为基础，不能删除",
        "drafts are based on {version}, it cannot be deleted",
    ),
    "own_submission": ("发布须由另一人审定，提交人不能审定自己提交的版本", "a second person must approve"),
    "no_draft": ("没有这份草稿", "there is no such draft"),
    "draft_closed": ("这份草稿已提交或放弃，不能再改", "this draft was submitted or given up"),
    "draft_conflict": (
        "没有保存：{by} 在您打开之后改过这份草稿。请重新打开页面，再改一次",
        "not saved: {by} has changed this draft since you opened it; open the page again",
    ),
    "bad_target": (
        "不能转到版本 {version}：应当是同一地方另一个启用的版本",
        "cases cannot go to {version}: choose another version of the same place that is in force",
    ),
    "nothing_to_revert": (
        "换版之后流程又往前走了，或者没有换过版，不能撤销",
        "there is no migration to take back, or the case has gone on since",
    ),
    "migration_acted": (
        "换版时流程已经按新版本往前走了一步，不能撤销",
        "the new version has already let the case go on; it cannot be taken back",
    ),
    "urged_today": ("今天已经催办过", "urged already today"),
    "already_instance": ("该单位已在会办", "this unit handles it already"),
    "not_regroupable": (
        "还没有交办，或者各单位都已办完，不能变更承办方式；交办以前请在交办时确定分工",
        "no units handle the matter now; before the handover, decide with the handover",
    ),
    "same_division": (
        "填写的分工与现在相同，没有需要变更的",
        "this is who handles the matter already, nothing would change",
    ),
    "late_division": (
        "有的单位已经办完自己的部分（如已印发答复），不能再这样分工；请只变更还在办理的单位",
        "a unit has done its part already, such as replied; change only who still works",
    ),
    "never_ends": (
        "不能改到这个环节：几路并行办理中，汇合处要等的另一路不会再来，流程就办不完。"
        "请改到分开之前或汇合之后的环节，并把并行的其他任务一起移走",
        "it cannot go there: where parallel ways meet, one would wait for ever and the case never end; choose a step"
        " before they part or after they meet, and move the other tasks beside it as well",
    ),
    "not_running": ("会办没有在进行，不能增加会办单位", "no units handle it side by side now"),
    "unknown_point": ("流程没有这个扩展点", "the package has no such extension point"),
    "bad_package": ("流程包未通过检查", "the package did not pass its checks"),
}

ENGINE: Final[dict[str, tuple[str, str]]] = {
    "deadline_shortened": ("有期限会提前", "a running deadline would end earlier"),
    "incident": ("执行出错，已记为异常", "it failed and is kept as an incident"),
    "already_instance": ("该环节已在办理", "this instance is already running"),
    "bad_key": ("键不是文本或数字", "a key is neither text nor number"),
    "bad_remark": ("检查用的决策表没有给出规定的内容", "a table of checks gives what is no remark"),
    "bad_offset": ("定时的偏移写法不对", "the offset of a timer cannot be read"),
    "bad_timer": ("定时写法不对", "a timer cannot be read"),
    "bad_amount": ("期限写法不对", "the deadline table gives an amount that cannot be read"),
    "case_finished": ("流程已结束", "the case has ended"),
    "never_ends": (
        "汇合网关要等的另一路不会再来，流程办不完",
        "a join would wait in vain, the case would never end",
    ),
    "no_such_case": ("没有这个流程实例", "there is no such case"),
    "other_version": ("流程已经不在原版本", "the case is no longer of that version"),
    "decision": ("决策表执行出错", "a decision table failed"),
    "deadline_rule": ("期限表执行出错", "the deadline table failed"),
    "different_scopes": ("这些任务不在同一范围内", "these tasks stand in different scopes"),
    "engine": ("流程引擎出错", "the engine failed"),
    "expression": ("表达式执行出错", "an expression failed"),
    "instances_not_a_list": ("多实例的集合不是列表", "the collection of a multi-instance is no list"),
    "instances_not_a_number": ("多实例的次数不是数字", "the count of a multi-instance is no number"),
    "message_not_a_record": ("消息内容不是记录", "the message's data is no record"),
    "message_without_key": ("消息没有键", "the message has no key"),
    "missing_input": ("子流程缺少输入", "a called process lacks an input"),
    "missing_output": ("子流程缺少输出", "a called process lacks an output"),
    "no_deadline_rule": ("期限表中没有命中的行", "no row of the deadline table applies"),
    "no_deadline_table": ("没有期限表", "there is no deadline table"),
    "no_flow": ("网关没有可走的分支", "no branch of a gateway applies"),
    "no_person": ("没有指定人员", "no person is named"),
    "no_unit": ("没有指定单位", "no unit is named"),
    "not_delegated": ("任务没有委托给别人", "nobody was asked to act"),
    "not_recallable": ("后续环节已经开始，不能撤回", "somebody has gone on from it"),
    "recall_joined": ("几路办理已经汇合，不能撤回", "it has been joined with the work of others"),
    "recall_ended": ("本段流程已经结束，不能撤回", "its part of the process has ended"),
    "recall_sent": ("已经对外发出，不能撤回", "something was sent to others with it"),
    "recall_beside": ("几方同时办理，不能撤回", "several do it side by side"),
    "consultation_open": ("加签意见尚未答复", "an opinion asked for is still open"),
    "no_way_back": ("流程图没有说明退回到哪里", "the diagram does not say where to go back to"),
    "not_a_date": ("不是日期", "not a date"),
    "not_a_person": ("流程图没有给出唯一的办理人", "the diagram does not name one person"),
    "not_a_record": ("流程图给出的内容不是记录", "what the diagram hands on is no record"),
    "not_plain": ("内容含有无法保存的值", "the content has a value that cannot be stored"),
    "not_regroupable": ("还没有交办，或者已经办完，不能变更承办方式", "no units handle the matter now"),
    "same_division": ("与现在的分工相同", "this is who handles the matter already"),
    "late_division": (
        "有的单位已经办完自己的部分，不能再这样分工",
        "a unit has done its part already, the matter cannot be divided like this any more",
    ),
    "not_accepted": ("当前环节不接收这种记录", "this record is not accepted now"),
    "not_an_instance": ("该任务不属于并行办理", "the task stands in no parallel part"),
    "not_running": ("该环节未在运行", "this element is not running"),
    "nothing_to_cancel": ("没有选择任务", "no task was chosen"),
    "runaway": ("流程不停地空转", "the process runs without end"),
    "several_places": (
        "有几处都可以登记这种记录，请在具体任务上登记",
        "the record may be added in several places, add it at a task",
    ),
    "state_damaged": ("保存的状态无法读取", "the stored state cannot be read"),
    "bad_migration": ("迁移的版本、环节对照或期限选项不正确", "the migration's version, map or dates are wrong"),
    "migration_missing": (
        "目标版本没有这个环节，对照表也没有写明",
        "the target has no such element and the map names none",
    ),
    "migration_box_missing": ("目标版本没有正在办理的子流程", "the target lacks the sub-process that is running"),
    "migration_kind": ("目标版本的同名环节是另一种类型", "the element is of another kind in the target"),
    "migration_instances": ("只有一个版本是并行或逐个办理", "it is multi-instance in only one of the versions"),
    "migration_starved": (
        "转过去以后，汇合网关要等的另一路永远不会来",
        "the join would wait for ever for a token on another flow",
    ),
    "migration_join": ("汇合网关前的连线在目标版本中没有了", "a token waits at a join for a flow the target lacks"),
    "state_format": ("保存的状态格式不符", "the stored state has another format"),
    "subscription_taken": ("另一流程已在等待同一消息", "another case already waits for the same message"),
    "timer_gone": ("定时已取消", "the timer is gone"),
    "too_many_instances": ("并行办理的数量过多", "too many instances"),
    "unknown_deadline": ("没有这个期限", "there is no such deadline"),
    "unknown_decision": ("没有这个决策表", "there is no such decision table"),
    "unknown_element": ("流程图中没有这个环节", "the diagram has no such element"),
    "unknown_process": ("没有这个流程", "there is no such process"),
    "unknown_stimulus": ("不认识的操作", "unknown stimulus"),
    "unknown_verb": ("不认识的操作", "unknown verb"),
}
"""Words for the codes of the engine's errors, as incidents show them."""

REFUSALS: Final[Mapping[str, str]] = {"not_recallable": "recall_late"} | {
    code: code
    for code in (
        *("already_instance", "consultation_open", "not_running", "never_ends"),
        *("nothing_to_revert", "migration_acted"),
        *("not_regroupable", "same_division", "late_division"),
        *("recall_joined", "recall_ended", "recall_sent", "recall_beside"),
    )
}
"""Refusals of the engine that have words of their own; any other is not_expected."""

problems.register(TEXTS)


def refusal(code: str) -> problems.Problem:
    """What people are told when the engine does not take a stimulus."""
    return problems.Problem(REFUSALS.get(code, "not_expected"), 409)


def bad_calendar(error: CalendarError) -> problems.Problem:
    """What is told of a calendar that cannot be used."""
    return problems.Problem("bad_calendar", 422, text=error.text, text_en=error.text_en)


def words_for(code: str) -> tuple[str, str]:
    """An incident's code in words; the code itself for one without words."""
    return ENGINE.get(code, (code, code))
