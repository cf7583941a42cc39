"""Loading, checking, comparing and packing process packages.

The good package is Luling's, the smaller of the cities'; every finding code is proved by a mutation that must call
it forth.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from services.workflow.packages import BadPackage, Package, check, compare, digest, load, pack, read, unpack
from services.workflow.packages.words import WORDS

FOLDER = Path(__file__).parents[3] / "processes" / "luling" / "2026"
MAIN, RECEIPT, REVIEW = "suggestion_handling.bpmn", "assignment_receipt.bpmn", "reply_review.bpmn"
CO, INTERNAL, FOLLOW = "co_handling.bpmn", "unit_internal_handling.bpmn", "b_class_followup.bpmn"
TABLE, FORM, TEXT = "decisions/D03_deadlines.dmn", "forms/receipt.json", "texts/assigned.zh.txt"
HANDOVER = 'role="gov_office" form="handover" deadline="handover"'


class Case(NamedTuple):
    """What is changed in one file of the good package, and the finding it must cause."""

    code: str
    file: str
    old: str
    new: str
    element: str | None = None


def _lane(node: str) -> str:
    return f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>"


MUTATIONS = (
    Case("bad_yaml", "package.yaml", "roles:", "roles: ["),
    Case("bad_setting", "package.yaml", "year: 2026", "year: soon", "year"),
    Case("bad_setting", "package.yaml", "scope: proposer", "scope: everybody", "roles/deputy/scope"),
    Case("bad_setting", "package.yaml", "tasks.urge", "tasks.delete"),
    Case("bad_setting", "package.yaml", "  deferred:", "  postponed:", "classes"),
    Case("unknown_calendar_zone", "package.yaml", "Asia/Shanghai", "Asia/Yunting"),
    Case("unknown_deadline_table", "package.yaml", "deadlines: D03_deadlines", "deadlines: D99", "deadlines"),
    Case("unknown_entry_message", "package.yaml", "matter.submitted:", "matter.arrived:", "entries"),
    Case("unknown_process", "package.yaml", "submitted: suggestion_handling", "submitted: nothing", "entries"),
    Case("unknown_process", "package.yaml", "process: unit_internal_handling", "process: nothing"),
    Case("unknown_process", MAIN, 'calledElement="co_handling"', 'calledElement="nothing"', "call_co_handling"),
    Case("unknown_process", MAIN, 'process="b_class_followup"', 'process="nothing"', "evt_follow_up"),
    Case("missing_label", "package.yaml", "    return_window: 退办期限\n", "", "return_window"),
    Case("bad_deadline_table", TABLE, 'name="basis"', 'name="reason"', "D03_deadlines"),
    Case("bad_amount", TABLE, '"15d"', '"15 days"', "D03_deadlines"),
    Case("unknown_deadline_rule", TABLE, '"return_window"', '"return_windows"', "task_receipt"),
    Case("unknown_message", MAIN, 'name="reply.issued"', 'name="reply.sent"', "evt_reply_issued"),
    Case("unknown_message", MAIN, 'message="matter.withdrawn"', 'message="matter.gone"', "suggestion_handling"),
    Case("duplicate_id", CO, "start_co_handling", "start_receipt", "start_receipt"),
    Case("unknown_hy", RECEIPT, '<hy:milestone state="reassigned"/>', "<hy:milestones/>", "script_reassign"),
    Case("unknown_apart", MAIN, HANDOVER, HANDOVER + ' apart="task_nothing"', "task_handover"),
    Case("unknown_apart", MAIN, HANDOVER, HANDOVER + ' apart="task_handover"', "task_handover"),
    Case(
        "bad_regroup", MAIN, '<hy:milestone state="accepted"/>', '<hy:regroup joins="call_reply"/>', "script_division"
    ),
    Case("bad_accepts_target", MAIN, 'record="contact" verb="add"', 'record="contact" to="x"', "suggestion_handling"),
    Case(
        "unknown_deadline",
        RECEIPT,
        '<hy:milestone state="reassigned"/>',
        '<hy:extend deadline="nothing" until="now"/>',
        "script_reassign",
    ),
    Case("unknown_decision", MAIN, HANDOVER, HANDOVER + ' check="D99"', "task_handover"),
    Case("bad_check_table", MAIN, HANDOVER, HANDOVER + ' check="D03_deadlines"', "D03_deadlines"),
    Case("unknown_hy_attribute", MAIN, HANDOVER, HANDOVER + ' colour="red"', "task_handover"),
    Case("missing_hy_attribute", MAIN, ' to="evt_withdrawn"', "", "suggestion_handling"),
    Case("task_without_role", MAIN, 'role="gov_office" form="handover"', 'form="handover"', "task_handover"),
    Case("task_without_form", MAIN, ' form="handover"', "", "task_handover"),
    Case("task_without_deadline", MAIN, ' deadline="handover"', "", "task_handover"),
    Case("unknown_role", MAIN, 'role="gov_office" form', 'role="mayor" form', "task_handover"),
    Case("unknown_role", MAIN, 'verb="add" role="unit_liaison"', 'verb="add" role="porter"', "suggestion_handling"),
    Case("unknown_role", MAIN, "role:congress_office", "role:parliament", "script_issue"),
    Case("unit_expected", RECEIPT, ' unit="assignment.unit" form', " form", "task_receipt"),
    Case("person_expected", MAIN, HANDOVER, HANDOVER.replace("gov_office", "deputy"), "task_handover"),
    Case("unknown_form", MAIN, 'form="handover"', 'form="take_over"', "task_handover"),
    Case("unknown_deadline", REVIEW, 'deadline="review_office"', 'deadline="feedback"', "task_review_office"),
    Case(
        "unknown_deadline", CO, 'timer deadline="co_opinion" offset="1wd"', 'timer deadline="x"', "evt_opinion_overdue"
    ),
    Case("unknown_record", MAIN, 'record="contact"', 'record="lunch"', "suggestion_handling"),
    Case("unknown_record", MAIN, 'record type="reply"', 'record type="note"', "evt_reply_issued"),
    Case("unknown_record", FORM, '"x-record": "acceptance"', '"x-record": "yes"'),
    Case("unknown_template", MAIN, 'template="handed_over"', 'template="hello"', "script_issue"),
    Case("unknown_template", "package.yaml", "urgent: [assigned,", "urgent: [hello,", "urgent"),
    Case("unknown_state", MAIN, 'state="handed_over"', 'state="on_its_way"', "script_issue"),
    Case("unknown_extension_point", MAIN, 'extension-point name="unit_', 'extension-point name="our_', "call_internal"),
    Case("unknown_interrupt_target", FOLLOW, 'to="evt_follow_up_withdrawn"', 'to="evt_withdrawn"', "b_class_followup"),
    Case("unknown_interrupt_reason", FOLLOW, 'reason="withdrawn"', 'reason="gone"', "b_class_followup"),
    Case("unknown_return_target", INTERNAL, 'to="task_unit_assign"', 'to="task_handover"', "task_prepare"),
    Case("unknown_variable", MAIN, "redo_round &gt; 0<", "rounds &gt; 0<", "flow_gw_round_to_task_draft"),
    Case("unknown_variable", MAIN, "script>redo_round = 0<", "script>rounds = 0<", "script_register"),
    Case("unknown_variable", MAIN, '<bpmn:outputDataItem id="co_opinion"', '<bpmn:outputDataItem id="view"'),
    Case("unknown_variable", MAIN, 'result="handover"', 'result="take_over"', "task_handover"),
    Case("unknown_variable", TABLE, "<text>redo_round<", "<text>rounds<", "D03_deadlines"),
    Case("unknown_variable", "package.yaml", "- name: handling\n", "- name: handled\n"),
    Case("bad_expression", MAIN, "redo_round &gt; 0<", "redo_round.__class__<"),
    Case("bad_expression", RECEIPT, 'unit="assignment.unit" form', 'unit="assignment." form', "task_receipt"),
    Case(
        "bad_expression", MAIN, "person:matter.lead_proposer, role:congress", "person:(, role:congress", "script_issue"
    ),
    Case("local_code", MAIN, '["in_progress", "planned"]', '["乙"]', "flow_gw_class_to_evt_follow_up"),
    Case("local_code", MAIN, "redo_round &gt; 0<", "redo_round &gt; 0 and matter.year == 2026<"),
    Case("bad_offset", CO, 'offset="-3wd"', 'offset="3 days before"', "evt_opinion_soon"),
    Case("bad_clock", CO, 'at="09:00"', 'at="9 am"', "evt_opinion_soon"),
    Case("bad_address", MAIN, "role:congress_office", "everybody", "script_issue"),
    Case("dead_end", INTERNAL, 'sourceRef="task_prepare"', 'sourceRef="nowhere"', "task_prepare"),
    Case("missing_lane", INTERNAL, _lane("task_prepare"), "", "task_prepare"),
    Case("missing_shape", INTERNAL, 'bpmnElement="task_prepare"', 'bpmnElement="lost"', "task_prepare"),
    Case("missing_name", INTERNAL, 'name="分派科室"', 'name=""', "task_unit_assign"),
    Case("no_default", RECEIPT, 'default="flow_gw_receipt_to_script_accepted"', "", "gw_receipt"),
    Case("no_condition", RECEIPT, 'receipt.verdict == "return_requested"', " "),
    Case("unreachable", INTERNAL, 'targetRef="task_prepare"', 'targetRef="end_internal"', "task_prepare"),
    Case("unsupported", INTERNAL, "userTask", "serviceTask", "task_prepare"),
    Case("xml_malformed", INTERNAL, "</bpmn:definitions>", ""),
    Case("xml_doctype", INTERNAL, "<bpmn:definitions", "<!DOCTYPE x><bpmn:definitions"),
    Case("dmn_hit_policy", TABLE, 'hitPolicy="UNIQUE"', 'hitPolicy="ANY"'),
    Case("dmn_overlap", TABLE, "&gt;= 1", "&lt; 9", "rule_09"),
    Case("dmn_gap", TABLE, "&gt;= 1", "&gt;= 2", "table_D03"),
    Case("dmn_dead_rule", TABLE, '"in_session"', '"in_sesion"', "rule_07"),
    Case("dmn_wrong_type", TABLE, 'typeRef="number"', 'typeRef="boolean"', "rule_07_redo_round"),
    Case("dmn_duplicate_id", TABLE, 'id="rule_02"', 'id="rule_01"', "rule_01"),
    Case("bad_form", FORM, '"type": "object"', '"type": "list"'),
    Case("bad_form", FORM, "urn:huiyin:record:acceptance#", "urn:huiyin:record:nothing#"),
    Case("bad_form", FORM, "{\n", "{{\n"),
    Case("bad_example", FORM, '"accepted"', '"perhaps"', "verdict"),
    Case("unused_form", INTERNAL, 'form="unit_assign"', 'form="preparation"'),
    Case("bad_text", TEXT, "{% endif %}", ""),
    Case("bad_text", TEXT, "新的承办任务", "\n新的承办任务"),
    Case("bad_scenario", "scenarios/withdrawal.yaml", "given:", "givn:"),
    Case("bad_scenario", "scenarios/withdrawal.yaml", "given:", "given: ["),
)
ADDED = (
    ("unknown_file", {"notes.docx": b"x"}),
    ("unknown_file", {"forms/../../etc/passwd": b"x"}),
    ("not_utf8", {"texts/assigned.zh.txt": b"\xb1\xe0\n\nx"}),
    ("too_large", {f"forms/f{number}.json": b"{}" for number in range(500)}),
    ("unknown_decision", None),
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The files of the good package."""
    return read(FOLDER)


