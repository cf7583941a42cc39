"""How an expression can go wrong, with the words a process owner reads."""

from __future__ import annotations

from typing import ClassVar

TEXTS: dict[str, tuple[str, str]] = {
    # refused when compiled
    "empty": ("表达式为空", "the expression is empty"),
    "too_long": ("表达式太长：{}", "the expression is too long: {}"),
    "too_complex": ("表达式太复杂：{}", "the expression is too complex: {}"),
    "bad_symbol": ("不认识的符号 {}", "unknown symbol {}"),
    "bad_text": ("文本写法不对：{}", "badly written text: {}"),
    "bad_number": ("数字写法不对：{}", "badly written number: {}"),
    "bad_syntax": ("语法不对：{}", "bad syntax: {}"),
    "private_name": ("名称不能以下划线开头：{}", "a name must not start with an underscore: {}"),
    "not_needs_brackets": ("“!”后有比较，请写成 !(…)", "a comparison follows '!': write !(...)"),
    "feel_place": (
        "以 = 开头的 FEEL 从 1 数起，这里从 0 数起，请改写：{}",
        "FEEL, which begins with '=', counts from 1; here it is from 0: {}",
    ),
    "not_allowed": ("不允许的写法：{}", "this construct is not allowed: {}"),
    "unknown_function": ("没有这个函数：{}", "there is no such function: {}"),
    "wrong_arguments": ("函数参数不对：{}", "wrong arguments: {}"),
    "is_needs_constant": ("is 只能与 None、True、False 比较", "'is' compares with None, True or False only"),
    "needs_question": ("用 ? 代表输入值，例如 ? > 5：{}", "write ? for the input, as in ? > 5: {}"),
    "bad_target": ("不能给它赋值：{}", "cannot assign to {}"),
    # failed when evaluated
    "unknown_variable": ("没有变量 {}", "there is no variable {}"),
    "no_value": ("缺少值，无法比较大小：{}", "a value is missing and cannot be ordered: {}"),
    "incomparable": ("两者不能比较大小：{}", "these cannot be ordered: {}"),
    "not_searchable": ("in 右边须是列表、记录或文本，而不是 {}", "cannot search with 'in' in {}"),
    "not_a_record": ("它没有字段：{}", "it has no fields: {}"),
    "bad_key": ("键的类型不对：{}", "wrong type of key: {}"),
    "not_a_number": ("不是数字：{}", "not a number: {}"),
    "not_a_list": ("不是列表：{}", "not a list: {}"),
    "not_a_text": ("不是文本：{}", "not a text: {}"),
    "not_a_date": ("不是日期：{}", "not a date: {}"),
    "not_plain": ("不是普通数据：{}", "not plain data: {}"),
    "no_items": ("列表为空：{}", "the list is empty: {}"),
    "division_by_zero": ("除数为零", "division by zero"),
    "too_large": ("结果太大：{}", "the result is too large: {}"),
    "budget": ("计算步数超过上限", "the evaluation took too many steps"),
    "unique_violated": ("唯一命中的决策表命中了多行：{}", "a UNIQUE decision table hit several rows: {}"),
    "refused_decision": ("决策表有错误，不能执行：{}", "the decision table has errors and cannot run: {}"),
}


class ExpressionError(Exception):
    """An expression is refused or failed.

    `code` is stable (a key of TEXTS), `detail` names the culprit (`detail_zh` where it is a word),
    `text` and `text_en` are the sentences for people, `source` is the expression (or the row of a decision
    table) once known.
    """

    texts: ClassVar[dict[str, tuple[str, str]]] = TEXTS

    def __init__(self, code: str, detail: str = "", detail_zh: str = "") -> None:
        self.code = code
        self.detail = detail[:200]
        self.detail_zh = detail_zh or self.detail
        self.source = ""
        super().__init__(code, self.detail)

    @property
    def text(self) -> str:
        """The Chinese sentence."""
        return self._word(self.texts[self.code][0], self.detail_zh, "（表达式：{}）")

    @property
    def text_en(self) -> str:
        """The English sentence."""
        return self._word(self.texts[self.code][1], self.detail, " (expression: {})")

    def _word(self, sentence: str, detail: str, where: str) -> str:
        sentence = sentence.format(detail)
        return sentence + where.format(self.source[:200]) if self.source else sentence

    def __str__(self) -> str:
        return f"{self.code}: {self.text_en}"


class Forbidden(ExpressionError):
    """The source is not part of the language; it never runs."""


class Failed(ExpressionError):
    """The source is fine, the values it met are not."""
