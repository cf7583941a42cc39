"""What people wish: which channel for what, quiet hours, one digest a day; and the same is told once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from services.common import db
from services.common.problems import Problem
from services.notify import dispatch, notices, preferences, tables
from services.notify.channels.letters import Refused
from services.notify.cli import notify
from services.notify.preferences import NOTICE, TASK, URGENT, Preference
from tests.unit.notify.test_dispatch import Post
from tests.unit.notify.worlds import AT, World

LIAISON = [{"role": "unit_liaison", "unit": "housing"}]
ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = Preference(quiet_from="22:00", quiet_until="07:00")
EVENING = Preference(digest_at="17:30")


def local(text: str) -> datetime:
    """An instant of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def send(world: World) -> list[str]:
    """The Chinese texts of the mails that one turn sends."""
    post = Post()
    dispatch.turn(world.engine, world.clock, post)
    return ["\n".join(letter.texts["zh"].values()) for letter in post.sent]


def mails(world: World) -> list[dict[str, Any]]:
    """The mails of the liaison, the oldest first."""
    return sorted(world.deliveries(channel="mail", person_id="p-liaison"), key=lambda row: row["created_at"])


@pytest.mark.parametrize(
    ("wishes", "now", "until"),
    [
        (NIGHT, "2026-03-06T21:59", None),
        (NIGHT, "2026-03-06T22:00", "2026-03-07T07:00"),
        (NIGHT, "2026-03-07T06:59", "2026-03-07T07:00"),
        (NIGHT, "2026-03-07T07:00", None),
        (Preference(quiet_from="12:00", quiet_until="14:00"), "2026-03-06T13:00", "2026-03-06T14:00"),
        (EVENING, "2026-03-06T09:30", "2026-03-06T17:30"),
        (EVENING, "2026-03-06T17:30", "2026-03-07T17:30"),
        (Preference(), "2026-03-06T03:00", None),
    ],
)
def test_what_can_wait_waits_until_the_person_wants_it(wishes: Preference, now: str, until: str | None) -> None:
    """Quiet hours go over midnight; the digest comes at its time, whatever the hours."""
    found, digest = wishes.hold(NOTICE, local(now), ZONE, None)
    assert found == (until and local(until))
    assert digest == (wishes is EVENING)


def test_what_is_urgent_or_due_before_breaks_quiet_hours() -> None:
    """The package says what is urgent; a task says itself when it is due."""
    night = local("2026-03-06T23:00")
    assert NIGHT.hold(URGENT, night, ZONE, None) == (None, False)
    assert NIGHT.hold(TASK, night, ZONE, local("2026-03-07T02:00")) == (None, False)
    assert NIGHT.hold(TASK, night, ZONE, local("2026-03-07T18:00"))[0] == local("2026-03-07T07:00")


def test_a_notice_of_the_night_goes_out_in_the_morning(world: World) -> None:
    """In the message centre it lies at once; the urgent one beside it is sent at once."""
    world.wish("p-liaison", quiet_from="22:00", quiet_until="07:00")
    world.clock.at = local("2026-03-06T23:00").astimezone(UTC)
    world.notice(LIAISON)
    world.notice(LIAISON, template="last_call", notice_id="n-2")
    assert [row["state"] for row in world.deliveries(channel="inapp")] == ["delivered", "delivered"]
    assert send(world) == ["今天到期：第061031号\n2026-03-06 请于今天办理。"]
    world.clock.at = local("2026-03-07T07:00").astimezone(UTC)
    assert len(send(world)) == 1
    assert [row["state"] for row in mails(world)] == ["sent", "sent"]


def test_a_day_becomes_one_letter(world: World) -> None:
    """In order, with its own text; each notice in it ends as the letter ends."""
    world.wish("p-liaison", digest_at="17:30")
    for number in (1, 2, 3):
        world.clock.at = AT + timedelta(minutes=number)
        world.notice(LIAISON, notice_id=f"n-{number}", due=f"2026-03-1{number}")
    assert send(world) == []
    world.clock.at = local("2026-03-06T17:30").astimezone(UTC)
    (letter,) = send(world)
    assert letter.startswith("办理通知汇总（3 条）")
    assert letter.index("2026-03-11") < letter.index("2026-03-12") < letter.index("2026-03-13")
    assert {row["state"] for row in mails(world)} == {"sent"}
    assert len(mails(world)) == 4
    assert send(world) == []