def mutate(files: dict[str, bytes], file: str, old: str, new: str) -> dict[str, bytes]:
    """The same files with one text replaced in one of them; the text must be there."""
    text = files[file].decode()
    assert old in text, f"{file} has no {old}"
    return {**files, file: text.replace(old, new).encode()}


@pytest.mark.parametrize("case", MUTATIONS, ids=lambda case: f"{case.code}-{case.file}-{case.new[:20]}")
def test_every_mistake_is_found_and_named(files: dict[str, bytes], case: Case) -> None:
    """A deliberately bad package gets the finding with its code, its file and its element."""
    found = [finding for finding in check(mutate(files, case.file, case.old, case.new)) if finding.code == case.code]
    assert found, f"{case.code} was not found"
    if case.element is not None:
        assert case.element in {finding.element for finding in found}
    for finding in found:
        assert "{" not in "".join((finding.reason, finding.reason_en, finding.cure, finding.cure_en))


@pytest.mark.parametrize(("code", "extra"), [item for item in ADDED if item[1]], ids=lambda value: str(value)[:30])
def test_files_that_do_not_belong_are_refused(files: dict[str, bytes], code: str, extra: dict[str, bytes]) -> None:
    """Unknown names, other encodings and too many files never become a package."""
    assert code in {finding.code for finding in check({**files, **extra})}
    with pytest.raises(BadPackage):
        load({**files, **extra})


