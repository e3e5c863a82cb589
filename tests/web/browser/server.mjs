// A server of the tests' own: the real binary on a fresh database, with its people's keys, killed and started at will.

import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Nothing takes so long but on a machine that is busy with other things; what comes, comes at once.
export const kPatienceMs = 45_000;
const kStartMs = 120_000;

export class Server {
  // `binary`: the path of the server's executable.
  constructor(binary) {
    this.binary = binary;
    this.directory = mkdtempSync(join(tmpdir(), "buttonwood-browser-"));
    chmodSync(this.directory, 0o755); // root's private cluster runs as another user
    this.log = join(this.directory, "server.log");
  }

  async start() {
    this.port ??= await freePort();
    this.base = `http://127.0.0.1:${this.port}`;
    const out = openSync(this.log, "a");
    const data = join(this.directory, "data");
    const options = ["serve", "--demo", "--data-dir", data, "--listen", `127.0.0.1:${this.port}`];
    if (await this.hasOption("--no-bots")) options.push("--no-bots");
    this.process = spawn(this.binary, options, { stdio: ["ignore", out, out] });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    await until("the server is ready", async () => (await fetch(`${this.base}/readyz`).catch(() => null))?.ok === true, kStartMs);
    const people = JSON.parse(readFileSync(join(data, "personas.json"), "utf8"));
    const list = Array.isArray(people) ? people : Object.values(people).find(Array.isArray);
    this.keys = Object.fromEntries(list.map((person) => [person.role, person.key]));
  }

  hasOption(name) {
    this.help ??= new Promise((resolve) => {
      let text = "";
      const child = spawn(this.binary, ["serve", "--help"]);
      child.stdout.on("data", (chunk) => (text += chunk));
      child.once("close", () => resolve(text));
    });
    return this.help.then((text) => text.includes(name));
  }

  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  // The answer's body. `who`: a role of the demo's people, or null.
  async call(method, path, who = null, body = undefined) {
    const headers = { ...(who === null ? {} : { Authorization: `Bearer ${this.keys[who]}` }) };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(`${this.base}/v1/${path}`, { method, headers, body: text });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.code} ${answer.detail}`);
    return answer;
  }

  order(who, side, quantity, price) {
    return this.call("POST", "orders", who, { symbol: "ACME", side, quantity, price });
  }
}

// Waits for what must come; says what did not.
export async function until(what, isSo, withinMs = kPatienceMs) {
  const end = Date.now() + withinMs;
  for (;;) {
    if (await isSo()) return;
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
