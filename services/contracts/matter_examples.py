"""True-to-life examples of the messages about a matter itself."""

from __future__ import annotations

from typing import Any, Final

MATTER, VERSION = "m-2026-0031", "yunting-2026.1"
TITLE = "关于加快老旧小区加装电梯的建议"
BODY = {
    "situation": "我市二〇〇〇年以前建成的老旧小区有四百余个,六层以上无电梯住宅近三千个单元。",
    "analysis": "居民反映最多的是补贴标准不明、审批环节多、管线迁改费用高,加装意愿强而落地少。",
    "request": "建议明确补贴标准,合并审批环节,协调供水、供电、燃气企业减免管线迁改费用。",
}
POINTS = ["明确补贴标准", "合并审批环节", "减免管线迁改费用"]
_SUBMITTED = {
    "matter_id": MATTER,
    "matter_no": "061031",
    "matter_kind": "suggestion",
    "level": "市",
    "locality": "yunting",
    "session": {"id": "s-6-1", "term_no": 6, "session_no": 1, "year": 2026, "process_version": VERSION},
    "submitted_when": "in_session",
    "title": TITLE,
    "topic": "城建环资",
    "secrecy": "none",
    "source": "direct",
    "lead_proposer": {"id": "d-0107", "name": "𠮷宏伟"},
    "co_proposers": [{"id": "d-0215", "name": "韩若溪"}],
    "body": BODY,
    "points": POINTS,
    "wish_units": ["housing"],
    "submitted_at": "2026-02-27T02:15:00Z",
}
_ATTACHMENT = {
    "file_id": "6f2f1a0e-5d0b-4b7e-9a2e-0d3c1f6b8a11",
    "name": "现场照片.pdf",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 734003,
    "media_type": "application/pdf",
}
_SIMILAR = {
    "matter_id": "m-2025-0112",
    "matter_no": "055112",
    "title": "关于支持老旧小区加装电梯的建议",
    "year": 2025,
    "percent": 62,
    "outcome_class": "in_progress",
    "state": "following_up",
}
_MAIN = {"matter_id": "m-2026-0021", "matter_no": "061021", "title": "关于推进老旧小区适老化改造的建议"}

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "matter.submitted.v1": (
        _SUBMITTED,
        {**_SUBMITTED, "matter_no": None, "similar": [_SIMILAR], "attachments": [_ATTACHMENT]},
    ),
    "matter.admitted.v1": (
        {"matter_id": MATTER, "topic": "城建环资", "secrecy": "none", "difficult": True},
        {"matter_id": MATTER},
    ),
    "matter.numbered.v1": (
        {
            "matter_id": MATTER,
            "matter_no": "061031",
            "topic": "城建环资",
            "secrecy": "none",
            "difficult": True,
        },
    ),
    "matter.secrecy_changed.v1": (
        {
            "matter_id": MATTER,
            "secrecy": "internal",
            "before": "none",
            "published": True,
            "reason": "附件含有未公开的管线资料。",
            "changed_at": "2026-06-08T02:40:00Z",
            "by": {"id": "p-0031", "name": "孙桂兰"},
        },
    ),
    "withdrawal.requested.v1": (
        {
            "matter_id": MATTER,
            "reason": "所提事项已列入今年民生实事,申请撤回。",
            "requested_at": "2026-03-18T03:00:00Z",
            "by": {"id": "d-0107", "name": "𠮷宏伟"},
        },
    ),
    "withdrawal.refused.v1": ({"matter_id": MATTER, "reason": "联名代表韩若溪不同意撤回,继续办理。"},),
    "matter.withdrawn.v1": (
        {"matter_id": MATTER, "reason": "所提事项已解决,申请撤回。", "withdrawn_at": "2026-03-20T03:00:00Z"},
    ),
    "matter.merged.v1": (
        {
            "matter_id": MATTER,
            "main": _MAIN,
            "reason": "两件建议所提事项相同,并案办理,分别答复。",
            "merged_at": "2026-03-16T02:10:00Z",
            "by": {"id": "p-0031", "name": "孙桂兰"},
        },
    ),
    "matter.separated.v1": (
        {
            "matter_id": MATTER,
            "main": _MAIN,
            "reason": "所涉路段不同,分别办理。",
            "separated_at": "2026-03-17T01:00:00Z",
            "by": {"id": "p-0031", "name": "孙桂兰"},
        },
        {
            "matter_id": MATTER,
            "main": _MAIN,
            "reason": "主件已撤回,本件单独办理。",
            "separated_at": "2026-03-20T03:00:00Z",
            "by": None,
        },
    ),
}
