import assert from "node:assert/strict";
import { test } from "node:test";
import { Trading } from "../../api/web/src/model/trading";
import { ApiError } from "../../api/web/src/wire/rest";
import { ConnectionLost } from "../../api/web/src/wire/socket";

const request = {
  symbol: "ACME",
  side: "buy",
  type: "limit",
  quantity: "1",
  price: "1.00",
  time_in_force: "gtc",
} as const;
const noPause = () => Promise.resolve();
const id = () => "1";
const notFound = () => Promise.reject(new ApiError({ title: "", status: 404, detail: "", code: "order_not_found" }));
const offline = () => Promise.reject(new ApiError({ title: "", status: 0, detail: "", code: "network" }));

function lostSocket() {
  const sent: { method: string; params: { client_order_id: string } }[] = [];
  return {
    sent,
    request: (method: string, params: object) => {
      sent.push({ method, params: params as { client_order_id: string } });
      return Promise.reject(new ConnectionLost());
    },
  };
}

test("an order whose answer was lost is looked up by its own id and never sent twice", async () => {
  const socket = lostSocket();
  const paths: string[] = [];
  const rest = {
    get: (path: string) => (paths.push(path), paths.length < 3 ? offline() : Promise.resolve({ id: "ord_1" })),
  };
  const outcome = await new Trading(socket, rest as never, noPause, id).place(request);
  assert.equal(outcome.kind, "accepted");
  assert.equal(socket.sent.length, 1);
  assert.equal(paths.at(-1), `v1/orders/by-client-id/${socket.sent[0]?.params.client_order_id}`);
});

test("an order that the server keeps not knowing was not executed", async () => {
  const outcome = await new Trading(lostSocket(), { get: notFound } as never, noPause, id).place(request);
  assert.equal(outcome.kind, "refused");
  assert.equal(outcome.kind === "refused" && outcome.problem.execution, "not_executed");
});

test("without any answer the outcome stays unknown", async () => {
  const outcome = await new Trading(lostSocket(), { get: offline } as never, noPause, id).place(request);
  assert.equal(outcome.kind, "unknown");
});

test("a refusal is passed on with its reason", async () => {
  const problem = { title: "Insufficient funds", status: 422, detail: "", code: "insufficient_funds" };
  const outcome = await new Trading(
    { request: () => Promise.reject(new ApiError(problem)) },
    { get: notFound } as never,
    noPause,
    id,
  ).place(request);
  assert.deepEqual(outcome, { kind: "refused", problem });
});
