// Placing, amending and cancelling. Every order carries a client_order_id of our own, so that after a lost connection the question
// "was it executed?" has an answer: look it up, never send it again blindly.

import { ApiError, type RestClient } from "../wire/rest";
import { ConnectionLost, type ExchangeSocket } from "../wire/socket";
import type { GroupRequest, Order, OrderRequest, Problem } from "../wire/messages";

export type Outcome =
  | { kind: "accepted"; order: Order }
  | { kind: "amended"; order: Order; priority: "kept" | "lost" }
  | { kind: "refused"; problem: Problem }
  | { kind: "unknown"; clientOrderId: string };

export interface Amendment {
  price?: string;
  quantity?: string; // the whole, what is filled already included
  stop_price?: string;
}
type AmendedOrder = Order & { priority: "kept" | "lost" };

const kLookUpAttempts = 30;
const kLookUpPauseMs = 500;

export class Trading {
  constructor(
    private readonly socket: Pick<ExchangeSocket, "request">,
    private readonly rest: Pick<RestClient, "get">,
    private readonly pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    private readonly makeId = randomId,
  ) {}

  async place(request: Omit<OrderRequest, "client_order_id">): Promise<Outcome> {
    const clientOrderId = `web-${this.makeId()}`;
    try {
      const order = (await this.socket.request("add_order", { ...request, client_order_id: clientOrderId })) as Order;
      return { kind: "accepted", order };
    } catch (error) {
      if (error instanceof ConnectionLost) return this.findOut(clientOrderId);
      return { kind: "refused", problem: problemOf(error) };
    }
  }

  // All legs are accepted or none. The outcome shows the first.
  async placeGroup(kind: GroupRequest["kind"], legs: readonly Omit<OrderRequest, "client_order_id">[]): Promise<Outcome> {
    const named = legs.map((leg) => ({ ...leg, client_order_id: `web-${this.makeId()}` }));
    try {
      const group = (await this.socket.request("add_group", { kind, legs: named })) as { orders: Order[] };
      return { kind: "accepted", order: group.orders[0] as Order };
    } catch (error) {
      if (error instanceof ConnectionLost) return this.findOut(named[0]?.client_order_id ?? "");
      return { kind: "refused", problem: problemOf(error) };
    }
  }

  // What is left out stays as it is. A lost answer is reported as such: the order itself shows what became of it.
  async amend(orderId: string, change: Amendment): Promise<Outcome> {
    try {
      const order = (await this.socket.request("amend_order", { order_id: orderId, ...change })) as AmendedOrder;
      return { kind: "amended", order, priority: order.priority };
    } catch (error) {
      return { kind: "refused", problem: problemOf(error) };
    }
  }

  async cancel(orderId: string): Promise<Outcome> {
    try {
      return { kind: "accepted", order: (await this.socket.request("cancel_order", { order_id: orderId })) as Order };
    } catch (error) {
      return { kind: "refused", problem: problemOf(error) };
    }
  }

  // Cancels everything of the given accounts; returns how many orders were cancelled. Throws ApiError.
  async cancelAll(accounts: readonly string[]): Promise<number> {
    let count = 0;
    for (const account of accounts) {
      const result = (await this.socket.request("cancel_all", { account })) as { canceled_count: number };
      count += result.canceled_count;
    }
    return count;
  }

  // The answer to an order was lost. A found order was executed; a missing one is asked for again, because the command may
  // still be on its way, and after that the fate stays "unknown" rather than guessed.
  private async findOut(clientOrderId: string): Promise<Outcome> {
    for (let attempt = 0; attempt < kLookUpAttempts; attempt++) {
      await this.pause(kLookUpPauseMs);
      try {
        return { kind: "accepted", order: await this.rest.get<Order>(`v1/orders/by-client-id/${clientOrderId}`) };
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === "order_not_found" && attempt >= 3) {
          const detail = "The connection broke before the order arrived.";
          return { kind: "refused", problem: { ...problem, title: "Not executed", detail, execution: "not_executed" } };
        }
      }
    }
    return { kind: "unknown", clientOrderId };
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { title: "Fault in the page", status: 0, detail: String(error), code: "page_fault", execution: "unknown" };
}

// crypto.randomUUID exists only in secure contexts; the page is also served over plain http in a local network.
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
