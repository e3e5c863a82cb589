// Who the page acts for. Two ways in: a session (log-in name and password; a token of ten minutes, renewed by a cookie that no
// script can read) where the server has sessions, and an API key as bearer, which only sandboxes take. A key stays in this
// tab's session storage; of a session the page keeps nothing but the note that there was one, so that a reload resumes it.

import type { AccountModel } from "./account";
import type { Capabilities } from "./capabilities";
import { Emitter } from "./emitter";
import { ApiError, type RestClient } from "../wire/rest";
import type { ExchangeSocket } from "../wire/socket";
import type { Problem, SessionAnswer } from "../wire/messages";

export type SignInState = { kind: "out" } | { kind: "connecting" } | { kind: "in"; name: string; by: "key" | "session" };

const kKeyName = "buttonwood.key";
const kSessionNote = "buttonwood.session";
const kRetryMs = 2_000;
const kSupersededRetryMs = 400;
const kRenewBeforeMs = 60_000;
const kLeastRenewMs = 5_000;

export class SignIn {
  state: SignInState = { kind: "out" };
  readonly changed = new Emitter();
  readonly refused = new Emitter<string>(); // the server no longer takes what was shown to it, and why
  private key: string | null = null;
  private session: SessionAnswer | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private generation = 0; // of the credential: what comes back for an earlier one is dropped

  constructor(
    private readonly rest: RestClient,
    private readonly socket: ExchangeSocket,
    private readonly account: AccountModel,
    private readonly capabilities: Capabilities,
  ) {
    socket.onAuthRefused = (reason) => void this.wasRefused(reason);
  }

  // Whether people can log in here, and whether bearer keys are taken.
  async offers(): Promise<{ sessions: boolean; keys: boolean }> {
    const ways = (await this.capabilities.server())?.authentication ?? ["bearer"];
    return { sessions: ways.includes("session"), keys: ways.includes("bearer") };
  }

  // What the address or this tab's earlier life says.
  resume(keyOfAddress: string | null): void {
    const key = keyOfAddress ?? sessionStorage.getItem(kKeyName);
    if (key !== null && key !== this.key) this.useKey(key);
    else if (key === null && this.state.kind === "out" && localStorage.getItem(kSessionNote) !== null) void this.renew();
  }

  useKey(key: string): void {
    sessionStorage.setItem(kKeyName, key);
    this.key = key;
    this.session = null;
    void this.show(key, "key");
  }

  // Throws ApiError: `totp_required` when only the code of the authenticator app is missing.
  async logIn(user: string, password: string, totp: string): Promise<void> {
    const body = totp === "" ? { user, password } : { user, password, totp };
    this.adopt(await this.rest.post<SessionAnswer>("v1/sessions", body));
  }

  async signOut(): Promise<void> {
    const session = this.session;
    if (session !== null) await this.rest.delete(`v1/sessions/${session.session_id}`).catch(() => null);
    this.forget();
  }

  private adopt(session: SessionAnswer): void {
    const isNew = this.session === null;
    localStorage.setItem(kSessionNote, "1");
    this.session = session;
    this.key = null;
    this.schedule(Math.max(kLeastRenewMs, Date.parse(session.token_expires_at) - Date.now() - kRenewBeforeMs));
    if (isNew || this.state.kind !== "in") {
      void this.show(session.token, "session");
    } else {
      this.rest.setToken(session.token);
      this.socket.renewToken(session.token);
    }
  }

  private async renew(): Promise<void> {
    const { generation } = this;
    if (this.state.kind === "out") this.change({ kind: "connecting" });
    try {
      const session = await this.rest.post<SessionAnswer>("v1/sessions/refresh");
      if (generation === this.generation) this.adopt(session);
    } catch (error) {
      if (generation !== this.generation) return;
      const problem = problemOf(error);
      if (problem?.code === "session_superseded")
        this.schedule(kSupersededRetryMs); // another tab was faster
      else if (problem !== null && problem.status >= 400 && problem.status < 500) this.forget();
      else this.schedule(kRetryMs);
    }
  }

  // Signs in with a token. A server that cannot be reached is asked again; one that refuses is not.
  private async show(token: string, by: "key" | "session"): Promise<void> {
    const generation = ++this.generation;
    this.rest.setToken(token);
    this.socket.setToken(token);
    this.change({ kind: "connecting" });
    while (generation === this.generation) {
      try {
        await this.account.signIn();
        if (generation === this.generation) this.change({ kind: "in", name: this.account.account?.name ?? "", by });
        return;
      } catch (error) {
        const problem = problemOf(error);
        if (problem !== null && (problem.status === 401 || problem.status === 403)) {
          if (generation === this.generation) await this.wasRefused(problem.detail);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, kRetryMs));
      }
    }
  }

  // A session's token may have run out while the computer slept: its cookie decides. A key that is refused is forgotten.
  private async wasRefused(reason: string): Promise<void> {
    if (this.session !== null) {
      this.session = null;
      await this.renew();
      return;
    }
    if (this.key === null) return; // both doors may refuse the same key
    this.forget();
    this.refused.emit(reason);
  }

  private forget(): void {
    this.generation++;
    if (this.timer !== null) clearTimeout(this.timer);
    this.key = null;
    this.session = null;
    sessionStorage.removeItem(kKeyName);
    localStorage.removeItem(kSessionNote);
    this.rest.setToken(null);
    this.socket.setToken(null);
    this.account.signOut();
    this.change({ kind: "out" });
  }

  private schedule(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.renew(), ms);
  }

  private change(state: SignInState): void {
    this.state = state;
    this.changed.emit();
  }
}

function problemOf(error: unknown): Problem | null {
  return error instanceof ApiError ? error.problem : null;
}
