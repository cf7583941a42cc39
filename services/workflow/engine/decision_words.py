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
    "dmn_duplicate_id": Words(
        "id “{id}”出现了 {count} 次{at}",
        "the id '{id}' occurs {count} times{at_en}",
        "给每一行、每一格各自的 id；用建模工具复制的行会自动换新 id",
        "give every row and cell an id of its own; a modeler does so for copied rows",
    ),
    "dmn_wrong_type": Words(
        "第 {row} 行（{rule}）{more}第 {column} 格的 {value} 不是“{title}”声明的类型 {type}",
        "row {row} ({rule}){more_en}, cell {column}: {value} is not of the column's type {type}",
        "改正该格（文本加引号，数字不加），或在表头改列的类型（typeRef）",
        "correct the cell (quote texts, not numbers), or the type in the column's head (typeRef)",
    ),
    "dmn_no_output": Words(
        "第 {row} 行（{rule}）没有填写任何输出，命中时各输出都是空值",
        "row {row} ({rule}) has no output at all: hit, it gives nothing but nulls",
        "填写输出；确实没有就写 null",
        "fill in the outputs; write null where there is none",
    ),
    "dmn_default_output": Words(
        "输出列的默认值（defaultOutputEntry）不会执行",
        "the default output (defaultOutputEntry) is not executed",
        "改用 FIRST，最后加一行输入全为 - 的规则",
        "use FIRST with a last row of - in every input",
    ),
    "dmn_dead_rule": Words(
        "第 {row} 行（{rule}）永远不会命中：“{title}”不会符合 {cell}",
        "row {row} ({rule}) is never hit: cell {column}, {cell}, is true of nothing the input can be",
        "检查代码有没有写错，范围有没有颠倒；不需要就删除该行",
        "look for a misspelt code or ends of a range in the wrong order, or delete the row",
    ),
    "dmn_overlap": Words(
        "第 {row} 行（{rule}）与第 {other} 行（{other_rule}）{more}重叠，例如 {example}",
        "row {row} ({rule}) overlaps row {other} ({other_rule}){more_en}, for instance {example_en}",
        "把条件区分开；要按先后取第一行，就把命中策略改为 FIRST",
        "tell their conditions apart; if the first of them shall count, use FIRST",
    ),
    "dmn_more": Words(
        "另有 {count} 行有同样的问题，没有列出",
        "{count} more rows have the same problem and are not listed",
        "先改正列出的各行，再检查一次",
        "correct the listed rows first, then check again",
    ),
    "dmn_undecided_overlap": Words(
        "无法判断第 {row} 行（{rule}）与第 {other} 行（{other_rule}）等 {count} 对规则是否重叠，"
        "这些格子含变量或函数：{cells}",
        "cannot tell whether {count} pairs of rows overlap, first row {row} ({rule}) and {other} ({other_rule}); these"
        " cells use variables or functions: {cells_en}",
        "改写为数值、文本、日期、范围或 not(…)，把计算移到表头的输入表达式；或改用 FIRST",
        "write values, dates, ranges or not(...) and move the calculation into the column's head; or use FIRST",
    ),
    "dmn_shadowed": Words(
        "第 {row} 行（{rule}）永远轮不到：第 {other} 行（{other_rule}）总是先命中",
        "row {row} ({rule}) is never reached: row {other} ({other_rule}) always hits first",
        "把它移到第 {other} 行之前，或删除",
        "move it before row {other}, or delete it",
    ),
    "dmn_shadowed_together": Words(
        "第 {row} 行（{rule}）永远轮不到：前面各行合起来总是先命中",
        "row {row} ({rule}) is never reached: the rows before it together always hit first",
        "把它移到前面，或删除",
        "move it up, or delete it",
    ),
    "dmn_gap": Words(
        "有的输入没有一行命中，例如 {example}",
        "some inputs are answered by no row, for instance {example_en}",
        "补一行；或改用 FIRST 并在最后加一行全为 - 的规则；不会出现的值，在表头的预定义值（inputValues）中排除",
        "add a row, or use FIRST with a last row of -; leave values that never occur out of the column's inputValues",
    ),
    "dmn_undecided_gap": Words(
        "无法判断是否每个输入都有一行命中，这些格子含变量或函数：{cells}",
        "cannot tell whether every input is answered; these cells use variables or functions: {cells_en}",
        "改用 FIRST 并在最后加一行全为 - 的规则，或改写这些格子",
        "use FIRST with a last row of -, or rewrite these cells",
    ),
    "dmn_not_analysed": Words(
        "表太大（{rows} 行 {columns} 列），重叠和遗漏没有全部检查",
        "the table is too large ({rows} rows, {columns} columns): not all overlaps and gaps were looked for",
        "拆成几张表，或减少条件不同的列",
        "split it into several tables, or use fewer columns",
    ),
}
