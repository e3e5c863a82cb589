// The keys of the page. Letters act only while no text is being typed; Escape always clears.

import { need } from "./dom";
import type { Place } from "./places";

export interface Actions {
  buy: () => void;
  sell: () => void;
  clear: () => void;
  amend: () => void;
  cancel: () => void;
  cancelAll: () => void;
  chooseSecurity: () => void;
  toggleDepth: () => void;
  nextTheme: () => void;
  go: (place: Place) => void;
}

export function listenForShortcuts(actions: Actions): void {
  const help = need<HTMLDialogElement>("help-dialog");
  need("help-button").addEventListener("click", () => help.showModal());
  const byKey: Record<string, () => void> = {
    b: actions.buy,
    s: actions.sell,
    a: actions.amend,
    x: actions.cancel,
    c: actions.cancelAll,
    d: actions.toggleDepth,
    t: actions.nextTheme,
    "1": () => actions.go("trade"),
    "2": () => actions.go("portfolio"),
    "3": () => actions.go("operate"),
    "/": actions.chooseSecurity,
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null) return;
    if (event.key === "Escape") {
      actions.clear();
      (document.activeElement as HTMLElement | null)?.blur();
      return;
    }
    const action = byKey[event.key.toLowerCase()];
    if (action === undefined || isTyping(event.target, event.key)) return;
    event.preventDefault();
    action();
  });
}

// Price and quantity take no letters, so those keep working inside them.
function isTyping(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement) || target.type === "radio" || target.type === "checkbox") return false;
  return !(target.inputMode === "decimal" && /^[a-z]$/i.test(key));
}
