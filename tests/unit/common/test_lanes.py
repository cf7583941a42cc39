"""Waves: as many at once as order allows."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.common.bus import Outgoing
from services.common.bus.lanes import send_in_waves
from tests.unit.common.letters import closed, outgoing

BATCHES = st.lists(st.tuples(st.sampled_from([None, "tongbu", "weather"]), st.sampled_from(["c1", "c2", "c3"])))


@given(batch=BATCHES, refused=st.sets(st.integers(0, 20)))
def test_a_lane_stops_at_its_first_refusal_and_no_other_lane_does(
    batch: list[tuple[str | None, str]], refused: set[int]
) -> None:
    """Confirmed is exactly what stands before the first refused message of its own lane."""
    messages = [outgoing(closed(number, subject), target) for number, (target, subject) in enumerate(batch)]
    bad = {f"c-{number}" for number in refused}
    sent: list[str] = []

    def send(wave: Sequence[Outgoing]) -> set[str]:
        lanes = [(message.target, message.subject) for message in wave]
        assert len(set(lanes)) == len(lanes)
        sent.extend(message.message_id for message in wave)
        return {message.message_id for message in wave} - bad

    confirmed = send_in_waves(messages, send)

    expected = set()
    for number, (message, lane) in enumerate(zip(messages, batch, strict=True)):
        before = [m.message_id for m, other in zip(messages[: number + 1], batch, strict=False) if other == lane]
        if not bad & set(before):
            expected.add(message.message_id)
    assert confirmed == expected
    assert len(sent) == len(set(sent))


def test_different_subjects_travel_together() -> None:
    """Fifty cases with two messages each need two waves, not a hundred."""
    messages = [outgoing(closed(f"{case}.{step}", f"case-{case}")) for step in range(2) for case in range(50)]
    waves: list[int] = []

    def send(wave: Sequence[Outgoing]) -> set[str]:
        waves.append(len(wave))
        return {message.message_id for message in wave}

    assert len(send_in_waves(messages, send)) == 100
    assert waves == [50, 50]
