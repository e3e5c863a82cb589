// The page in a real browser against the real server:
//
//   node run.mjs --server build/release/api/buttonwood [--dist DIR]
//
// Started in the directory that holds node_modules (api/web, or its copy in a build tree). Exit code 77 where there is no Chromium.

import { test } from "node:test";
import { parseArgs } from "node:util";
import { findChromium } from "./pages.mjs";

const { values: options } = parseArgs({ options: { server: { type: "string" }, dist: { type: "string" } } });
const kSkipped = 77;

if (options.server === undefined) {
  console.error("usage: node run.mjs --server PATH [--dist DIR]");
  process.exit(2);
}
if (findChromium() === null) {
  console.error("SKIPPED: there is no Chromium. On Debian: apt-get install chromium; elsewhere set CHROMIUM to its path.");
  process.exit(kSkipped);
}

const { launch } = await import("./pages.mjs");
const { Server } = await import("./server.mjs");
const { operatingTests } = await import("./operating.mjs");
const { sessionTests } = await import("./sessions.mjs");
const { outageTests, tradingTests } = await import("./trading.mjs");

test("the page", async (t) => {
  const server = new Server(options.server);
  let browser = null;
  t.after(async () => {
    await browser?.close();
    await server.stop();
  });
  [browser] = await Promise.all([launch(), server.start()]);
  const context = { step: stepsOf(t), browser, server, dist: options.dist ?? null };
  const page = await tradingTests(context);
  await operatingTests(context);
  await sessionTests(context);
  await outageTests({ ...context, page });
});

// Each step stands on those before it: after a failure the rest is skipped instead of waiting for what cannot come.
function stepsOf(t) {
  let failed = null;
  return (name, act, skipped = null) => {
    const skip = failed === null ? (skipped ?? false) : `"${failed}" failed`;
    return t.test(name, { skip }, async () => {
      failed = name;
      await act();
      failed = null;
    });
  };
}
