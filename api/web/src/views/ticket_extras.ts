// The folded part of the order form: triggers, icebergs, auctions and the rest that most orders do without.

import { kNoExtras, type DraftErrors, type Extras, type Trigger } from "../model/ticket";
import type { Security, SelfTradePrevention } from "../wire/messages";
import { need, setText } from "./dom";

export class TicketExtras {
  private readonly more = need<HTMLDetailsElement>("more");
  private readonly trigger = need<HTMLSelectElement>("trigger");
  private readonly triggerPrice = need<HTMLInputElement>("trigger-price");
  private readonly display = need<HTMLInputElement>("display");
  private readonly expires = need<HTMLInputElement>("expires");
  private readonly auction = need<HTMLSelectElement>("auction-only");
  private readonly prevention = need<HTMLSelectElement>("prevention");
  private readonly allOrNone = need<HTMLInputElement>("all-or-none");
  private readonly reduceOnly = need<HTMLInputElement>("reduce-only");

  read(): Extras {
    return {
      trigger: this.trigger.value as Trigger,
      triggerPrice: this.triggerPrice.value.trim(),
      display: this.display.value.trim(),
      expires: this.expires.value,
      auction: this.auction.value as Extras["auction"],
      allOrNone: this.allOrNone.checked,
      reduceOnly: this.reduceOnly.checked,
      prevention: this.prevention.value as SelfTradePrevention,
    };
  }

  clear(): void {
    this.trigger.value = kNoExtras.trigger;
    this.triggerPrice.value = "";
    this.display.value = "";
    this.expires.value = "";
    this.auction.value = kNoExtras.auction;
    this.prevention.value = kNoExtras.prevention;
    this.allOrNone.checked = false;
    this.reduceOnly.checked = false;
  }

  // Folded away, it still says how much of it is in use.
  render(extras: Extras, security: Security): void {
    const used = (Object.keys(kNoExtras) as (keyof Extras)[]).filter(
      (name) => name !== "triggerPrice" && extras[name] !== kNoExtras[name],
    );
    setText(need("more-count"), used.length > 0 ? String(used.length) : "");
    this.triggerPrice.disabled = extras.trigger === "none";
    this.triggerPrice.placeholder = extras.trigger === "trailing_stop" ? `${security.tick_size} or 1.5%` : security.tick_size;
  }

  showErrors(errors: DraftErrors): void {
    for (const [name, input] of [
      ["trigger", this.triggerPrice],
      ["display", this.display],
    ] as const) {
      setText(need(`${name}-error`), errors[name] ?? "");
      input.setAttribute("aria-invalid", String(errors[name] !== null));
      if (errors[name] !== null) this.more.open = true;
    }
  }

  focus(errors: DraftErrors): void {
    (errors.trigger !== null ? this.triggerPrice : this.display).focus();
  }
}
