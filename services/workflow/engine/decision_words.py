"""What can be wrong with a decision table, in words."""

from __future__ import annotations

from services.workflow.engine.findings import Words

WORDS: dict[str, Words] = {
    "dmn_no_table": Words(
        "文件中没有决策表",
        "the file has no decision table",
        "每个 DMN 文件放一张决策表（decisionTable）",
        "put one decision table into each DMN file",
    ),
    "dmn_many_tables": Words(
        "一个文件中有 {count} 张决策表",
        "{count} decision tables in one file",
        "每张决策表单独成一个文件",
        "give each decision table its own file",
    ),
    "dmn_no_id": Words(
        "决策没有 id",
        "the decision has no id",
        "在决策上填写英文 id，流程图按它引用",
        "give the decision an English id, diagrams refer to it",
    ),
    "dmn_hit_policy": Words(
        "不支持命中策略 {policy}",
        "hit policy {policy} is not supported",
        "改用 UNIQUE（唯一）、FIRST（首个）或不带汇总的 COLLECT（全部）",
        "use UNIQUE, FIRST or COLLECT without aggregation",
    ),
    "dmn_bad_input": Words(
        "第 {column} 个输入的表达式不能用：{detail}",
        "the expression of input {column} cannot be used: {detail_en}",
        "写变量或字段，例如 matter.kind",
        "write a variable or field, such as matter.kind",
    ),
    "dmn_bad_cell": Words(
        "第 {row} 行第 {column} 格不能用：{detail}",
        "row {row}, cell {column} cannot be used: {detail_en}",
        '文本要加英文引号，例如 "session"；范围写 [1..5]；不限写 -',
        'quote texts like "session", write ranges as [1..5], anything as -',
    ),
    "dmn_row_width": Words(
        "第 {row} 行的格数与表头不符",
        "row {row} does not have as many cells as the head",
        "用建模工具重新保存该表",
        "save the table again from the modeler",
    ),
    "dmn_bad_outputs": Words(
        "输出列没有名称或名称重复：{names}",
        "output columns without name or with the same name: {names}",
        "给每个输出列一个不同的英文名称",
        "give every output column an English name of its own",
    ),
    "dmn_no_rows": Words(
        "决策表没有行，永远不会命中",
        "the table has no rows and never hits",
        "至少写一行",
        "write at least one row",
    ),
    "dmn_duplicate_row": Words(
        "第 {row} 行与第 {other} 行条件相同",
        "row {row} has the same conditions as row {other}",
        "删除其中一行，或把条件区分开",
        "delete one of them or tell their conditions apart",
    ),
}
