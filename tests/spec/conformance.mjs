// Holds what the tests received against the specification: node conformance.mjs <directory of openapi.json> <records>
// Every answer is one that its operation describes, with these members and no others; every operation and every code of
// a problem was met. Prints what does not fit and exits with 1.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const [, , dist, recorded] = process.argv;
const document = closed(JSON.parse(readFileSync(join(dist, "openapi.json"), "utf8")));
const kShownFaults = 40;

const stream = closed(JSON.parse(readFileSync(join(dist, "asyncapi.json"), "utf8")));

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(document, "openapi");
ajv.addSchema(stream, "asyncapi");
const faults = new Map();  // text -> how often

function fault(text) {
  faults.set(text, (faults.get(text) ?? 0) + 1);
}

// Clients must bear new members; the tests must not: a member that nobody described is a fault here.
function closed(node) {
  if (Array.isArray(node)) node.forEach(closed);
  else if (node !== null && typeof node === "object") {
    if (node.type === "object" && node.properties) node.additionalProperties ??= false;
    Object.values(node).forEach(closed);
  }
  return node;
}

const operations = [];
for (const [path, item] of Object.entries(document.paths))
  for (const method of Object.keys(item))
    operations.push({
      path,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
      holes: (path.match(/\{/g) ?? []).length,
      pointer: `#/paths/${path.replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D")}/${method}`,
      description: item[method],
      met: false,
    });
operations.sort((a, b) => a.holes - b.holes);

function validator(pointer) {
  return ajv.getSchema(pointer) ?? ajv.compile({ $ref: pointer });
}
const isProblem = validator("openapi#/components/schemas/Problem");

function check(validate, value, what) {
  if (validate(value)) return;
  for (const error of validate.errors)
    fault(`${what}: ${error.instancePath || "/"} ${error.message} ${JSON.stringify(error.params)}`);
}

const codes = new Set();
let known = [];

function check_exchange({ method, target, status, content_type, body }) {
  const path = target.split("?")[0];
  const operation = operations.find((o) => o.method === method && o.pattern.test(path));
  const name = `${method} ${operation ? operation.path : path} -> ${status}`;
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    if (operation) fault(`${name}: the body is no JSON`);
    return;
  }
  if (status >= 400) {
    if (!content_type.startsWith("application/problem+json")) fault(`${name}: content type ${content_type}`);
    check(isProblem, value, `${name} ${value.code}`);
    codes.add(value.code);
    return;
  }
  if (path === "/v1/errors") known = value.data.map((entry) => entry.code);
  if (!operation) {
    if (path.startsWith("/v1/")) fault(`${name}: not described`);
    return;
  }
  operation.met = true;
  const response = operation.description.responses[status];
  if (!response) return fault(`${name}: this status is not described`);
  const type = content_type.split(";")[0];
  if (!response.content?.[type]) return fault(`${name}: content type ${content_type} is not described`);
  check(validator(`openapi${operation.pointer}/responses/${status}/content/${type.replace("/", "~1")}/schema`), value, name);
}

// What clients send may be nonsense on purpose; what the server sends may not.
const metMessages = new Set();

function check_message(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return fault(`the server sent no JSON: ${text.slice(0, 100)}`);
  }
  let name = message.channel;
  if (name === undefined) name = message.success ? `${message.method}_answer` : "refusal";
  if (!(name in stream.components.messages)) return fault(`message ${name}: not described`);
  metMessages.add(name);
  if (message.error) codes.add(message.error.code);
  check(validator(`asyncapi#/components/messages/${name}/payload`), message, `message ${name}`);
}

let exchanges = 0;
let messages = 0;
for (const file of readdirSync(recorded))
  for (const line of readFileSync(join(recorded, file), "utf8").split("\n"))
    if (line !== "") {
      const record = JSON.parse(line);
      if ("method" in record) {
        ++exchanges;
        check_exchange(record);
      } else if (!record.sent) {
        ++messages;
        check_message(record.message);
      }
    }

if (exchanges === 0) fault("nothing was recorded");
for (const operation of operations) if (!operation.met) fault(`${operation.method} ${operation.path}: no test met it`);
for (const name of Object.keys(stream.components.messages))
  if (!name.endsWith("_request") && !metMessages.has(name)) fault(`message ${name}: no test met it`);
for (const code of codes) if (!known.includes(code)) fault(`code ${code}: GET /v1/errors does not list it`);

console.log(`${exchanges} exchanges, ${messages} messages, ${operations.length} operations, ${codes.size} of ${known.length} codes`);
const unmet = known.filter((code) => !codes.has(code));
if (unmet.length > 0) console.log(`codes that no test met: ${unmet.join(" ")}`);
const shown = [...faults].slice(0, kShownFaults);
for (const [text, count] of shown) console.error(`${count > 1 ? `${count} x ` : ""}${text}`);
if (faults.size > shown.length) console.error(`... and ${faults.size - shown.length} more`);
process.exit(faults.size > 0 ? 1 : 0);
