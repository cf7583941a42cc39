"""What can go wrong, as stable codes with words in Chinese and English; RFC 9457 problem documents.

A `Problem` is raised where a rule says no. The web turns it into application/problem+json, the inbox into
`message.rejected.v1`: the same rule gives the same answer on both ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.contracts import rejections

CONTENT_TYPE = "application/problem+json"

_TEXTS: dict[str, tuple[str, str]] = {
    **{code: (words.zh, words.en) for code, words in rejections.REJECTIONS.items()},
    "bad_request": ("请求无法理解", "the request cannot be understood"),
    "invalid_form": ("填写内容有误", "some fields are wrong"),
    "not_signed_in": ("请先登录", "please sign in"),
    "bad_credentials": ("用户名或密码错误", "wrong user name or password"),
    "session_expired": ("页面已过期，请刷新后重试", "the page has expired, reload it and try again"),
    "not_found": ("没有找到", "not found"),
    "wrong_method": ("不支持这种操作", "this method is not supported here"),
    "conflict": ("数据已被他人修改，请刷新后重试", "somebody else changed this, reload it and try again"),
    "too_large": ("内容过大", "too large"),
    "internal": ("系统内部错误，已记录", "an internal error, it has been recorded"),
    "unavailable": ("服务暂不可用，请稍后再试", "not available now, try again later"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: dotted `path` (`points.0.text`), stable `code`, words for people."""

    path: str
    code: str
    text: str
    text_en: str


class Problem(Exception):
    """A rule says no: `code` keys the words, `params` fill their placeholders, `path` names the place if
    one is wrong.

    `status` is the HTTP status (4xx: the caller's matter; 5xx: ours, a message is tried again later).
    """

    def __init__(
        self,
        code: str,
        status: int = 422,
        *,
        path: str = "",
        errors: Sequence[FieldError] = (),
        retryable: bool | None = None,
        **params: Any,
    ) -> None:
        self.code = code
        self.status = status
        self.path = path or (errors[0].path if errors else "")
        self.errors = tuple(errors)
        self.retryable = _retryable(code, status) if retryable is None else retryable
        self.params = params
        super().__init__(f"{code}{f' at {self.path}' if self.path else ''}: {self.texts[1]}")

    @property
    def texts(self) -> tuple[str, str]:
        """The words for people, Chinese and English."""
        return texts(self.code, **self.params)


class Rejected(Problem):
    """A message that is not accepted; `code` is one of `contracts.rejections.REJECTIONS`."""


def register(table: Mapping[str, tuple[str, str]]) -> None:
    """Add a service's own codes {code: (Chinese, English)}; a code never gets a second meaning
    (ValueError)."""
    for code, words in table.items():
        if _TEXTS.setdefault(code, words) != words:
            raise ValueError(f"the code {code} is already taken")


def texts(code: str, **params: Any) -> tuple[str, str]:
    """The words of a code, Chinese and English, with `{placeholders}` filled. KeyError for an unknown
    code."""
    zh, en = _TEXTS[code]
    return (zh.format(**params), en.format(**params)) if params else (zh, en)


def known() -> frozenset[str]:
    """Every code that has words."""
    return frozenset(_TEXTS)


def document(problem: Problem, *, instance: str = "") -> dict[str, Any]:
    """The RFC 9457 document: type, title, title_en, status, detail, code and the wrong fields."""
    zh, en = problem.texts
    body: dict[str, Any] = {
        "type": f"urn:huiyin:problem:{problem.code}",
        "title": zh,
        "title_en": en,
        "status": problem.status,
        "detail": f"{zh} / {en}",
        "code": problem.code,
        "errors": [asdict(error) for error in problem.errors],
    }
    return {**body, "instance": instance} if instance else body


def _retryable(code: str, status: int) -> bool:
    rejection = rejections.REJECTIONS.get(code)
    return rejection.retryable if rejection else status >= 500