def test_a_language_that_is_missing_is_named(files: dict[str, bytes]) -> None:
    """Every text exists in Chinese and in English."""
    without = {name: content for name, content in files.items() if name != "texts/assigned.en.txt"}
    assert [finding.code for finding in check(without)] == ["missing_language"]


def test_a_folder_without_settings_is_no_package(files: dict[str, bytes], tmp_path: Path) -> None:
    """`package.yaml` makes a folder a package."""
    without = {name: content for name, content in files.items() if name != "package.yaml"}
    assert [finding.code for finding in check(without)] == ["no_settings"]
    with pytest.raises(BadPackage):
        load(tmp_path)


def test_a_decision_that_is_not_there_is_named(files: dict[str, bytes]) -> None:
    """A business rule task must call a table of the package."""
    task = (
        '<bpmn:businessRuleTask id="rule_x" name="规则"><bpmn:extensionElements>'
        '<s:calledDecisionId xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">D42</s:calledDecisionId>'
        "</bpmn:extensionElements></bpmn:businessRuleTask></bpmn:process>"
    )
    codes = {(f.code, f.element) for f in check(mutate(files, INTERNAL, "</bpmn:process>", task))}
    assert ("unknown_decision", "rule_x") in codes


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("", "", []),
        ("overlay: cn", "overlay: hk", ["other_calendar"]),
        ("to: 2026-04-21", "to: soon", ["bad_calendar"]),
    ],
)
def test_a_package_may_have_holidays_of_its_own(files: dict[str, bytes], old: str, new: str, codes: list[str]) -> None:
    """`calendar.yaml` lies over the calendar the package names; one that lies elsewhere or cannot be read is named."""
    overlay = """
id: cn-luling
overlay: cn
source: 麓岭县人民政府通告
holidays:
  - {name: 三月三, name_en: Sanyuesan, from: 2026-04-20, to: 2026-04-21}
"""
    package = {**files, "calendar.yaml": overlay.replace(old, new).encode()}
    assert [finding.code for finding in check(package)] == codes
    if not codes:
        assert [change.what for change in compare(load(files), load(package))] == ["overlay"]


