"""Commands of this service for the composition root's `huiyin`: versions, calendars, incidents, erasing, audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import Engine

from services.common import db
from services.common.clock import Clock
from services.common.problems import Problem
from services.workflow import (
    adoptions,
    audits,
    calendar_versions,
    case_migrations,
    cases,
    documents,
    packages,
    rebuilding,
    seed,
    versions,
    whatifs,
)
from services.workflow.calendars import CalendarError

Open = Callable[[], tuple[Engine, Clock]]


def commands(open_: Open) -> list[click.Command]:
    """The commands; `open_` gives the service's database and clock when one of them runs."""
    made = (_publish, _approve, _retire, _delete, _retry, _erase, _audit, _rebuild, _what_if, _migrate)
    return [*(command(open_) for command in made), _calendar(open_)]


def _publish(open_: Open) -> click.Command:
    @click.command("publish")
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @click.option("--by", required=True)
    def publish(folder: Path, by: str) -> None:
        """提交流程包，等待第二人审定 / submit a package for approval by a second person."""
        engine, clock = open_()
        seed.record_calendars(engine, folder.parent.parent / "calendars", clock.now())
        try:
            with db.begin(engine) as conn:
                click.echo(versions.submit(conn, packages.load(folder), by, clock.now()))
        except packages.BadPackage as bad:
            for found in bad.findings:
                click.echo(f"{found.file} {found.element or ''} {found.reason} / {found.reason_en}", err=True)
            raise SystemExit(1) from bad

    return publish


def _approve(open_: Open) -> click.Command:
    @click.command("approve")
    @click.argument("version")
    @click.option("--by", required=True)
    def approve(version: str, by: str) -> None:
        """审定并发布 / approve a version, not by who submitted it."""
        engine, clock = open_()
        with _words(), db.begin(engine) as conn:
            versions.approve(conn, version, by, clock.now())
        click.echo(version)

    return approve


def _retire(open_: Open) -> click.Command:
    @click.command("retire")
    @click.argument("version")
    def retire(version: str) -> None:
        """停用版本 / take no new cases under a version."""
        engine, clock = open_()
        with _words(), db.begin(engine) as conn:
            versions.retire(conn, version, clock.now())
        click.echo(version)

    return retire


def _delete(open_: Open) -> click.Command:
    @click.command("delete")
    @click.argument("version")
    def delete(version: str) -> None:
        """删除从未启用的版本 / delete a version that was never in force."""
        engine, _ = open_()
        with _words(), db.begin(engine) as conn:
            versions.delete(conn, version)
        click.echo(version)

    return delete


def _retry(open_: Open) -> click.Command:
    @click.command("retry")
    @click.argument("incident", type=int)
    @click.option("--by", required=True)
    def retry(incident: int, by: str) -> None:
        """重新执行异常 / carry out an incident's stimulus again."""
        engine, clock = open_()
        with _words(), db.begin(engine) as conn:
            applied = cases.retry(conn, incident, by, clock.now())
        click.echo(applied.stimulus_id or f"incident {applied.incident}")
        raise SystemExit(0 if applied.incident is None else 1)

    return retry


def _erase(open_: Open) -> click.Command:
    @click.command("erase")
    @click.argument("digest")
    def erase(digest: str) -> None:
        """删除一段文字（个人信息）/ erase a text for privacy; log and chain stay intact."""
        engine, clock = open_()
        with db.begin(engine) as conn:
            erased = documents.erase(conn, digest, clock.now())
        raise SystemExit(0 if erased else 1)

    return erase


def _audit(open_: Open) -> click.Command:
    @click.command("audit")
    def audit() -> None:
        """核对日志与状态 / check every case's chain and replay."""
        engine, _clock = open_()
        bad = [verdict for verdict in audits.run(engine) if not verdict.sound]
        for verdict in bad:
            click.echo(f"{verdict.case_id} broken={verdict.broken} agrees={verdict.agrees}")
        raise SystemExit(1 if bad else 0)

    return audit


