// The folded part of the order form: triggers, icebergs, linked orders, auctions and the rest that most orders do without.

import { kNoExits, type Exits, type Linked } from "../model/group";
import { kNoExtras, type DraftErrors, type Extras, type Trigger } from "../model/ticket";
import type { Security, SelfTradePrevention } from "../wire/messages";
import { need, setText } from "./dom";

export class TicketExtras {
  private readonly more = need<HTMLDetailsElement>("more");
  private readonly trigger = need<HTMLSelectElement>("trigger");
  private readonly triggerPrice = need<HTMLInputElement>("trigger-price");
  private readonly display = need<HTMLInputElement>("display");
  private readonly minimum = need<HTMLInputElement>("minimum");
  private readonly protection = need<HTMLInputElement>("protection");
  private readonly linked = need<HTMLSelectElement>("linked");
  private readonly takeProfit = need<HTMLInputElement>("take-profit");
  private readonly stopLoss = need<HTMLInputElement>("stop-loss");
  private readonly expires = need<HTMLInputElement>("expires");
  private readonly auction = need<HTMLSelectElement>("auction-only");
  private readonly prevention = need<HTMLSelectElement>("prevention");
  private readonly allOrNone = need<HTMLInputElement>("all-or-none");
  private readonly reduceOnly = need<HTMLInputElement>("reduce-only");
  private readonly reprice = need<HTMLInputElement>("reprice");

  read(): Extras {
    return {
      trigger: this.trigger.value as Trigger,
      triggerPrice: this.triggerPrice.value.trim(),
      display: this.display.value.trim(),
      minimum: this.minimum.value.trim(),
      protection: this.protection.value.trim(),
      expires: this.expires.value,
      auction: this.auction.value as Extras["auction"],
      allOrNone: this.allOrNone.checked,
      reduceOnly: this.reduceOnly.checked,
      reprice: this.reprice.checked,
      prevention: this.prevention.value as SelfTradePrevention,
    };
  }

  readExits(): Exits {
    const linked = this.linked.value as Linked;
    return { linked, takeProfit: this.takeProfit.value.trim(), stop: this.stopLoss.value.trim() };
  }

  clear(): void {
    this.trigger.value = kNoExtras.trigger;
    this.linked.value = kNoExits.linked;
    for (const input of [this.triggerPrice, this.display, this.minimum, this.protection, this.takeProfit, this.stopLoss])
      input.value = "";
    this.expires.value = "";
    this.auction.value = kNoExtras.auction;
    this.prevention.value = kNoExtras.prevention;
    for (const box of [this.allOrNone, this.reduceOnly, this.reprice]) box.checked = false;
  }

  // Folded away, it still says how much of it is in use.
  render(extras: Extras, security: Security, hasPrice: boolean): void {
    const used = (Object.keys(kNoExtras) as (keyof Extras)[]).filter(
      (name) => name !== "triggerPrice" && extras[name] !== kNoExtras[name],
    );
    const linked = this.linked.value as Linked;
    const count = used.length + (linked === "none" ? 0 : 1);
    setText(need("more-count"), count > 0 ? String(count) : "");
    this.triggerPrice.disabled = extras.trigger === "none";
    this.triggerPrice.placeholder = extras.trigger === "trailing_stop" ? `${security.tick_size} or 1.5%` : security.tick_size;
    this.protection.disabled = hasPrice;
    this.takeProfit.disabled = linked !== "bracket";
    this.stopLoss.disabled = linked === "none";
  }

  showErrors(errors: DraftErrors): void {
    for (const [name, input] of this.fields()) {
      setText(need(`${name}-error`), errors[name] ?? "");
      input.setAttribute("aria-invalid", String(errors[name] !== null));
      if (errors[name] !== null) this.more.open = true;
    }
  }

  // Puts the cursor where the first complaint is.
  focus(errors: DraftErrors): void {
    this.fields()
      .find(([name]) => errors[name] !== null)?.[1]
      .focus();
  }

  private fields(): [Exclude<keyof DraftErrors, "price" | "quantity">, HTMLInputElement][] {
    return [
      ["trigger", this.triggerPrice],
      ["display", this.display],
      ["minimum", this.minimum],
      ["protection", this.protection],
      ["exits", this.stopLoss],
    ];
  }
}
