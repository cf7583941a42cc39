"""A trial of an agency's client: the service's part is played, and what the client answers is judged point by point.

Nothing stands behind it: no engine, no database, no calendar. The tasks are invented and say so. A client that passes
keeps to the contract in what is tried here; it may write nonsense all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.common import form_checks
from services.common.clock import monotonic, sleep
from services.huiyin.talks import FORM, RARE, Heard, Talk, message

_COUNTED: Final = 12.0
"""Seconds after which the broker has surely counted anew."""
POINTS: Final[Mapping[str, tuple[str, str]]] = {
    "answers": ("收到任务并答复", "hears of a task and answers it"),
    "envelope": ("消息头和消息体合乎约定", "headers and body are as agreed"),
    "unit": ("写明任务所属的单位", "names the unit of the task"),
    "form": ("答复合乎表单", "the answer is what the form takes"),
    "names": ("生僻字原样送回", "rare characters come back unharmed"),
    "unknown_type": ("不认识的消息类型，照常往下办", "goes on after a type it does not know"),
    "unknown_field": ("不认识的字段，照常办理", "does a task with a field it does not know"),
    "redelivery": ("同一条消息再来一次，不再答复", "does not answer a message that comes twice"),
    "rejection": ("被拒绝的不原样再发，改正的换新编号", "never repeats what was rejected; corrects under a new id"),
    "gives_up": ("已由他人办理的，不再答复", "leaves a task alone that others have done"),
    "reconnects": ("断线以后自己连上，接着办", "comes back by itself after its connection was cut"),
    "confirms": ("消息服务器没有收下的，再发，不丢", "sends again what the broker did not take"),
    "settles": ("收到的都确认", "acknowledges everything it has heard"),
}
"""What is judged, in the order of the report: Chinese, English."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one point: passed, failed, or None where the trial did not come to it; why, in both languages."""

    point: str
    passed: bool | None
    why: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Trial:
    """One trial of a client; it is watched for `grace` seconds where it should do nothing."""

    talk: Talk
    grace: float
    _verdicts: dict[str, Verdict] = field(default_factory=dict)

    def run(self) -> Iterator[Verdict]:
        """Verdicts as they come; at the end those on points that the trial did not come to."""
        for step in (self._first, self._strange, self._rejected, self._cut, self._full, self._settled):
            before = set(self._verdicts)
            alive = step()
            yield from (one for point, one in self._verdicts.items() if point not in before)
            if not alive:
                break
        for point in POINTS:
            if point not in self._verdicts:
                yield Verdict(point, None, ("前面的没有通过，没有试到", "not tried, something before it failed"))

    def _first(self) -> bool:
        """A task, and the answer in all its parts."""
        got = self._answered("answers", self.talk.open())
        if got is None:
            return False
        if got.fault is not None:
            return self._sound()
        told, unit = self.talk.unit, got.data.get("unit")
        self._judge("unit", unit == told, f"应为 {told}，是 {unit}", f"{told} is wanted, it was {unit}")
        given = got.data.get("data") or {}
        wrong = form_checks.check(FORM, given)
        self._judge("form", not wrong, *([wrong[0].text, wrong[0].text_en] if wrong else ["", ""]))
        contact = given.get("contact")
        self._judge("names", contact == RARE, f"应为 {RARE}，是 {contact}", f"{RARE} is wanted, it was {contact}")
        self.talk.accept(got)
        return True

    def _strange(self) -> bool:
        """The same message again, a type of tomorrow, a field of tomorrow: the answer shows that it has read them."""
        first, told = next(iter(self.talk.told.items()))
        before = _ids(self.talk.about(first))
        self.talk.send(told)
        self.talk.send(message("task.tomorrow.v1", {"what": "ever"}))
        got = self._answered("unknown_field", self.talk.open(tomorrow={"ever": [1, 2, 3]}))
        self._judge("unknown_type", got is not None, *_silence(self.talk.patience))
        if got is None:
            return False
        self.talk.accept(got)
        self.talk.watch(self.grace)
        more = _ids(self.talk.about(first)) - before
        self._judge("redelivery", not more, f"又答复了 {len(more)} 次", f"answered {len(more)} times more")
        return True

    def _rejected(self) -> bool:
        """One answer is refused for a field, another because the task is done."""
        field_, done = self.talk.open(), self.talk.open()
        refused = {}
        for task, code, path in ((field_, "invalid_field", "note"), (done, "already_done", "task_id")):
            if (got := self.talk.answer(task)) is None:
                self._judge("rejection", False, *_silence(self.talk.patience))
                return False
            self.talk.reject(got, code, path)
            refused[task] = got
        self.talk.watch(self.grace)
        old = refused[field_]
        later = [one for one in self.talk.about(field_) if one is not old]
        same = [one for one in later if one.id == old.id or one.data.get("data") == old.data.get("data")]
        self._judge("rejection", not same, "同样的内容或同一编号又发了", "the same content, or the same id, came again")
        for one in later:
            self.talk.accept(one)
        more = self.talk.about(done)[1:]
        self._judge("gives_up", not more, f"又答复了 {len(more)} 次", f"answered {len(more)} times more")
        return True

    def _cut(self) -> bool:
        """Its connection ends; a task waits when it is back."""
        if not self.talk.place.cut(self.talk.patience):
            self._judge("reconnects", False, "消息服务器上看不到它的连接", "the broker shows no connection of it")
            return False
        got = self._answered("reconnects", self.talk.open())
        if got is not None:
            self.talk.accept(got)
        return got is not None

    def _full(self) -> bool:
        """The broker takes nothing for a while; the answer has to come when it does again."""
        self.talk.place.shut()
        task = self.talk.open()
        sleep(self.grace)
        self.talk.place.reopen()
        got = self._answered("confirms", task)
        if got is not None:
            self.talk.accept(got)
        return True

    def _settled(self) -> bool:
        """Nothing is left in its queue, and nothing it has sent in the end was malformed."""
        end = monotonic() + _COUNTED
        while (left := self.talk.place.unsettled()) and monotonic() < end:
            self.talk.listen(0.5)
        self._judge("settles", not left, f"还有 {left} 条没有确认", f"{left} are not acknowledged")
        return self._sound()

    def _sound(self) -> bool:
        """Judge the form of everything that was heard."""
        fault = next((one.fault for one in self.talk.heard if one.fault is not None), None)
        words = (f"{fault.path}：{fault.text}", f"{fault.path}: {fault.text_en}") if fault else ("", "")
        return self._judge("envelope", fault is None, *words)

    def _answered(self, point: str, task: str) -> Heard | None:
        got = self.talk.answer(task)
        self._judge(point, got is not None, *_silence(self.talk.patience))
        return got

    def _judge(self, point: str, passed: bool, zh: str, en: str) -> bool:
        self._verdicts[point] = Verdict(point, passed, ("", "") if passed else (zh, en))
        return passed


def _ids(heard: list[Heard]) -> set[str]:
    return {one.id for one in heard}


def _silence(seconds: float) -> tuple[str, str]:
    return f"{seconds:g} 秒内没有答复", f"no answer within {seconds:g} s"