def test_how_days_are_counted_is_a_setting(files: dict[str, bytes]) -> None:
    """The parameters of counting are checked, told apart and handed to the engine; without them the law's hold."""
    counting = "zone: Asia/Shanghai\ncounting: {day_end: '17:30', exclude_start_day: false}"
    package = load(mutate(files, "package.yaml", "zone: Asia/Shanghai", counting))
    assert [finding.code for finding in check(package) if finding.severity == "error"] == []
    assert package.settings["counting"] == {"day_end": "17:30", "exclude_start_day": False}
    changes = {change.property: change.new for change in compare(load(files), package)}
    assert changes == {"counting.day_end": "17:30", "counting.exclude_start_day": "false"}
    for wrong in ("day_end: '25:00'", "month_end_rule: next", "holidays: none"):
        found = check(mutate(files, "package.yaml", "zone: Asia/Shanghai", f"zone: x\ncounting: {{{wrong}}}"))
        assert [finding.code for finding in found] == ["bad_setting"]


def test_two_tables_of_one_decision_are_named(files: dict[str, bytes]) -> None:
    """Only one of them would ever run."""
    found = check({**files, "decisions/copy.dmn": files[TABLE]})
    assert {(f.code, f.file, f.element) for f in found} == {
        ("duplicate_id", TABLE, "D03_deadlines"),
        ("duplicate_id", "decisions/copy.dmn", "D03_deadlines"),
    }


def test_every_finding_has_a_test_that_calls_it_forth() -> None:
    """A code nobody can provoke is a rule nobody has."""
    called = {case.code for case in MUTATIONS} | {code for code, _ in ADDED}
    called |= {"missing_language", "no_settings", "bad_archive", "other_calendar"}
    assert set(WORDS) - called == set()


def test_the_order_of_findings_is_stable(files: dict[str, bytes]) -> None:
    """Findings come by file, errors before warnings."""
    broken = mutate(mutate(files, MAIN, 'form="handover"', ""), CO, 'at="09:00"', 'at="soon"')
    found = check(broken)
    assert found == check(broken)
    assert [f.file for f in found] == sorted(f.file for f in found)


