"""A statement as libpq takes it, rendered once: its text, its parameters in their places, its answer by column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from psycopg.adapt import PyFormat
from sqlalchemy import JSON, Dialect, Executable, Insert, LargeBinary
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
_Change = Callable[[Any], Any]
_ROWS: Final = (16, 4, 2)
"""So many rows go into one INSERT: few sizes, for each is a statement of its own to be prepared."""
_GROUP: Final = re.compile(r"VALUES (\([^()]*\))")
_PLACE: Final = re.compile(r"\$([0-9]+)")


class Text:
    """What is prepared: the statement, a name for it, and how each parameter travels."""

    def __init__(self, sql: str, formats: Sequence[PyFormat]) -> None:
        self.sql, self.formats = sql.encode(), formats
        self.name = sha256(self.sql).hexdigest()[:16].encode()
        self.codes = [int(format_ is PyFormat.BINARY) for format_ in formats]


class Rendered:
    """What is done with each value on its way to PostgreSQL, and with each column on its way back.

    The types of parameters are left to PostgreSQL, which knows the columns they are for.
    """

    def __init__(self, statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> None:
        plain: Any = PGDialect(  # type: ignore[no-untyped-call]
            paramstyle="numeric_dollar", json_serializer=getattr(dialect, "_json_serializer", None)
        )
        compiled = statement.compile(dialect=plain, column_keys=list(names))  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  for the type checker: no DDL comes here
        types = {name: bind.type.dialect_impl(plain) for bind, name in compiled.bind_names.items()}
        places = compiled.positiontup or []
        formats = [PyFormat.BINARY if isinstance(types[name], LargeBinary) else PyFormat.TEXT for name in places]
        self._fixed = {name: value for name, value in compiled.params.items() if name not in names}
        self._places: list[tuple[str, _Change | None]] = [(name, types[name].bind_processor(plain)) for name in places]
        self._columns = [(str(one.keyname), _reading(one.type, plain)) for one in compiled._result_columns]
        self._one = Text(str(compiled), formats)
        # two rows of one statement may not change the same third one
        apart = not isinstance(statement, Insert) or "DO UPDATE" in str(compiled)
        self._several = {} if apart else {count: _widened(self._one, count) for count in _ROWS}

    def lines(self, rows: Sequence[Values]) -> Iterator[tuple[Text, list[Any]]]:
        """What is to be sent for these rows, in their order; several new rows of a table share a statement."""
        done = 0
        for count, text in self._several.items():
            while len(rows) - done >= count:
                yield text, list(chain.from_iterable(map(self._values, rows[done : done + count])))
                done += count
        for row in rows[done:]:
            yield self._one, self._values(row)

    def _values(self, row: Values) -> list[Any]:
        whole = {**self._fixed, **row} if self._fixed else row
        return [whole[name] if how is None else how(whole[name]) for name, how in self._places]

    def row(self, found: Sequence[Any]) -> dict[str, Any]:
        """One row of the answer, by column."""
        pairs = zip(self._columns, found, strict=True)
        return {name: value if how is None else how(value) for (name, how), value in pairs}


def _widened(text: Text, count: int) -> Text:
    """An INSERT of one row as one of several."""
    sql, width = text.sql.decode(), len(text.formats)
    group = _GROUP.search(sql)
    assert group is not None  # noqa: S101  for the type checker: every INSERT here has its values
    groups = [_PLACE.sub(lambda m, n=number: f"${int(m[1]) + n * width}", group[1]) for number in range(count)]
    return Text(f"{sql[: group.start(1)]}{', '.join(groups)}{sql[group.end(1) :]}", [*text.formats] * count)


def _reading(type_: TypeEngine[Any], dialect: Dialect) -> _Change | None:
    """What SQLAlchemy does with a value it gets; JSON the driver reads by itself."""
    own = type_.dialect_impl(dialect)
    return None if isinstance(own, JSON) else own.result_processor(dialect, None)


@lru_cache(maxsize=256)
def rendered(statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> Rendered:
    """The same statement object is rendered once."""
    return Rendered(statement, dialect, names)
