"""Order while many messages are under way: within a lane one message waits for its forerunner's confirm.

A queue that is full refuses one message and may take the next; sent together, the next would overtake. So a
batch goes out in waves, each with at most one message per lane. Lanes are (target, subject): nobody reads
two of them as one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from services.common.bus import Outgoing

Send = Callable[[Sequence[Outgoing]], set[str]]


def send_in_waves(batch: Sequence[Outgoing], send: Send) -> set[str]:
    """Send `batch` through `send` (messages → confirmed ids); a lane stops at its first unconfirmed
    message."""
    lanes: dict[tuple[str | None, str], deque[Outgoing]] = {}
    for message in batch:
        lanes.setdefault((message.target, message.subject), deque()).append(message)
    confirmed: set[str] = set()
    moving = list(lanes.values())
    while moving:
        accepted = send([lane[0] for lane in moving])
        confirmed |= accepted
        moving = [lane for lane in moving if lane.popleft().message_id in accepted and lane]
    return confirmed