def test_line_ends_and_byte_order_marks_change_no_identity(files: dict[str, bytes]) -> None:
    """A package saved on Windows is the same package."""
    windows = {name: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n") for name, content in files.items()}
    assert digest(load(windows)) == digest(load(files))


def test_one_changed_letter_changes_the_identity(files: dict[str, bytes]) -> None:
    """The digest covers every file."""
    assert digest(load(mutate(files, TEXT, "新的", "新"))) != digest(load(files))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 2, "files": {}}', b'{"format": 1, "files": []}'])
def test_what_was_not_packed_cannot_be_unpacked(content: bytes) -> None:
    """Any other bytes are refused with a finding."""
    with pytest.raises(BadPackage) as caught:
        unpack(content)
    assert caught.value.findings[0].code == "bad_archive"


def test_a_packed_package_has_no_hidden_files(files: dict[str, bytes], tmp_path: Path) -> None:
    """Editors' backups and hidden files are left out of a folder."""
    for name, content in {**files, ".git/config": b"x", "~lock.bpmn": b"x"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert set(orjson.loads(pack(load(tmp_path)))["files"]) == set(files)


@pytest.fixture(scope="module")
def package(files: dict[str, bytes]) -> Package:
    """The good package, loaded."""
    return load(files)


CHANGES = (
    (
        'element "task_handover" gets another role',
        MAIN,
        HANDOVER,
        HANDOVER.replace("gov_office", "congress_office"),
        "环节“交办”（task_handover）的办理角色：gov_office → congress_office",
    ),
    ("form", MAIN, 'form="handover"', 'form="receipt"', "环节“交办”（task_handover）的表单：handover → receipt"),
    ("name", MAIN, 'name="交办"', 'name="下达"', "环节 task_handover 由“交办”更名为“下达”"),
    ("condition", MAIN, "redo_round &gt; 0<", "redo_round &gt; 3<", "的条件："),
    (
        "deadline",
        TABLE,
        '"15d"',
        '"10d"',
        '规则“first_contact”（D03_deadlines/first_contact）的期限长度："15d" → "10d"',
    ),
    ("offset", CO, 'offset="-3wd"', 'offset="-5wd"', "的提前或推后：-3wd → -5wd"),
    ("class", "package.yaml", "letter: 甲", "letter: A", "结果类别“已经解决”（solved）的字母：甲 → A"),
    ("grant", "package.yaml", "ledger.export, ", "", "的权限："),
    (
        "label",
        "package.yaml",
        ": 退办期限",
        ": 退回期限",
        "显示名称 deadline.return_window 由“退办期限”更名为“退回期限”",
    ),
    ("field", FORM, '"required": [\n    "verdict"\n  ]', '"required": []', "（receipt.verdict）的必填：true → false"),
    ("text", TEXT, "新的", "新", "的内容："),
    ("long", "scenarios/happy_path.yaml", "review: 1,", "review: 9,", "：records: {contact: 1, "),
    ("script", MAIN, "script>redo_round = 0<", "script>redo_round = 1<", "（script_register）的脚本：redo_round = 0"),
)


@pytest.mark.parametrize(("what", "file", "old", "new", "text"), CHANGES, ids=[change[0] for change in CHANGES])
def test_invisible_changes_are_said_in_plain_chinese(
    files: dict[str, bytes], package: Package, what: str, file: str, old: str, new: str, text: str
) -> None:
    """Role, form, name, condition, deadline, class, grant, field, text and script: each change is listed."""
    found = compare(package, load(mutate(files, file, old, new)))
    assert any(text in change.text for change in found), [change.text for change in found]


def test_added_and_removed_elements_are_listed(files: dict[str, bytes], package: Package) -> None:
    """What comes and what goes is named with its Chinese name."""
    renamed = load(mutate(files, INTERNAL, "task_prepare", "task_study"))
    kinds = {(c.kind, c.what, c.element): c.text for c in compare(package, renamed)}
    assert kinds["removed", "element", "task_prepare"] == "删除环节“调研并拟定办理意见”（task_prepare）"
    assert kinds["added", "element", "task_study"] == "新增环节“调研并拟定办理意见”（task_study）"


def test_moving_a_shape_changes_nothing(files: dict[str, bytes], package: Package) -> None:
    """The picture is no part of the process."""
    moved = load(mutate(files, INTERNAL, 'x="295"', 'x="305"'))
    assert compare(package, moved) == []
