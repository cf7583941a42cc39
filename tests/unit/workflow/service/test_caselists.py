"""The list of cases: each filter narrows it, versions are counted, incidents are marked."""

import pytest

from services.common import db
from services.workflow import caselists
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.test_web import Person, app, people  # noqa: F401 - the fixtures


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 1),
        ({"status": "running", "version": "testcity-2026.1"}, 1),
        ({"status": "ended"}, 0),
        ({"version": "elsewhere-1.1"}, 0),
        ({"process": "nothing"}, 0),
        ({"session": "nothing"}, 0),
        ({"unit": "nobody"}, 0),
        ({"incident": "1"}, 0),
        ({"q": "no such title"}, 0),
        ({"q": "%"}, 0),
    ],
)
def test_every_filter_narrows_the_list(office: Office, wanted: dict[str, str], count: int) -> None:
    """What is empty does not count."""
    office.start()
    with db.read(office.engine) as conn:
        assert len(caselists.find(conn, wanted, limit=10)) == count


def test_the_page_counts_versions_and_links_to_cases(office: Office, people: dict[str, Person]) -> None:  # noqa: F811
    """For operators only."""
    case = office.start()
    page = people["office"].page("/cases")
    assert f"/cases/{case}" in page
    assert "version=testcity-2026.1&amp;status=running" in page
    assert "没有符合条件的流程实例" in people["office"].page("/cases?status=ended")
    people["liaison"].page("/cases", 403)