def test_the_digest_is_in_the_words_of_the_package(world: World) -> None:
    """Where it has any; a broken one gives the plain words and says so."""
    world.wish("p-liaison", digest_at="17:30")
    good = {"subject": "汇总{{ facts.count }}", "body": "{% for n in facts.notices %}{{ n.subject }};{% endfor %}"}
    with db.begin(world.engine) as conn:
        texts = {"digest": {"zh": good, "en": {"subject": "{{ nothing.here }}", "body": "x"}}}
        reminder = {"reminder": {name: {"subject": "催{{ facts.due }}", "body": "x"} for name in ("zh", "en")}}
        conn.execute(tables.package.update().values(texts={**texts, **reminder}))
    for number in (1, 2):
        world.clock.at = AT + timedelta(minutes=number)
        world.notice(LIAISON, notice_id=f"n-{number}", due=str(number))
    world.clock.at = local("2026-03-06T18:00").astimezone(UTC)
    assert send(world) == ["汇总2\n催1;催2;"]
    (digest,) = [row for row in world.notices() if row["kind"] == "digest"]
    assert digest["texts"]["en"]["subject"] == "Notices of the day (2)"
    assert "digest.en" in digest["fault"]


def test_a_digest_of_one_is_the_notice_itself(world: World) -> None:
    """Nobody reads a summary of one."""
    world.wish("p-liaison", digest_at="17:30")
    world.notice(LIAISON)
    world.clock.at = local("2026-03-06T17:31").astimezone(UTC)
    assert send(world) == ["催办：第061031号\n《关于加装电梯的建议》请于2026-03-13前办理。"]


def test_a_digest_that_bounces_takes_its_notices_along_and_they_go_again_one_by_one(world: World) -> None:
    """The log says of each that it reached nobody; another try sends that one alone."""
    world.wish("p-liaison", digest_at="17:30")
    for number in (1, 2):
        world.notice(LIAISON, notice_id=f"n-{number}", due=str(number))
    world.clock.at = local("2026-03-06T18:00").astimezone(UTC)
    with db.begin(world.engine) as conn:
        conn.execute(tables.preference.update().values(digest_at=None))

    def refuse(_letter: Any) -> None:
        raise Refused("550")

    dispatch.turn(world.engine, world.clock, Post(refuse))
    assert {(row["state"], row["reason"]) for row in mails(world)} == {("undeliverable", "refused")}
    single = next(row for row in mails(world) if row["notice_id"] == "n-1")
    with db.begin(world.engine) as conn:
        notices.retry(conn, single["id"], world.ways, world.clock.now())
    assert len(send(world)) == 1
    states = {row["notice_id"]: row["state"] for row in mails(world)}
    assert (states["n-1"], states["n-2"]) == ("sent", "undeliverable")


def test_tasks_come_by_mail_to_those_who_want_that(world: World) -> None:
    """With what is to be done and by when; one that is done before it was sent is out of date."""
    world.wish("p-liaison", choices={"task": {"mail": True}}, quiet_from="08:00", quiet_until="12:00")
    world.task(due_at=AT + timedelta(hours=1))
    assert send(world) == ["新的待办：签收\n061031 《关于加装电梯的建议》\n期限：2026-03-06"]
    world.task(task_id="c-1.2", due_at=AT + timedelta(days=9))
    assert send(world) == []
    world.close("c-1.2")
    (late,) = [row for row in mails(world) if row["state"] != "sent"]
    assert (late["state"], late["reason"]) == ("expired", "settled")


