// What became of an order, in words.

import type { Outcome } from "../model/trading";
import type { Execution, Order } from "../wire/messages";
import * as format from "./format";
import { toast } from "./toasts";

export function announceOutcome(outcome: Outcome): void {
  if (outcome.kind === "refused") {
    toast("error", `Refused: ${outcome.problem.title}`, outcome.problem.detail);
  } else if (outcome.kind === "unknown") {
    toast("error", "Outcome unknown", `No answer for ${outcome.clientOrderId}. Check before sending again.`);
  } else if (outcome.kind === "amended") {
    const { order, priority } = outcome;
    const at = order.price === null ? "" : ` at ${format.price(order.price)}`;
    toast(
      "info",
      `Amended: ${order.side} ${format.quantity(order.quantity)} ${order.symbol}${at}`,
      `place in the queue ${priority}`,
    );
  } else {
    toast(outcome.order.side, ...describe(outcome.order));
  }
}

// A fill of an order that was resting; those of a new order are part of its answer.
export function announceExecution(execution: Execution): void {
  if (execution.exec_type !== "trade" || execution.liquidity !== "maker" || execution.last_price === null) return;
  const verb = execution.side === "buy" ? "Bought" : "Sold";
  toast(
    execution.side,
    `${verb} ${format.quantity(execution.last_quantity)} ${execution.symbol}`,
    `at ${format.price(execution.last_price)} · resting order filled`,
  );
}

function describe(order: Order): [string, string] {
  const what = `${format.quantity(order.quantity)} ${order.symbol}`;
  const verb = order.side === "buy" ? "Buy" : "Sell";
  const past = order.side === "buy" ? "Bought" : "Sold";
  const average = order.average_price === null ? "" : `at ${format.price(order.average_price)} on average`;
  switch (order.status) {
    case "new":
      return [`${verb} ${what}`, `resting at ${format.price(order.price)}`];
    case "held":
      return [`${verb} ${what}`, order.stop_price === null ? "waiting" : `waiting for ${format.price(order.stop_price)}`];
    case "partially_filled":
      return [`${past} ${format.quantity(order.filled_quantity)} of ${what}`, `${average}; the rest is resting`];
    case "filled":
      return [`${past} ${what}`, average];
    case "canceled":
      return [`Cancelled: ${verb.toLowerCase()} ${what}`, format.words(order.reason ?? "")];
    case "expired":
      return isZero(order.filled_quantity)
        ? [`Expired: ${verb.toLowerCase()} ${what}`, "nothing was filled"]
        : [`${past} ${format.quantity(order.filled_quantity)} of ${what}`, `${average}; the rest expired`];
  }
}

function isZero(quantity: string): boolean {
  return /^[0.]+$/.test(quantity);
}
