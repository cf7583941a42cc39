"""What the deputy reads of a withdrawal that the co-signers must agree to, and of a matter without a number."""

from dataclasses import replace

from flask import Flask

from services.common import db
from services.intake import ledger
from tests.unit.intake.readers import WRITTEN, Reader, key_of
from tests.unit.intake.test_admission import configure
from tests.unit.intake.test_withdrawals import ENTRIES, said
from tests.unit.intake.worlds import World, package


def test_a_joint_withdrawal_is_requested_and_may_be_refused(reader: Reader, world: World) -> None:
    """The page says that others are asked, that it waits for them, and why not."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, replace(package(entries=ENTRIES), id="package.zz"))
    matter_id = world.submit(co_proposers=["d-2"]).matter_id
    reader.sign_in("liyun")
    place = f"/matters/{matter_id}/withdraw"
    assert "先征求联名代表的意见" in reader.client.get(place).text
    assert "先征求联名代表的意见" in reader.post(place, reason="").text
    assert reader.post(place, reason="已解决").location == f"/matters/{matter_id}"
    page = reader.client.get(f"/matters/{matter_id}").text
    assert "撤回申请中" in page
    assert place not in page
    world.receive(said(matter_id, "withdrawal.refused.v1", reason="韩若溪不同意"))
    world.work()
    page = reader.client.get(f"/matters/{matter_id}").text
    assert "撤回申请未获同意：韩若溪不同意" in page
    assert place in page


def test_a_matter_without_a_number_says_so(app: Flask, world: World) -> None:
    """After submitting, in the list, on its page and in the export."""
    configure(world, numbering="admission")
    deputy, clerk = Reader(app.test_client()), Reader(app.test_client())
    deputy.sign_in("liyun")
    key = key_of(deputy.client.get("/matters/new").text)
    place = deputy.post("/matters/new", submission_key=key, **WRITTEN).location
    page = deputy.client.get(place).text
    assert "已提交，受理后编号。" in page
    assert "待编号" in page
    assert "待编号" in deputy.client.get("/matters").text
    clerk.sign_in("clerk")
    assert "待编号" in clerk.client.get("/ledger.csv").text
