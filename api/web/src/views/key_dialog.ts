// Where the API key comes from and goes to: typed here, or taken from "#key=..." in the address, which is removed from the
// address at once. It lives in session storage: gone with the tab, never in a URL, a cookie or a log.

import { need, setText } from "./dom";

const kStorageName = "buttonwood.key";

export class KeyDialog {
  onKey: (key: string | null) => void = () => {};
  private readonly dialog = need<HTMLDialogElement>("key-dialog");
  private readonly input = need<HTMLInputElement>("key-input");
  private readonly button = need<HTMLButtonElement>("key-button");

  constructor() {
    this.button.addEventListener("click", () => this.open());
    need("key-cancel").addEventListener("click", () => this.dialog.close());
    need("key-forget").addEventListener("click", () => {
      this.dialog.close();
      this.choose(null);
    });
    need("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const key = this.input.value.trim();
      if (key === "") return setText(need("key-error"), "Paste a key first.");
      this.dialog.close();
      this.choose(key);
    });
  }

  // The key of the address or of this tab's earlier life.
  static stored(): string | null {
    const fromAddress = new URLSearchParams(location.hash.slice(1)).get("key");
    if (fromAddress !== null) {
      sessionStorage.setItem(kStorageName, fromAddress);
      history.replaceState(null, "", location.pathname + location.search);
    }
    return sessionStorage.getItem(kStorageName);
  }

  open(error = ""): void {
    this.input.value = "";
    setText(need("key-error"), error);
    need("key-forget").hidden = sessionStorage.getItem(kStorageName) === null;
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
  }

  // The server refuses the key: forget it and say why.
  refused(reason: string): void {
    sessionStorage.removeItem(kStorageName);
    this.showAccount(null);
    this.open(`The server refused this key: ${reason}`);
  }

  showAccount(name: string | null): void {
    setText(this.button, name ?? "Enter API key");
    this.button.classList.toggle("signed-in", name !== null);
    this.button.setAttribute("aria-label", name === null ? "Enter API key" : `API key of ${name}: change or forget`);
  }

  private choose(key: string | null): void {
    if (key === null) sessionStorage.removeItem(kStorageName);
    else sessionStorage.setItem(kStorageName, key);
    this.onKey(key);
  }
}
