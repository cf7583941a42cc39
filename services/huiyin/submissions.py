"""Handing in a suggestion as people do: its lead deputy alone, or, where it is joint, after the others have agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.huiyin.casts import Cast
from services.huiyin.clients import Client


def hand_in(client: Client, cast: Cast, form: Mapping[str, Any], key: str) -> str:
    """The matter's id; everybody named is invited and agrees. The same key hands in once."""
    lead = cast.of_person(str(form["lead_proposer"]))
    if not form.get("co_proposers"):
        return str(client.post("/api/v1/matters", dict(form), lead, key=key)["matter_id"])
    draft = client.post("/api/v1/drafts", dict(form), lead, key=key)
    if "matter_id" in draft:
        return str(draft["matter_id"])
    for person in form["co_proposers"]:
        said = {"answer": "agree", "digest": draft["digest"]}
        client.post(f"/api/v1/invitations/{draft['draft_id']}", said, cast.of_person(person))
    return str(client.post(f"/api/v1/drafts/{draft['draft_id']}/submit", {}, lead)["matter_id"])
