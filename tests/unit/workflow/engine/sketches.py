"""Whole little diagrams for example tests: nodes, and paths written as ids in a row."""

from itertools import count, pairwise

from tests.unit.workflow.engine import drawing as d

_numbers = count(1)

Path = str | tuple[str, str] | tuple[str, str, str]
"""Ids in a row; with a condition on the first flow; with the id of that flow."""


def flows(*paths: Path) -> str:
    """The sequence flows along some paths."""
    parts = []
    for path in paths:
        row, condition, key = (path, "", "") if isinstance(path, str) else (*path, "", "")[:3]
        for number, (source, target) in enumerate(pairwise(row.split())):
            inside = ""
            if condition and not number:
                inside = f"<bpmn:conditionExpression>{d.quoted(condition)}</bpmn:conditionExpression>"
            flow = key if key and not number else f"f{next(_numbers)}"
            parts.append(
                f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'
            )
    return "".join(parts)


def sketch(
    nodes: str,
    *paths: Path,
    ext: str = "",
    more: str = "",
    messages: tuple[str, ...] = (),
    signals: tuple[str, ...] = (),
) -> bytes:
    """A file with the process `P` (and whatever `more` is); start and end event are drawn already."""
    process = d.process("P", d.START, d.END, nodes, flows(*paths), ext=ext)
    return d.document(more, process, messages=messages, signals=signals)


def scope(key: str, nodes: str, *paths: Path, tag: str = "subProcess", ext: str = "", extra: str = "") -> str:
    """A sub-process with its own start and end, `<key>_start` and `<key>_end`; `extra` are loop characteristics."""
    inside = d.node("startEvent", f"{key}_start") + d.node("endEvent", f"{key}_end") + nodes + flows(*paths)
    return d.node(tag, key, inside, extra, ext=ext)


def called(key: str, nodes: str, *paths: Path, ext: str = "") -> str:
    """Another process of the file, with `<key>_start` and `<key>_end`."""
    inside = d.node("startEvent", f"{key}_start") + d.node("endEvent", f"{key}_end") + nodes + flows(*paths)
    return d.process(key, inside, ext=ext)


def error(code: str, key: str = "") -> str:
    """An error definition for an end or boundary event; without a code it catches every error."""
    return f'<bpmn:errorEventDefinition errorRef="err_{code}"/>' if code else "<bpmn:errorEventDefinition/>"


def escalation(code: str) -> str:
    """An escalation definition."""
    return f'<bpmn:escalationEventDefinition escalationRef="esc_{code}"/>'


def signal(name: str) -> str:
    """A signal definition."""
    return f'<bpmn:signalEventDefinition signalRef="sig_{name}"/>'


def conditional(source: str) -> str:
    """A conditional definition."""
    return (
        "<bpmn:conditionalEventDefinition><bpmn:condition>"
        f"{d.quoted(source)}</bpmn:condition></bpmn:conditionalEventDefinition>"
    )


def codes(*names: str) -> str:
    """The errors and escalations a file declares."""
    return "".join(
        f'<bpmn:error id="err_{name}" name="{name}" errorCode="{name}"/>'
        f'<bpmn:escalation id="esc_{name}" name="{name}" escalationCode="{name}"/>'
        for name in names
    )


def table(key: str, inputs: str, outputs: str, *rows: str, policy: str = "FIRST") -> bytes:
    """A decision table: names of inputs and outputs by blanks, cells of a row by `|`."""
    head = "".join(
        f"<input id='in_{n}'><inputExpression id='ie_{n}'><text>{text}</text></inputExpression></input>"
        for n, text in enumerate(inputs.split())
    )
    head += "".join(f"<output id='out_{n}' name='{name}'/>" for n, name in enumerate(outputs.split()))
    width, body = len(inputs.split()), ""
    for number, row in enumerate(rows):
        cells = [cell.strip() for cell in row.split("|")]
        body += f"<rule id='r{number}'>"
        for place, cell in enumerate(cells):
            tag = "inputEntry" if place < width else "outputEntry"
            body += f"<{tag} id='c{number}_{place}'><text>{d.quoted(cell)}</text></{tag}>"
        body += "</rule>"
    return (
        "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' id='defs' name='t' namespace='urn:t'>"
        f"<decision id='{key}' name='{key}'><decisionTable id='t_{key}' hitPolicy='{policy}'>{head}{body}"
        "</decisionTable></decision></definitions>"
    ).encode()


DEADLINES = table(
    "D03",
    "deadline",
    "amount roll basis",
    '"reply" | "3m" | "next_working_day" | "条例第十条"',
    '"week" | "5wd" | "next_working_day" | ""',
    '"day" | "1d" | "none" | ""',
    '"fixed" | "2026-05-31" | "none" | ""',
)
