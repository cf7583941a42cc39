/*
单位系统的最小接入程序（Node 20）· The smallest system of an agency that does its whole part, in Node 20.

    npm ci
    node agency.mjs amqps://mq.example:5671/huiyin housing --cert housing.pem --key housing.key --ca ca.pem

先存后确认，见过的编号不再处理；每项任务照 form_schema 作答；要发的先存后发，未得到发布确认的以同一编号重发；断线自动
重连。随时可以杀掉再启动，不丢也不重。记忆是一个只增不改的日志文件，一行一件事。
What comes is stored before it is acknowledged, a known id is not handled again; each task is answered from its
form_schema; what goes out is stored first, and sent again under the same id until the broker confirms it. Kill it at
any moment and start it again: nothing is lost, nothing is doubled. Its memory is a journal, one line per fact.
*/
import { randomUUID } from "node:crypto";
import { existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import amqplib from "amqplib";

const CORRECTABLE = ["missing_field", "invalid_field"];
const ATTEMPTS = 3;
const log = (...words) => console.error(new Date().toISOString(), ...words);

/** 照表单结构作答 · An answer such a schema takes: its example, its default, else the least it asks for. */
function fill(schema) {
  for (const name of ["const", "default"]) if (name in schema) return schema[name];
  for (const name of ["examples", "enum"]) if (schema[name]?.length) return schema[name][0];
  const kind = [schema.type ?? "string"].flat().find((one) => one !== "null");
  if (kind === "object") {
    const wanted = Object.entries(schema.properties ?? {}).filter(
      ([name, one]) => schema.required?.includes(name) || one.examples?.length,
    );
    return Object.fromEntries(wanted.map(([name, one]) => [name, fill(one)]));
  }
  if (kind === "array") return Array.from({ length: schema.minItems ?? 0 }, () => fill(schema.items ?? {}));
  if (kind === "boolean") return true;
  if (kind === "integer" || kind === "number") return schema.minimum ?? 1;
  if (schema.format === "date") return new Date().toISOString().slice(0, 10);
  return "按要求办理。".repeat(Math.max(1, Math.ceil((schema.minLength ?? 1) / 6)));
}

const steps = (path) => path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** 出错字段的结构 · The part of a schema that a rejection's `path` (such as points.0.text) names. */
function at(schema, path) {
  const inner = (found, step) => (typeof step === "number" ? found.items : found.properties?.[step]) ?? {};
  return steps(path).reduce(inner, schema);
}

/** 改正一个字段 · Write a value where `path` says. */
function put(data, path, value) {
  const way = steps(path);
  const last = way.pop();
  way.reduce((inner, step) => (inner[step] ??= {}), data)[last] = value;
}

/**
 * 本单位怎样答复，换成自己的业务 · What the unit says. This is where your own system and people come in.
 *
 * The file of answers maps "<unit>/<form>" or "<form>" to fields; what it leaves open comes from what the form holds
 * already (`initial`) and from the schema. A task nobody has heard of yet is answered the same way.
 */
function decide(task, file) {
  const known = file ? JSON.parse(readFileSync(file, "utf8")) : {};
  const own = known[`${task.unit}/${task.form}`] ?? known[task.form] ?? {};
  return { ...fill(task.form_schema ?? { type: "object" }), ...task.initial, ...own };
}

/** 记忆 · The memory: what was received and sent, read back from its file at the start. */
class Journal {
  received = new Map(); // id → {type, body, done}
  sent = new Map(); // id → {task, subject, body, state: new → confirmed → accepted | rejected; closed}

  constructor(path) {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const whole = bytes.lastIndexOf("\n") + 1; // the power may have failed in the middle of a line
    if (whole < bytes.length) truncateSync(path, whole);
    for (const line of bytes.subarray(0, whole).toString("utf8").split("\n")) if (line) this.apply(JSON.parse(line));
    this.file = openSync(path, "a");
  }

  /** 先落盘再生效 · A fact is on the disk before anything follows from it. */
  write(fact) {
    writeSync(this.file, `${JSON.stringify(fact)}\n`);
    fsyncSync(this.file);
    this.apply(fact);
  }

  apply({ received, done, sent, states }) {
    if (received) this.received.set(received.id, { ...received, done: false });
    if (done) this.received.get(done).done = true;
    if (sent) this.sent.set(sent.id, { ...sent, state: "new" });
    for (const [id, state] of Object.entries(states ?? {})) if (this.sent.has(id)) this.sent.get(id).state = state;
  }
}

/** 一个接入方 · One connector. */
class Agency {
  constructor(url, connector, options) {
    Object.assign(this, { url, connector, options, journal: new Journal(options.store) });
  }

  /** 先存 · Store a message; one with a known id changes nothing. */
  keep(message) {
    const { "ce-id": id, "ce-type": type } = message.properties.headers;
    const body = JSON.parse(message.content.toString("utf8"));
    if (!this.journal.received.has(id)) this.journal.write({ received: { id, type, body } });
  }

  /** 再办 · Handle what is stored and not handled; what follows from a message is one line with it. */
  think() {
    for (const { id, type, body, done } of this.journal.received.values()) {
      if (!done) this.journal.write({ done: id, ...this.follows(type, body) });
    }
  }

  /** 不认识的类型不理会 · Types it does not know are ignored. */
  follows(type, data) {
    const ours = [...this.journal.sent.values()].filter((one) => one.task === data.task_id);
    if (type === "task.opened.v1") {
      const answered = ours.some((one) => ["new", "confirmed", "accepted"].includes(one.state));
      return answered ? {} : { sent: this.answer(data, decide(data, this.options.answers)) };
    }
    if (type === "task.closed.v1") {
      const unsent = ours.filter((one) => one.state === "new");
      return { states: Object.fromEntries(unsent.map((one) => [one.id, "closed"])) };
    }
    if (type === "command.accepted.v1") {
      log(`accepted: ${data.task_id}`);
      return { states: { [data.original_id]: "accepted" } };
    }
    return type === "message.rejected.v1" ? this.rejected(data) : {};
  }

  /** 一条新的 task.complete · A new answer has a new id. */
  answer(task, data) {
    const actor = { name: this.options.actor };
    const body = { task_id: task.task_id, unit: task.unit, data, actor, occurred_at: new Date().toISOString() };
    return { id: randomUUID(), task: task.task_id, subject: task.matter_id, body };
  }

  /** 被拒绝：看原因，能改的改了以新编号再发 · Rejected: correct the field it names, under a new id. */
  rejected(why) {
    log(`rejected ${why.code} at ${why.path}: ${why.text} / ${why.text_en}`);
    const before = this.journal.sent.get(why.original_id);
    if (!before) return {};
    const states = { [why.original_id]: "rejected" };
    const tries = [...this.journal.sent.values()].filter((one) => one.task === before.task).length;
    if (!CORRECTABLE.includes(why.code) || !why.path || tries >= ATTEMPTS) return { states }; // 交给人 · for people
    const told = [...this.journal.received.values()].filter((one) => one.type === "task.opened.v1");
    const task = told.findLast((one) => one.body.task_id === before.task).body;
    const data = structuredClone(before.body.data);
    put(data, why.path, fill(at(task.form_schema, why.path)));
    return { states, sent: this.answer(task, data) };
  }

  /** 未确认的都发，编号不变 · Publish whatever is not confirmed yet, under its id. */
  async send(channel) {
    for (const { id, subject, body, state } of this.journal.sent.values()) {
      if (state !== "new") continue;
      const headers = { "ce-specversion": "1.0", "ce-id": id, "ce-type": "task.complete.v1", "ce-subject": subject };
      Object.assign(headers, { "ce-source": `/agency/${this.connector}`, "ce-time": body.occurred_at });
      const how = { headers, contentType: "application/json", persistent: true, mandatory: true };
      channel.publish(`agency.${this.connector}.in`, "", Buffer.from(JSON.stringify(body)), how);
      await channel.waitForConfirms();
      if (channel.returned.delete(id)) throw new Error("returned: nobody listens there");
      if (this.journal.sent.get(id).state === "new") this.journal.write({ states: { [id]: "confirmed" } });
    }
  }

  /** 收、存、确认、办、发 · Receive, store, acknowledge, handle, send; returns when the connection is lost. */
  async serve(connection) {
    let lost = null;
    const end = (error) => (lost ??= error ?? new Error("closed"));
    const channel = await connection.createConfirmChannel();
    for (const one of [connection, channel]) one.on("error", end).on("close", end).on("handler-error", end);
    channel.returned = new Set();
    channel.on("return", (message) => channel.returned.add(message.properties.headers["ce-id"]));
    await channel.prefetch(50);
    await channel.consume(`agency.${this.connector}.out`, (message) => {
      if (message === null) return end(new Error("the broker has ended the delivery"));
      this.keep(message);
      channel.ack(message);
    });
    for (; !lost; await pause(50)) {
      this.think();
      await this.send(channel);
    }
    throw lost;
  }

  /** 断线重连 · Until it is killed. */
  async run() {
    const { cert, key, ca } = this.options;
    const files = Object.fromEntries(Object.entries({ cert, key, ca }).filter(([, path]) => path));
    const socket = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, readFileSync(path)]));
    if (cert) socket.credentials = amqplib.credentials.external();
    for (;;) {
      let connection = null;
      try {
        connection = await amqplib.connect(this.url, { ...socket, timeout: 10_000 });
        log(`connected as ${this.connector}`);
        await this.serve(connection);
      } catch (error) {
        log(`again in a moment: ${error.message}`);
        await connection?.close().catch(() => {});
        await pause(500 + Math.random() * 2500);
      }
    }
  }
}

const words = ["store", "answers", "actor", "cert", "key", "ca"];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(words.map((name) => [name, { type: "string" }])),
});
if (positionals.length !== 2) {
  console.error(`node agency.mjs <amqps://…> <connector> ${words.map((name) => `[--${name} …]`).join(" ")}`);
  process.exit(2);
}
await new Agency(...positionals, { store: "agency.jsonl", actor: "值班员", ...values }).run();
