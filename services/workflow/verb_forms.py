"""What a verb asks of whoever uses it: one small form each, for pages, HTTP and the queue alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.workflow.picklists import Place

_NOTE: Final = {
    "type": "string",
    "title": "说明",
    "x-title-en": "Note",
    "x-widget": "textarea",
    "x-text": True,
    "maxLength": 1000,
}
_PERSON: Final = {
    "type": "string",
    "title": "交给谁",
    "x-title-en": "Who",
    "x-options": "unit_people",
    "x-widget": "select",
}
_ROLE: Final = {
    "type": "string",
    "title": "角色",
    "x-title-en": "Role",
    "x-options": "unit_roles",
    "x-widget": "select",
}
_UNIT: Final = {"type": "string", "title": "单位", "x-title-en": "Unit", "x-options": "units", "x-widget": "select"}
_REASON: Final = {**_NOTE, "title": "退回原因", "x-title-en": "Why it goes back", "minLength": 2}
_QUESTION: Final = {**_NOTE, "title": "征求什么意见", "x-title-en": "What is asked", "minLength": 2, "maxLength": 2000}
_URGE: Final = {**_NOTE, "title": "催办内容", "x-title-en": "What to say", "minLength": 2}


def _form(zh: str, en: str, hint: tuple[str, str], *required: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "title": zh,
        "x-title-en": en,
        "description": hint[0],
        "x-description-en": hint[1],
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "return": _form(
        "退回",
        "Give back",
        (
            "退回到上一个办理环节，已填写的内容不会提交。",
            "Goes back to the step before; what is filled in is not sent.",
        ),
        "note",
        note=_REASON,
        to={"type": "string", "x-widget": "hidden"},
    ),
    "transfer": _form(
        "转办",
        "Pass on",
        ("改由其他单位或角色办理，任务编号和期限不变。", "Another unit or role does it; number and deadline stay."),
        unit=_UNIT,
        role={**_ROLE, "x-options": "roles"},
        person={"type": "string", "x-widget": "hidden"},
        note=_NOTE,
    ),
    "reassign": _form(
        "转给同事",
        "Pass to a colleague",
        (
            "交给同事或本单位的其他角色办理，期限不变。",
            "A colleague or another role of the unit does it; the deadline stays.",
        ),
        person=_PERSON,
        role={**_ROLE, "title": "或者交给某个角色", "x-title-en": "Or which role"},
        note=_NOTE,
    ),
    "delegate": _form(
        "委托",
        "Delegate",
        (
            "请同事代为办理。任务仍属原角色，随时可以取回；日志写明两个人的姓名。",
            "A colleague acts for you. The task stays yours, you may take it back; the log names both.",
        ),
        "person",
        person={**_PERSON, "title": "委托给", "x-title-en": "To"},
        note=_NOTE,
    ),
    "undelegate": _form("取回委托", "Take back", ("由自己继续办理。", "You do it yourself again.")),
    "consult": _form(
        "加签",
        "Ask for an opinion",
        (
            "办理前再听一个人的意见。对方答复或您撤回之前，这项任务不能提交。",
            "Somebody else is asked first. Until there is an answer, or you withdraw the question, the task waits.",
        ),
        "text",
        person={**_PERSON, "title": "征求谁的意见", "x-title-en": "Who is asked"},
        unit={**_UNIT, "title": "或者某个单位", "x-title-en": "Or of which unit"},
        role={**_ROLE, "title": "或者某个角色", "x-title-en": "Or which role"},
        text=_QUESTION,
    ),
    "withdraw_consult": _form(
        "撤回加签",
        "Withdraw the question",
        ("不再等待答复。", "No answer is awaited any more."),
    ),
    "urge": _form(
        "催办",
        "Urge",
        ("给办理人发一条催办通知，并记入办理记录。", "Whoever has the task is told, and it is kept as a record."),
        "text",
        text=_URGE,
        level={
            "type": "string",
            "title": "催办级别",
            "x-title-en": "Level",
            "description": "如：电话催办、催办单、督办单。",
            "x-description-en": "Such as 电话催办 (call), 催办单 (reminder), 督办单 (order).",
            "maxLength": 40,
        },
        again={"type": "boolean", "title": "今天已催办过，仍要再次催办", "x-title-en": "Urge again today"},
    ),
    "recall": _form(
        "撤回",
        "Take back",
        (
            "把刚办完的任务拿回来重新办理；后续环节尚未动过才可以。",
            "The task is open again, as long as nobody has gone on from it.",
        ),
    ),
    "add_co_handler": _form(
        "增加会办单位",
        "Add a co-handling unit",
        ("会办进行中再增加一个单位，期限从现在起算。", "One unit more beside those that handle it now."),
        "unit",
        unit={**_UNIT, "title": "会办单位", "x-title-en": "Unit"},
        part={"type": "string", "title": "承办内容", "x-title-en": "Its part", "maxLength": 500},
        element={"type": "string", "x-widget": "hidden"},
    ),
}
"""By verb. Lists are named with `x-options` and written out where the form is used."""


def of(verb: str, place: Place, *, anywhere: bool) -> dict[str, Any]:
    """The form of a verb on a task; inside a unit nobody reaches beyond it unless he may act `anywhere`."""
    form = FORMS[verb]
    properties = dict(form["properties"])
    if verb == "consult":
        if place.unit is not None and not anywhere:
            properties.pop("unit")
        else:
            properties["role"] = {**properties["role"], "x-options": "roles"}
    if verb == "reassign" and place.unit is None:
        properties.pop("role")
    return {**form, "properties": properties}
