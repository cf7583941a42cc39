// Parses one AsyncAPI document with the official parser; prints what is wrong as JSON, exits 1 when it is refused.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const severities = ["error", "warning", "information", "hint"];
const findings = diagnostics.map(({ severity, code, path, message }) => ({
  severity: severities[severity],
  code,
  path: path.join("/"),
  message,
}));
const messages = document ? document.allMessages().all().map((message) => message.name()) : [];
console.log(JSON.stringify({ findings, messages }));
process.exit(document ? 0 : 1);
