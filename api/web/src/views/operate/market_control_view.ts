// The whole market's switch: halt, take every order out, open again. And the engine asked to prove its state.

import type { MarketState, Operator } from "../../model/operator";
import { build, element, panel, setText } from "../dom";
import * as format from "../format";
import { toast } from "../toasts";
import type { Confirm, Question } from "./confirm";

export class MarketControlView {
  readonly root: HTMLElement;
  private readonly state = element("p", "market-state");
  private readonly proof = build("p", { class: "engine-proof", role: "status" });
  private readonly halt = build(
    "button",
    { type: "button", class: "danger-button", id: "kill-switch" },
    "Halt and cancel everything",
  );
  private readonly only = build("button", { type: "button", class: "quiet-button" }, "Cancels only");
  private readonly open = build("button", { type: "button", class: "quiet-button" }, "Open the market");
  private readonly check = build("button", { type: "button", class: "quiet-button" }, "Check the engine");

  constructor(
    private readonly operator: Operator,
    private readonly confirm: Confirm,
  ) {
    const others = build("div", { class: "market-buttons" }, this.only, this.open, this.check);
    const body = build("div", { class: "market-control" }, this.state, this.halt, others, this.proof);
    this.root = panel("market-panel", "Kill switch", [body]);
    this.halt.addEventListener("click", () => void this.stopEverything());
    this.only.addEventListener("click", () => void this.set("cancel_only", "Orders can be cancelled and nothing else."));
    this.open.addEventListener("click", () => void this.set("open", "Trading goes on in every security that is open itself."));
    this.check.addEventListener("click", () => void this.prove());
  }

  render(): void {
    const { status } = this.operator;
    const state = status?.market.trading_state ?? "unknown";
    setText(this.state, status === null ? "The server does not answer." : `The market is ${format.words(state)}.`);
    this.state.dataset["state"] = state;
    this.open.disabled = state === "open" || status === null;
    this.only.disabled = state === "cancel_only" || status === null;
  }

  private async stopEverything(): Promise<void> {
    const question: Question = {
      title: "Halt and cancel everything",
      text: "The whole market is halted at once, then every open order of everybody is cancelled. Trades that were made stay.",
      action: "Halt and cancel",
      isDangerous: true,
      word: "HALT",
    };
    const reason = await this.confirm.ask(question);
    if (reason === null) return;
    await attempt("The market could not be halted", async () => {
      await this.operator.setMarket("halted", reason);
      const count = await this.operator.cancelEverything(reason);
      toast("info", "The market is halted", `${format.quantity(String(count))} orders cancelled`);
    });
  }

  private async set(state: MarketState, text: string): Promise<void> {
    const word = state === "open" ? "Open the market" : "Cancels only";
    const reason = await this.confirm.ask({ title: word, text, action: word });
    if (reason !== null) await attempt(`${word}: refused`, () => this.operator.setMarket(state, reason));
  }

  private async prove(): Promise<void> {
    await attempt("The engine could not be asked", async () => {
      const state = await this.operator.engineState();
      const wrong = state.invariant_violations;
      const verdict = wrong.length === 0 ? "every invariant holds" : `violated: ${wrong.join("; ")}`;
      setText(
        this.proof,
        `At event ${format.quantity(String(state.event_seq))}: ${verdict}; ${format.quantity(String(state.open_orders))} open ` +
          `orders; state ${state.state_hash}`,
      );
      this.proof.dataset["direction"] = wrong.length === 0 ? "none" : "down";
    });
  }
}

async function attempt(failure: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    toast("error", failure, error instanceof Error ? error.message : String(error));
  }
}
