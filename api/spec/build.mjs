// Puts the parts of the specification together: node build.mjs <directory>; adds the page of /docs and llms.txt.
// Started where node_modules are. Prints what is wrong and exits with 1; writes nothing then.

import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(process.cwd(), "package.json"));
const { parse } = require("yaml");

// Anchors share objects; what follows changes them one by one.
const read = (path) => JSON.parse(JSON.stringify(parse(readFileSync(join(here, path), "utf8"), { merge: true })));
const parts = (folder) =>
  readdirSync(join(here, folder))
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => read(join(folder, name)));

const faults = [];
const kMethods = ["get", "post", "put", "patch", "delete"];

// One object of all parts; a name that two parts define is a fault.
function merge(what, documents) {
  const all = {};
  for (const document of documents)
    for (const [name, value] of Object.entries(document)) {
      if (name in all) faults.push(`${what} ${name} is defined twice`);
      all[name] = value;
    }
  return all;
}

// Answers have all their members; requests have no others.
function complete(schema, isRequest) {
  if (Array.isArray(schema)) return schema.forEach((item) => complete(item, isRequest));
  if (schema === null || typeof schema !== "object") return;
  if (schema.properties) {
    const optional = schema["x-optional"] ?? [];
    if (!isRequest) schema.required = Object.keys(schema.properties).filter((name) => !optional.includes(name));
    else schema.additionalProperties ??= false;
    delete schema["x-optional"];
  }
  Object.values(schema).forEach((value) => complete(value, isRequest));
}

const kSecurity = {
  public: [],
  any_key: [{ bearer: [] }, { signature: [] }],
  trader: [{ bearer: [] }, { signature: [] }],
  operator: [{ bearer: [] }, { signature: [] }],
};

function finish(path, method, operation, parameters) {
  const name = `${method.toUpperCase()} ${path}`;
  const access = operation["x-access"];
  if (!(access in kSecurity)) faults.push(`${name}: x-access is none of ${Object.keys(kSecurity)}`);
  for (const member of ["summary", "operationId", "tags", "responses"])
    if (!(member in operation)) faults.push(`${name}: no ${member}`);
  operation.security = kSecurity[access];
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  const inQuery = operation["x-parameters"] ?? [];
  delete operation["x-parameters"];
  const reference = (key) => {
    if (!(key in parameters)) faults.push(`${name}: no parameter ${key}`);
    return { $ref: `#/components/parameters/${key}` };
  };
  operation.parameters = [
    ...inPath.map((key) => reference(`path_${key}`)),
    ...inQuery.map(reference),
    ...(operation.parameters ?? []),
  ];
  for (const response of Object.values(operation.responses))
    if (response.$schema) {
      response.content = { "application/json": { schema: { $ref: `#/components/schemas/${response.$schema}` } } };
      delete response.$schema;
      response.headers = { "X-Event-Seq": { $ref: "#/components/headers/X-Event-Seq" } };
    }
  if (typeof operation.requestBody === "string")
    operation.requestBody = {
      required: true,
      content: { "application/json": { schema: { $ref: `#/components/schemas/${operation.requestBody}` } } },
    };
  const problem = (key) => ({ $ref: `#/components/responses/${key}` });
  if (access !== "public") Object.assign(operation.responses, { 401: problem("Unauthorized"), 403: problem("Forbidden") });
  operation.responses.default = problem("Problem");
}

// Every "$ref" leads somewhere.
function check_references(document, node = document) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.$ref === "string") {
    const target = node.$ref.split("/").slice(1).reduce((at, key) => at?.[key.replaceAll("~1", "/")], document);
    if (target === undefined) faults.push(`${node.$ref} leads nowhere`);
  }
  Object.values(node).forEach((value) => check_references(document, value));
}

const schemas = merge("schema", parts("schemas"));
for (const [name, schema] of Object.entries(schemas)) complete(schema, name.endsWith("Request"));

function openapi() {
  const document = read("openapi.yaml");
  document.paths = merge("path", parts("paths"));
  document.components.schemas = structuredClone(schemas);
  for (const [path, item] of Object.entries(document.paths))
    for (const method of kMethods)
      if (item[method]) finish(path, method, item[method], document.components.parameters);
  check_references(document);
  return document;
}