def _rebuild(open_: Open) -> click.Command:
    @click.command("rebuild")
    @click.argument("case")
    def rebuild(case: str) -> None:
        """按日志重建状态 / write a case's damaged state anew from its log; retry its incidents afterwards."""
        engine, _clock = open_()
        with _words(), db.begin(engine) as conn:
            rows = rebuilding.rebuild(conn, case)
        click.echo(f"{case} {rows}")

    return rebuild


class _words:  # noqa: N801  reads as what it does: with _words(): …
    """A rule that says no ends the command with its words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Problem):
            raise click.ClickException(" / ".join(error.texts)) from error
        if isinstance(error, CalendarError):
            raise click.ClickException(f"{error.text} / {error.text_en}") from error


def _what_if(open_: Open) -> click.Command:
    @click.command("what-if")
    @click.argument("version")
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
    def what_if(version: str, folder: Path, as_json: bool) -> None:
        """已办的件按另一套流程重走一遍，看差别 / play the cases of a version again under another package."""
        engine, _ = open_()
        try:
            with db.read(engine) as conn:
                report = whatifs.play(conn, version, packages.load(folder))
        except packages.BadPackage as bad:
            for found in bad.findings:
                click.echo(f"{found.file} {found.element or ''} {found.reason} / {found.reason_en}", err=True)
            raise SystemExit(1) from bad
        if as_json:
            click.echo(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2))
            return
        for zh, en in whatifs.words.lines(report):
            click.echo(f"{zh} / {en}")

    return what_if


def _migrate(open_: Open) -> click.Command:
    @click.command("migrate")
    @click.argument("source")
    @click.argument("target")
    @click.option("--case", "ids", multiple=True, help="只转这些流程 / these cases only")
    @click.option("--map", "names", multiple=True, metavar="OLD=NEW", help="原环节=新环节 / what became of an element")
    @click.option("--recompute", is_flag=True, help="期限按新版本重算 / deadlines by the target's table")
    @click.option("--shorten", is_flag=True, help="同意期限提前 / agree to earlier deadlines")
    @click.option("--commit", is_flag=True, help="真正转换，否则只看 / in earnest, else only a look")
    @click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
    def migrate(source: str, target: str, ids: tuple[str, ...], *, commit: bool, as_json: bool, **wish: Any) -> None:
        """把办理中的流程转到另一个版本 / bring running cases to another version; 1 if one could not go."""
        engine, clock = open_()
        names = dict(one.partition("=")[::2] for one in wish.pop("names"))
        plan = case_migrations.Plan(source=source, target=target, names=names, **wish)
        with _words():
            if commit:
                by = {"name": versions.INSTALLER}
                found = case_migrations.carry_out(engine, plan, ids or None, by, clock.now())
            else:
                found = case_migrations.look_at(engine, plan, ids or None, clock.now())
        if as_json:
            click.echo(orjson.dumps([one.as_dict() for one in found], option=orjson.OPT_INDENT_2))
        else:
            for one in found:
                click.echo(_line(one))
        raise SystemExit(1 if any(one.code for one in found) else 0)

    return migrate


def _line(outcome: case_migrations.Outcome) -> str:
    said = outcome.as_dict()
    if outcome.code:
        where = f" ({', '.join(outcome.elements)})" if outcome.elements else ""
        return f"✗ {outcome.case_id} {said['reason']} / {said['reason_en']}{where}"
    moved = "".join(f" {one.name}: {one.was or '-'} → {one.now or '-'}" for one in outcome.shifts)
    begun = f" + {'、'.join(outcome.opened)}" if outcome.opened else ""
    return f"✓ {outcome.case_id}{moved}{begun}"


def _calendar(open_: Open) -> click.Group:
    group = click.Group("calendar", help="日历：查看、导入、采用 / calendars: list, import, adopt.")
    for made in (_calendars, _import, _adopt):
        group.add_command(made(open_))
    return group


def _calendars(open_: Open) -> click.Command:
    @click.command("list")
    def list_() -> None:
        """列出日历版本 / every version, the newest of each calendar first, and the running cases behind it."""
        engine, _ = open_()
        with db.read(engine) as conn:
            for row in calendar_versions.list_(conn):
                years = ", ".join(map(str, sorted(calendar_versions.get(conn, row["version"]).years)))
                count = adoptions.count(conn, row["version"])
                click.echo(f"{row['version']} {years} {row['recorded_at'].isoformat()} behind={count}")

    return list_


def _import(open_: Open) -> click.Command:
    @click.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--by", required=True)
    @click.option(
        "--commit", is_flag=True, help="导入；不写只看会改变什么 / import; without it only say what would change"
    )
    def import_(file: Path, by: str, commit: bool) -> None:
        """导入一年的日历 / import the calendar of one year."""
        engine, clock = open_()
        with _words(), db.begin(engine) as conn:
            content = file.read_bytes()
            found = (
                calendar_versions.put(conn, content, by, clock.now())
                if commit
                else calendar_versions.prepare(conn, content)
            )
        click.echo(f"{found.year} {found.source}")
        for day, was, now in found.changed:
            click.echo(f"{day} {_working(was)} → {_working(now)}")
        click.echo(f"{found.working_days} 个工作日 / working days")
        click.echo(
            found.after.version
            if commit
            else f"未导入，加 --commit 导入 / not imported, --commit imports: {found.after.version}"
        )

    return import_


def _working(works: bool) -> str:
    return "上班 working" if works else "不上班 off"


def _adopt(open_: Open) -> click.Command:
    @click.command("adopt")
    @click.argument("version")
    @click.option("--by", required=True)
    @click.option("--commit", is_flag=True, help="采用；不写只试算 / adopt; without it only say what would move")
    @click.option("--shorten", is_flag=True, help="同意把期限提前 / also bring deadlines forward")
    @click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
    def adopt(version: str, by: str, commit: bool, shorten: bool, as_json: bool) -> None:
        """让办理中的流程实例采用日历 / let running cases adopt a calendar; exit code 1 if some cannot."""
        engine, clock = open_()
        bad = seen = 0
        with _words():
            for ids in _parts(engine, version):
                if commit:
                    actor = {"account": by}
                    told = adoptions.adopt(engine, version, ids, actor, clock.now(), shorten=shorten)
                    lines = [(one.as_dict(), _done(one)) for one in told]
                else:
                    with db.read(engine) as conn:
                        lines = [
                            (one.as_dict(), _outlook(one)) for one in adoptions.look(conn, version, ids, clock.now())
                        ]
                seen += len(lines)
                bad += sum(plain["problem"] is not None for plain, _ in lines)
                for plain, words in lines:
                    click.echo(orjson.dumps(plain) if as_json else words)
        if not seen:
            click.echo("办理中的流程实例都已采用 / all running cases have adopted it", err=True)
        raise SystemExit(1 if bad else 0)

    return adopt


def _parts(engine: Engine, version: str) -> Iterator[list[str]]:
    """The running cases behind a version, a few hundred at a time."""
    after = ""
    while True:
        with db.read(engine) as conn:
            ids = adoptions.behind(conn, version, after=after)
        if not ids:
            return
        yield ids
        after = ids[-1]


def _outlook(one: adoptions.Outlook) -> str:
    if one.problem:
        return f"{one.case_id} {' / '.join(one.problem)}"
    rows = [f"  {it.label} {it.unit or ''} {it.was} → {it.now}  {'；'.join(it.why)}" for it in one.shifts]
    head = f"{one.case_id} {len(rows)} 个变动 moved, {one.confirmed} 个确定 sure"
    return "\n".join([head, *rows])


def _done(one: adoptions.Outcome) -> str:
    if one.problem:
        return f"{one.case_id} {' / '.join(one.problem)}"
    return f"{one.stimulus} {one.moved} 个变动 moved, {one.kept} 个未提前 kept, {one.confirmed} 个确定 sure"