def test_the_same_is_told_once_whoever_asks_how_often(world: World) -> None:
    """Two diagrams that tell one person the same words about the same matter; other words, or later, are news."""
    world.notice(LIAISON)
    world.notice([*LIAISON, {"person": "d-1"}], notice_id="n-2")
    told = {(row["notice_id"], row["person_id"]): row["reason"] for row in world.deliveries(channel="inapp")}
    assert told == {("n-1", "p-liaison"): None, ("n-2", "p-liaison"): "repeated", ("n-2", "d-1"): None}
    world.notice(LIAISON, notice_id="n-3", due="2026-03-20")
    world.clock.at = AT + timedelta(days=1)
    world.notice(LIAISON, notice_id="n-4")
    last = {row["notice_id"]: row["reason"] for row in mails(world)}
    assert (last["n-2"], last["n-3"], last["n-4"]) == ("repeated", None, None)


def test_an_urgent_letter_overtakes_the_others(world: World) -> None:
    """However many wait before it."""
    for number in range(3):
        world.notice(LIAISON, notice_id=f"n-{number}", due=str(number))
    world.notice(LIAISON, template="last_call", notice_id="n-9")
    assert send(world)[0].startswith("今天到期")


@pytest.mark.parametrize(
    ("wishes", "paths"),
    [
        ({"quiet_from": "22:00"}, ["quiet_until"]),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, ["quiet_until"]),
        ({"quiet_from": "25:00", "quiet_until": "7:00"}, ["quiet_from", "quiet_until"]),
        ({"digest_at": "noon", "addresses": {"mail": "x"}}, ["address-mail", "digest_at"]),
    ],
)
def test_wrong_wishes_are_told_field_by_field(world: World, wishes: dict[str, Any], paths: list[str]) -> None:
    """All at once."""
    with pytest.raises(Problem) as caught:
        world.wish("p-liaison", **wishes)
    assert [error.path for error in caught.value.errors] == paths


def test_somebody_s_addresses_can_be_erased(world: World) -> None:
    """The settings are gone and so are the addresses in the log; that he was told stays."""
    world.wish("p-liaison", addresses={"mail": "own@mail.example"})
    world.notice(LIAISON)
    send(world)
    done = CliRunner().invoke(notify, ["forget", "p-liaison"], env=environment(world))
    assert (done.exit_code, done.output) == (0, "")
    (mail,) = mails(world)
    assert (mail["state"], mail["address"]) == ("sent", None)
    with db.read(world.engine) as conn:
        assert preferences.of(conn, "p-liaison") == Preference()


def test_what_waits_for_somebody_whose_addresses_are_erased_is_not_sent(world: World) -> None:
    """There is nowhere to send it; whom nothing else reaches gets a letter."""
    world.notice([*LIAISON, {"person": "d-2"}])
    world.wish("d-2", addresses={"mail": "own@mail.example"})
    world.notice([{"person": "d-2"}], notice_id="n-2", due="2026-04-01")
    for person in ("p-liaison", "d-2"):
        done = CliRunner().invoke(notify, ["forget", person], env=environment(world))
        assert (done.exit_code, done.output) == (0, "")
    assert {(row["state"], row["reason"]) for row in mails(world)} == {("suppressed", "no_address")}
    papers = {(row["person_id"], row["notice_id"]) for row in world.deliveries(channel="paper")}
    assert papers == {("d-2", "n-1"), ("d-2", "n-2")}


def test_the_command_says_what_became_of_a_retry_and_a_trial(world: World) -> None:
    """Nothing is sent to whom it cannot be; the words say why."""
    world.notice([{"person": "d-2"}])
    (mail,) = world.deliveries(channel="mail")
    world.leave("d-2")
    for arguments, words in (
        (["retry", mail["id"]], "has left the directory"),
        (["retry", "x"], "no such delivery"),
        (["try", "sms", "13900000001"], "there are: mail"),
        (["try", "mail", "nobody"], "no address for this channel"),
        (["try", "mail", "a@b.example"], "not sent: Unreachable"),
    ):
        done = CliRunner().invoke(notify, arguments, env=environment(world))
        assert done.exit_code == 1
        assert words in done.output


def environment(world: World) -> dict[str, str]:
    """What the command reads."""
    settings = world.settings
    return {
        "HUIYIN_HOME": str(settings.home),
        "HUIYIN_SECRET_KEY": settings.secret_key,
        "HUIYIN_NOTIFY_DATABASE_URL": settings.databases["notify"],
        "HUIYIN_SMTP_URL": settings.smtp_url,
    }
