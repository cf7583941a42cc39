"""Every finding about a package in words: what is wrong, and how to cure it, Chinese and English."""

from __future__ import annotations

from typing import Final

from services.workflow.engine.findings import Finding, Severity, Words, word

WORDS: Final = {
    "no_settings": Words(
        "缺少 package.yaml", "package.yaml is missing", "新建 package.yaml，格式见说明", "add package.yaml"
    ),
    "bad_yaml": Words(
        "YAML 格式错误（第 {line} 行）",
        "not well-formed YAML (line {line})",
        "检查缩进和冒号",
        "check indentation and colons",
    ),
    "bad_setting": Words(
        "设置“{path}”不正确：{detail}", "the setting '{path}' is wrong: {detail}", "按格式说明修改", "see the format"
    ),
    "unknown_file": Words(
        "流程包里不应有这个文件", "a package has no such file", "删除，或放到规定的目录并改名", "delete or rename it"
    ),
    "not_utf8": Words("文件不是 UTF-8 编码", "the file is not UTF-8", "另存为 UTF-8", "save it as UTF-8"),
    "too_large": Words(
        "流程包太大（最多 {files} 个文件、{megabytes} MB）",
        "the package is too large (at most {files} files, {megabytes} MB)",
        "删除不用的文件",
        "delete what is not needed",
    ),
    "bad_archive": Words(
        "不是流程包文件", "not a packed process package", "请使用本系统导出的文件", "use a file exported by this system"
    ),
    "bad_scenario": Words(
        "场景文件不正确：{detail}", "the scenario is wrong: {detail}", "按场景格式修改", "see the scenario format"
    ),
    "unknown_calendar_zone": Words(
        "时区“{zone}”不存在", "there is no time zone '{zone}'", "改为 Asia/Shanghai", "use Asia/Shanghai"
    ),
    "other_calendar": Words(
        "calendar.yaml 写的是叠加在“{base}”上，本流程包用的日历是“{name}”",
        "calendar.yaml lies over '{base}', the package counts by '{name}'",
        "把 overlay 改为本流程包的日历",
        "let overlay name the package's calendar",
    ),
    "unknown_deadline_table": Words(
        "期限表“{name}”不在 decisions 目录中",
        "the table of deadlines '{name}' is not among the decisions",
        "改正 deadlines 设置，或补上该表",
        "correct the setting, or add the table",
    ),
    "bad_deadline_table": Words(
        "期限表缺少输入 deadline 或输出“{name}”",
        "the table of deadlines lacks the input deadline or the output '{name}'",
        "补上该列",
        "add the column",
    ),
    "bad_check_table": Words(
        "提交前检查用的决策表缺少输出“{name}”",
        "a table that checks answers lacks the output '{name}'",
        "补上 severity（error 或 warning）、path、text、text_en 四列",
        "give it the outputs severity (error or warning), path, text and text_en",
    ),
    "bad_amount": Words(
        "期限长度“{amount}”不正确",
        "'{amount}' is no length of a deadline",
        "写成 5wd、10d、3m 或 2026-06-30",
        "write 5wd, 10d, 3m or 2026-06-30",
    ),
    "unknown_entry_message": Words(
        "没有名为“{name}”的消息", "there is no message '{name}'", "从消息目录中选择", "choose one of the catalogue"
    ),
    "unknown_process": Words(
        "没有 id 为“{name}”的流程", "there is no process '{name}'", "改正流程 id，或补上流程图", "correct it or add it"
    ),
    "unknown_message": Words(
        "消息“{name}”既不在消息目录中，也没有流程抛出或接收它",
        "nothing sends or receives the message '{name}'",
        "从消息目录中选择，或画出另一端",
        "choose one of the catalogue, or draw the other end",
    ),
    "duplicate_id": Words(
        "id “{id}”在另一文件 {other} 中也出现",
        "the id '{id}' also occurs in {other}",
        "换一个全包唯一的 id",
        "use an id that is unique in the package",
    ),
    "unknown_hy": Words(
        "没有 hy:{name} 这个元素", "there is no hy:{name}", "从步骤目录中选择", "see the list of hy: elements"
    ),
    "unknown_hy_attribute": Words(
        "hy:{name} 没有属性“{attribute}”",
        "hy:{name} has no attribute '{attribute}'",
        "删除或改正该属性",
        "delete or correct it",
    ),
    "missing_hy_attribute": Words(
        "hy:{name} 缺少属性“{attribute}”", "hy:{name} lacks '{attribute}'", "补上该属性", "add the attribute"
    ),
    "task_without_role": Words("任务没有指定由哪个角色办理", "the task has no role", "选择办理角色", "choose a role"),
    "task_without_form": Words("任务没有表单", "the task has no form", "选择表单", "choose a form"),
    "task_without_deadline": Words("任务没有期限", "the task has no deadline", "选择期限", "choose a deadline"),
    "unknown_role": Words(
        "角色“{name}”没有在 package.yaml 中登记",
        "the role '{name}' is not in package.yaml",
        "从角色表中选择，或登记该角色",
        "choose a role, or add it",
    ),
    "unit_expected": Words(
        "角色“{name}”属于单位，任务却没有指明单位",
        "the role '{name}' is held in a unit, but the task names no unit",
        "填写单位表达式",
        "name the unit",
    ),
    "person_expected": Words(
        "角色“{name}”属于建议的代表，任务却没有指明是哪一位",
        "the role '{name}' is held by each proposer alone, but the task names no person",
        "填写 person 表达式，如 matter.lead_proposer",
        "name the person, such as matter.lead_proposer",
    ),
    "unknown_form": Words(
        "表单“{name}”不在 forms 目录中", "the form '{name}' is not among the forms", "选择或补上", "choose or add it"
    ),
    "unknown_deadline": Words(
        "期限“{name}”在这里不生效",
        "the deadline '{name}' is not in force here",
        "在本任务、外层子流程或流程上声明该期限",
        "declare it on the task, the sub-process or the process",
    ),
    "unknown_deadline_rule": Words(
        "期限表里没有“{name}”这一行",
        "the table of deadlines has no row for '{name}'",
        "在期限表中补一行",
        "add a row to the table",
    ),
    "unknown_record": Words(
        "没有记录类型“{name}”", "no record type '{name}'", "从记录目录中选择", "choose one of the catalogue"
    ),
    "unknown_template": Words(
        "文本模板“{name}”不存在", "there is no text template '{name}'", "在 texts 目录中补上", "add it to texts"
    ),
    "unknown_state": Words(
        "“{name}”不是规定的办理状态", "'{name}' is no state of a matter", "从状态表中选择", "choose a state of the list"
    ),
    "unknown_decision": Words(
        "决策表“{name}”不在 decisions 目录中",
        "the decision '{name}' is not among the decisions",
        "选择或补上决策表",
        "choose or add it",
    ),
    "unknown_extension_point": Words(
        "扩展点“{name}”没有在 package.yaml 中登记，或流程不一致",
        "the extension point '{name}' is not in package.yaml, or names another process",
        "登记扩展点，使流程一致",
        "register it with this process",
    ),
    "unknown_interrupt_target": Words(
        "中断目标“{name}”不在本流程中",
        "the interrupt target '{name}' is not in this process",
        "改为本流程中的元素",
        "name an element of this process",
    ),
    "unknown_interrupt_reason": Words(
        "中断的原因“{name}”无法识别，可写的是 {known}",
        "an interrupt has no reason '{name}'; it may be {known}",
        "改为其中之一，或者不写（即 revoked 收回）",
        "write one of these, or none, which means revoked",
    ),
    "bad_regroup": Words(
        "hy:regroup 只用于按列表并行或逐个办理的环节，并写明 items，或者 joins 一个写了 items 的环节",
        "hy:regroup belongs to an activity over a list, with items, or it joins an activity that has them",
        "写明 items，或者把 joins 改为有 items 的环节",
        "give items, or let joins name an activity that has them",
    ),
    "bad_accepts_target": Words(
        "登记后转到的“{name}”不在这个范围内，或不能从这里开始（网关汇合、边界事件、开始事件）",
        "no branch can begin at '{name}': it is not in this scope, or a join, boundary or start event",
        "改为本流程或本子流程中的任务或事件",
        "name a task or event of this process or sub-process",
    ),
    "unknown_apart": Words(
        "须与之不同人办理的“{name}”不是本流程包中的另一项任务",
        "'{name}', which others must have done, is no other task of the package",
        "填写另一项任务的 id",
        "name another task",
    ),
    "unknown_return_target": Words(
        "退回目标“{name}”不在本流程中",
        "the return target '{name}' is not in this process",
        "改为本流程中的元素",
        "name an element of this process",
    ),
    "unknown_variable": Words(
        "变量“{name}”没有在 package.yaml 中登记",
        "the variable '{name}' is not in package.yaml",
        "从变量表中选择，或登记该变量",
        "choose a variable, or add it",
    ),
    "bad_expression": Words(
        "表达式不能使用：{detail}", "the expression cannot be used: {detail_en}", "改写表达式", "rewrite the expression"
    ),
    "local_code": Words(
        "条件里比较了本地代码“{local}”",
        "the local code '{local}' is compared in a condition",
        "改用规范代码（如 in_progress）",
        "compare canonical codes (such as in_progress)",
    ),
    "bad_offset": Words(
        "提前或推后量“{offset}”不正确",
        "'{offset}' is no offset",
        "写成 -5wd、+1wd 或 3d",
        "write -5wd, +1wd or 3d",
    ),
    "bad_clock": Words("时刻“{at}”不正确", "'{at}' is no time of day", "写成 09:00", "write 09:00"),
    "bad_address": Words(
        "通知对象“{address}”不正确",
        "'{address}' is no addressee",
        "写成 role:角色、role:角色@单位 或 person:变量",
        "write role:<role>, role:<role>@<unit> or person:<variable>",
    ),
    "dead_end": Words(
        "后面没有连线，流程会在这里无声结束",
        "nothing follows; the case would end here in silence",
        "连到下一步或结束事件",
        "connect it to the next step or an end event",
    ),
    "missing_lane": Words("元素不在任何泳道中", "the element stands in no lane", "把它放进泳道", "move it into a lane"),
    "missing_shape": Words(
        "元素没有图形，看不见", "the element has no shape and is invisible", "在建模工具中重新放置", "draw it again"
    ),
    "missing_name": Words("元素没有中文名称", "the element has no Chinese name", "写上名称", "name it"),
    "missing_label": Words(
        "“{name}”没有显示名称", "'{name}' has no display name", "在 package.yaml 的 labels 中补上", "add it to labels"
    ),
    "bad_form": Words(
        "表单不能使用：{detail}", "the form cannot be used: {detail}", "按表单格式修改", "see the form format"
    ),
    "bad_example": Words(
        "表单示例没有通过表单自己的检查：{detail}",
        "the form's own examples do not pass its check: {detail_en}",
        "补上或改正 examples",
        "add or correct the examples",
    ),
    "unused_form": Words("没有任务使用这个表单", "no task uses this form", "删除或在任务上选用", "delete it or use it"),
    "missing_language": Words(
        "文本“{name}”缺少 {language} 版本",
        "the text '{name}' has no {language} version",
        "补上 texts/{name}.{language}.txt",
        "add texts/{name}.{language}.txt",
    ),
    "bad_text": Words(
        "文本模板不能使用：{detail}", "the template cannot be used: {detail}", "按文本格式修改", "see the text format"
    ),
}


def say(
    code: str,
    *,
    file: str,
    element: str | None = None,
    severity: Severity = "error",
    **facts: object,
) -> Finding:
    """A finding about a package in words."""
    return word(WORDS, code, file=file, element=element, severity=severity, **facts)
