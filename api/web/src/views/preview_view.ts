// What the order in the form would do if it were sent now, as the engine itself says: its fills, its fee, what it would hold back, or
// why it would be refused and who may not trade this. Asked when typing rests; hidden on servers that cannot say.

import type { Capabilities } from "../model/capabilities";
import type { PlainRequest } from "../model/ticket";
import type { Preview } from "../wire/messages";
import type { RestClient } from "../wire/rest";
import { element, need } from "./dom";
import * as format from "./format";

const kRoute = "POST /v1/orders/preview";
const kRestMs = 250;
const kAgainMs = 2_000; // the market moves under an order that is left in the form

export class PreviewView {
  private readonly root = need("preview");
  private timer: ReturnType<typeof setTimeout> | null = null;
  private body = ""; // of the last question
  private askedAt = 0;

  constructor(
    private readonly rest: RestClient,
    private readonly capabilities: Capabilities,
  ) {}

  // null: there is nothing to ask about.
  ask(request: PlainRequest | null): void {
    const body = request === null ? "" : JSON.stringify(request);
    if (body === this.body && (body === "" || performance.now() - this.askedAt < kAgainMs)) return;
    const isNew = body !== this.body;
    this.body = body;
    this.askedAt = performance.now();
    if (this.timer !== null) clearTimeout(this.timer);
    if (request === null) this.root.hidden = true;
    else this.timer = setTimeout(() => void this.load(request, body), isNew ? kRestMs : 0);
  }

  private async load(request: PlainRequest, body: string): Promise<void> {
    if (!(await this.capabilities.has(kRoute))) return;
    const preview = await this.rest.post<Preview>("v1/orders/preview", request).catch(() => null);
    if (body !== this.body) return;
    this.root.hidden = preview === null;
    if (preview !== null) this.render(preview);
  }

  private render(preview: Preview): void {
    const { restrictions } = preview.eligibility;
    this.root.dataset["verdict"] = preview.accepted ? "accepted" : "refused";
    const lines = [element("strong", "", preview.accepted ? "Would be accepted" : "Would be refused")];
    if (!preview.accepted) lines.push(element("span", "", preview.message ?? format.words(preview.code ?? "")));
    else lines.push(...describe(preview).map((line) => element("span", "", line)));
    for (const { message, until } of restrictions)
      if (message !== preview.message)
        lines.push(element("span", "", until === null ? message : `${message} Until ${format.day(until)}.`));
    this.root.replaceChildren(...lines);
  }
}

function describe(preview: Preview): string[] {
  const lines: string[] = [];
  const filled = preview.filled_quantity ?? "0";
  if (!/^[0.]+$/.test(filled))
    lines.push(`Fills ${format.quantity(filled)} at ${format.price(preview.average_price)}, ${format.money(preview.notional)} in all`);
  else lines.push(preview.waits ? "Waits; nothing fills at once" : "Fills nothing");
  if (preview.fee !== null && !/^[0.]+$/.test(preview.fee)) lines.push(`Fee ${format.money(preview.fee)}`);
  if (preview.waits && preview.reserved_cash !== null) lines.push(`Holds back ${format.money(preview.reserved_cash)} of cash`);
  return lines;
}
