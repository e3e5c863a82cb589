// The dialog behind the account button: logging in where the server has sessions, pasting an API key where it takes keys as
// bearers, signing out. A key may also come as "#key=..." in the address, which is removed from the address at once.

import type { SignIn } from "../model/sign_in";
import { ApiError } from "../wire/rest";
import { replaceAddress } from "./address";
import { need, setText } from "./dom";

// The key of the address, if there is one; it is gone from the address afterwards.
export function takeKeyOfAddress(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const key = fragment.get("key");
  if (key === null) return null;
  replaceAddress({ key: null });
  return key;
}

export class SignInDialog {
  private readonly dialog = need<HTMLDialogElement>("sign-in-dialog");
  private readonly button = need<HTMLButtonElement>("account-button");
  private readonly user = need<HTMLInputElement>("log-in-user");
  private readonly password = need<HTMLInputElement>("log-in-password");
  private readonly totp = need<HTMLInputElement>("log-in-totp");
  private readonly key = need<HTMLInputElement>("key-input");

  constructor(private readonly signIn: SignIn) {
    this.button.addEventListener("click", () => void this.open());
    need("sign-in-close").addEventListener("click", () => this.dialog.close());
    need("sign-out").addEventListener("click", () => {
      this.dialog.close();
      void signIn.signOut();
    });
    need("log-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.logIn();
    });
    need("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const key = this.key.value.trim();
      if (key === "") return setText(need("key-error"), "Paste a key first.");
      this.dialog.close();
      signIn.useKey(key);
    });
    signIn.changed.on(() => this.render());
    signIn.refused.on((reason) => void this.open(`The server refused this key: ${reason}`));
    this.render();
  }

  async open(error = ""): Promise<void> {
    for (const input of [this.password, this.totp, this.key]) input.value = "";
    setText(need("log-in-error"), "");
    setText(need("key-error"), error);
    need("log-in-totp-field").hidden = true;
    const { sessions, keys } = await this.signIn.offers();
    need("log-in-form").hidden = !sessions;
    need("key-form").hidden = !keys;
    if (!this.dialog.open) this.dialog.showModal();
    (sessions && error === "" ? this.user : this.key).focus();
  }

  private async logIn(): Promise<void> {
    try {
      await this.signIn.logIn(this.user.value.trim(), this.password.value, this.totp.value.trim());
      this.dialog.close();
    } catch (error) {
      const problem = error instanceof ApiError ? error.problem : null;
      setText(need("log-in-error"), problem?.detail ?? String(error));
      if (problem?.code !== "totp_required") return;
      need("log-in-totp-field").hidden = false;
      this.totp.focus();
    }
  }

  private render(): void {
    const { state } = this.signIn;
    setText(this.button, state.kind === "in" ? state.name : state.kind === "connecting" ? "Connecting…" : "Sign in");
    this.button.classList.toggle("signed-in", state.kind !== "out");
    this.button.setAttribute("aria-label", state.kind === "in" ? `Signed in as ${state.name}: change or sign out` : "Sign in");
    need("sign-out").hidden = state.kind === "out";
    setText(need("sign-in-title"), state.kind === "in" ? `Signed in as ${state.name}` : "Sign in");
  }
}