const schema_reference = (name) => ({ $ref: `#/components/schemas/${name}` });
const kWho = { symbol: { symbol: { anyOf: [schema_reference("Symbol"), { type: "null" }] } }, nothing: {} };
kWho.account_id = { account_id: schema_reference("AccountId") };
const kMore = {
  prev_seq: { type: "integer", description: "Of an update: seq of the message before it." },
  connection_seq: { type: "integer", description: "Messages sent on this connection so far." },
  store: { type: "string", enum: ["open", "away"] },
};

// A request, its answer and a refusal share the method; the answer names the req_id of the request.
function method_messages(name, { params, result }) {
  const method = { const: name };
  const id = { type: ["integer", "null"], minimum: 0 };
  const request = { method, params: schema_reference(params), req_id: id };
  const times = { time_in: schema_reference("Time"), time_out: schema_reference("Time") };
  const answer = { method, req_id: id, success: { const: true }, result: schema_reference(result), ...times };
  return {
    [`${name}_request`]: { type: "object", properties: request, required: ["method"], additionalProperties: false },
    [`${name}_answer`]: { type: "object", properties: answer, required: Object.keys(answer) },
  };
}

function channel_message(name, { of, data, members = [] }) {
  const properties = {
    channel: { const: name },
    type: { type: "string", enum: ["snapshot", "update"] },
    ...kWho[of],
    ...(of === "nothing" ? {} : { seq: { type: "integer", minimum: 0 } }),
    event_seq: schema_reference("EventSeq"),
    time: schema_reference("Time"),
    data: { type: "array", items: schema_reference(data) },
  };
  const required = Object.keys(properties);
  for (const member of members) properties[member] = kMore[member];
  return { type: "object", properties, required };
}

function asyncapi() {
  const document = read("asyncapi.yaml");
  const { messages } = document.components;
  const { socket } = document.channels;
  const add = (name, payload, summary) => {
    messages[name] = { name, payload, ...(summary ? { summary } : {}) };
    socket.messages[name] = { $ref: `#/components/messages/${name}` };
    return { $ref: `#/channels/socket/messages/${name}` };
  };
  const channel = { $ref: "#/channels/socket" };
  const error = { method: { type: "string" }, req_id: {}, success: { const: false }, error: schema_reference("Problem") };
  const times = { time_in: schema_reference("Time"), time_out: schema_reference("Time") };
  const properties = { ...error, ...times };
  const refusal = add("refusal", { type: "object", properties, required: Object.keys(properties) }, "What went wrong");
  for (const [name, method] of Object.entries(document["x-methods"])) {
    const payloads = method_messages(name, method);
    const request = add(`${name}_request`, payloads[`${name}_request`], method.summary);
    const answer = add(`${name}_answer`, payloads[`${name}_answer`]);
    const reply = { channel, messages: [answer, refusal] };
    document.operations[name] = { action: "receive", channel, messages: [request], reply, summary: method.summary };
  }
  for (const [name, stream] of Object.entries(document["x-channels"])) {
    const messages = [add(name, channel_message(name, stream), stream.summary)];
    document.operations[`stream_${name}`] = { action: "send", channel, messages, summary: stream.summary };
  }
  document.components.schemas = structuredClone(schemas);
  check_references(document);
  return document;
}

const out = process.argv[2];
const documents = { "openapi.json": openapi(), "asyncapi.json": asyncapi() };
const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")));
const verdict = await new Validator().validate(structuredClone(documents["openapi.json"]));
if (!verdict.valid) faults.push(`openapi.json: ${JSON.stringify(verdict.errors)}`);
if (faults.length > 0) {
  for (const fault of faults) console.error(`specification: ${fault}`);
  process.exit(1);
}
mkdirSync(out, { recursive: true });
for (const [name, document] of Object.entries(documents)) writeFileSync(join(out, name), JSON.stringify(document));

// The reference page and what it loads.
const reference = dirname(require.resolve("swagger-ui-dist/package.json"));
mkdirSync(join(out, "docs"), { recursive: true });
copyFileSync(join(here, "llms.txt"), join(out, "llms.txt"));
copyFileSync(join(here, "docs.html"), join(out, "docs", "index.html"));
copyFileSync(join(here, "docs.js"), join(out, "docs", "docs.js"));
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"])
  copyFileSync(join(reference, name), join(out, "docs", name));
