"""单位系统的最小接入程序 · The smallest system of an agency that does its whole part.

    pip install pika
    python agency.py amqps://mq.example:5671/huiyin housing --cert housing.pem --key housing.key --ca ca.pem

先存后确认，见过的编号不再处理；照 form_schema 作答；先存后发，没有得到确认的原样重发。随时可以杀掉再启动，不丢不重。
What comes is stored before it is acknowledged, a known id is not handled again; tasks are answered from their
form_schema; what goes out is stored first, and sent under the same id until it is confirmed. Kill it at any moment.
"""

import argparse
import json
import logging
import random
import sqlite3
import ssl
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

import pika
from pika.credentials import ExternalCredentials
from pika.exceptions import AMQPError

LOG = logging.getLogger("agency")
CORRECTABLE, ATTEMPTS = {"missing_field", "invalid_field"}, 3
# state: new → confirmed (by the broker) → accepted | rejected; closed: no longer wanted
TABLES = """
CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, type TEXT, body TEXT, done INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS sent (id TEXT PRIMARY KEY, task TEXT, subject TEXT, body TEXT, state TEXT DEFAULT 'new');
"""


def now():
    """带时区的当前时间 · The instant, with its zone."""
    return datetime.now(timezone.utc).isoformat()


def fill(schema):
    """照表单结构作答 · An answer such a schema takes: its example, its default, else the least it asks for."""
    if found := [schema[name] for name in ("const", "default") if name in schema]:
        return found[0]
    if found := schema.get("examples") or schema.get("enum"):
        return found[0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    if kind == "object":
        fields, wanted = schema.get("properties", {}), schema.get("required", [])
        return {name: fill(one) for name, one in fields.items() if name in wanted or one.get("examples")}
    if kind == "array":
        return [fill(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        return now()[:10] if schema.get("format") == "date" else "按要求办理。" * (1 + schema.get("minLength", 1) // 6)
    return {"boolean": True, "integer": schema.get("minimum", 1), "number": schema.get("minimum", 1)}.get(kind)


def at(schema, path):
    """出错字段的结构 · The part of a schema that a rejection's `path` (such as points.0.text) names."""
    for step in path.split("."):
        schema = schema.get("items", {}) if step.isdigit() else schema.get("properties", {}).get(step, {})
    return schema


def put(data, path, value):
    """改正一个字段 · Write a value where `path` says."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        data = data[step] if isinstance(step, int) else data.setdefault(step, {})
    data[last] = value


def decide(task, answers):
    """本单位怎样答复，换成自己的业务 · What the unit says. This is where your own system and people come in.

    The file maps "<unit>/<form>" or "<form>" to fields; what it leaves open comes from what the form holds already
    (`initial`) and from the schema. A task nobody has heard of yet is answered the same way.
    """
    known = json.loads(answers.read_text("utf-8")) if answers else {}
    own = known.get(f"{task['unit']}/{task['form']}", known.get(task["form"], {}))
    return {**fill(task.get("form_schema") or {"type": "object"}), **(task.get("initial") or {}), **own}


class Agency:
    """一个接入方 · One connector: `received` and `sent` are its memory."""

    def __init__(self, options):
        self.options, self.db = options, sqlite3.connect(options.store)
        self.db.executescript(TABLES)

    def keep(self, headers, body):
        """先存 · Store a message; one with a known id changes nothing."""
        row = (headers["ce-id"], headers["ce-type"], body.decode("utf-8"))
        with self.db:
            self.db.execute("INSERT OR IGNORE INTO received (id, type, body) VALUES (?, ?, ?)", row)

    def think(self):
        """再办 · Handle what is stored and not handled, each in a transaction of its own."""
        for key, kind, body in self.db.execute("SELECT id, type, body FROM received WHERE done = 0").fetchall():
            with self.db:
                self.handle(kind, json.loads(body))
                self.db.execute("UPDATE received SET done = 1 WHERE id = ?", (key,))

    def handle(self, kind, data):
        """不认识的类型不理会 · Types it does not know are ignored."""
        if kind == "task.opened.v1":
            self.opened(data)
        elif kind == "task.closed.v1":
            self.db.execute("UPDATE sent SET state = 'closed' WHERE task = ? AND state = 'new'", (data["task_id"],))
        elif kind == "command.accepted.v1":
            LOG.warning("accepted: %s", data["task_id"])
            self.db.execute("UPDATE sent SET state = 'accepted' WHERE id = ?", (data["original_id"],))
        elif kind == "message.rejected.v1":
            self.rejected(data)

    def opened(self, task):
        """作答一次 · Answer a task once; again only if the answer was rejected and the task is told anew."""
        answered = "SELECT 1 FROM sent WHERE task = ? AND state IN ('new', 'confirmed', 'accepted')"
        if not self.db.execute(answered, (task["task_id"],)).fetchone():
            self.answer(task, decide(task, self.options.answers))

    def answer(self, task, data):
        """存下要发的 · Store a `task.complete`; a new answer has a new id."""
        body = {"task_id": task["task_id"], "unit": task["unit"], "data": data}
        body |= {"actor": {"name": self.options.actor}, "occurred_at": now()}
        row = (str(uuid.uuid4()), task["task_id"], task["matter_id"], json.dumps(body, ensure_ascii=False))
        self.db.execute("INSERT INTO sent (id, task, subject, body) VALUES (?, ?, ?, ?)", row)

    def rejected(self, why):
        """被拒绝：看原因，能改的改了以新编号再发 · Rejected: correct the field it names, under a new id."""
        LOG.warning("rejected %s at %s: %s / %s", why["code"], why.get("path"), why["text"], why["text_en"])
        row = self.db.execute("SELECT task, body FROM sent WHERE id = ?", (why["original_id"],)).fetchone()
        self.db.execute("UPDATE sent SET state = 'rejected' WHERE id = ?", (why["original_id"],))
        [tries] = self.db.execute("SELECT count(*) FROM sent WHERE task = ?", (row and row[0],)).fetchone()
        if row is None or why["code"] not in CORRECTABLE or not why.get("path") or tries >= ATTEMPTS:
            return  # 交给人 · for people
        told = self.db.execute("SELECT body FROM received WHERE type = 'task.opened.v1' ORDER BY rowid DESC")
        task = next(one for (body,) in told if (one := json.loads(body))["task_id"] == row[0])
        data = json.loads(row[1])["data"]
        put(data, why["path"], fill(at(task["form_schema"], why["path"])))
        self.answer(task, data)

    def send(self, channel):
        """未确认的都发，编号不变 · Publish whatever is not confirmed yet, under its id."""
        for key, subject, body in self.db.execute("SELECT id, subject, body FROM sent WHERE state = 'new'").fetchall():
            headers = {"ce-specversion": "1.0", "ce-id": key, "ce-type": "task.complete.v1", "ce-subject": subject}
            headers |= {"ce-source": f"/agency/{self.options.connector}", "ce-time": json.loads(body)["occurred_at"]}
            how = pika.BasicProperties(content_type="application/json", delivery_mode=2, headers=headers)
            channel.basic_publish(f"agency.{self.options.connector}.in", "", body.encode(), how, mandatory=True)
            with self.db:  # the broker has confirmed it, else there was an exception
                self.db.execute("UPDATE sent SET state = 'confirmed' WHERE id = ? AND state = 'new'", (key,))

    def serve(self, channel):
        """收、存、确认、办、发 · Receive, store, acknowledge, handle, send."""
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=50)
        for method, properties, body in channel.consume(f"agency.{self.options.connector}.out", inactivity_timeout=0.5):
            if method is not None:
                self.keep(properties.headers, body)
                channel.basic_ack(method.delivery_tag)
            self.think()
            self.send(channel)
        raise ConnectionError("the broker has ended the delivery")

    def run(self):
        """断线重连 · Until it is killed."""
        while True:
            try:
                with pika.BlockingConnection(parameters(self.options)) as connection:
                    LOG.warning("connected as %s", self.options.connector)
                    self.serve(connection.channel())
            except (AMQPError, OSError) as error:
                LOG.warning("again in a moment: %r", error)
                time.sleep(random.uniform(0.5, 3))


def parameters(options):
    """用户名密码或客户端证书 · A password in the URL, or a client certificate that names the account."""
    found = pika.URLParameters(options.url)
    found.heartbeat = found.blocked_connection_timeout = 30
    if options.cert:
        context = ssl.create_default_context(cafile=options.ca)
        context.load_cert_chain(options.cert, options.key)
        found.ssl_options, found.credentials = pika.SSLOptions(context, found.host), ExternalCredentials()
    return found


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("url", help="amqps://host:5671/huiyin")
    given.add_argument("connector", help="接入方编号 · id of the connector")
    given.add_argument("--store", default="agency.db", help="存储文件 · file that remembers everything")
    given.add_argument("--answers", type=Path, help='JSON: {"<unit>/<form>": {field: value}}')
    given.add_argument("--actor", default="值班员", help="办理人 · who answers")
    for name in ("cert", "key", "ca"):
        given.add_argument(f"--{name}", help="PEM")
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    Agency(given.parse_args()).run()
