// One connection to /v1/ws that keeps itself alive: reconnects with backoff, authenticates and subscribes again, matches
// answers to requests by req_id, and takes a connection on which nothing arrives for dead.
//
// Subscriptions are kept as wishes: they survive a reconnect, and every (re)subscription begins with a snapshot, so the models
// behind them need no other recovery. Requests do not survive: they fail with ConnectionLost, because only the caller
// knows whether repeating is harmless.

import type { Clock } from "../model/clock";
import { ApiError, networkProblem } from "./rest";
import type { Answer, ChannelMessage, ChannelName } from "./messages";

export type ConnectionState = "connecting" | "connected" | "waiting";

export interface SocketStatus {
  state: ConnectionState;
  attempt: number; // failed attempts since the last good connection
  retryAt: number | null; // Date.now() of the next attempt while waiting
  latencyMs: number | null; // round trip of the last ping
  authenticated: boolean;
}

export interface Subscription {
  channel: ChannelName;
  symbol: string | null;
  depth?: number;
  private?: boolean;
  onMessage: (message: ChannelMessage) => void;
}

// The part of the browser's WebSocket that is used here; tests bring their own.
export interface WebSocketLike {
  onopen: (() => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface SocketEnvironment extends Clock {
  open: () => WebSocketLike;
  random: () => number;
}

export class ConnectionLost extends ApiError {
  constructor() {
    super(networkProblem("The connection was lost before the answer came."));
  }
}

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  timer: number;
}

const kBackoffFirstMs = 250;
const kBackoffMostMs = 10_000;
const kStableAfterMs = 5_000;
const kPingEveryMs = 3_000;
const kSilenceLimitMs = 10_000; // heartbeats come every second: this long without a message means a dead connection
const kRequestTimeoutMs = 15_000;
const kAuthFailed = 4001;

export class ExchangeSocket {
  onStatus: (status: SocketStatus) => void = () => {};
  onAuthRefused: (reason: string) => void = () => {};
  onEventSeq: (eventSeq: number) => void = () => {};

  messageCount = 0; // messages since the page was opened
  private socket: WebSocketLike | null = null;
  private token: string | null = null;
  private readonly subscriptions = new Set<Subscription>();
  private readonly pending = new Map<number, Pending>();
  private nextReqId = 1;
  private lastMessageAt = 0;
  private reconnectTimer: number | null = null;
  private pingTimer: number | null = null;
  private stableTimer: number | null = null;
  private current: SocketStatus = { state: "waiting", attempt: 0, retryAt: null, latencyMs: null, authenticated: false };

  constructor(private readonly environment: SocketEnvironment) {}

  get status(): SocketStatus {
    return this.current;
  }

  start(): void {
    this.connect();
  }

  // Tries at once, for example when the browser says that the network is back.
  retryNow(): void {
    if (this.current.state !== "waiting") return;
    this.connect();
  }

  // A changed key needs a new connection: the old one stays bound to the old user. One that is not open yet takes it along.
  setToken(token: string | null): void {
    if (token === this.token) return;
    this.token = token;
    if (this.current.state === "connected") this.reconnectAtOnce();
  }

  // The same session under a newer token: for connections from now on; the present one is bound to the session itself.
  renewToken(token: string): void {
    this.token = token;
  }

  subscribe(subscription: Subscription): () => void {
    this.subscriptions.add(subscription);
    this.sendSubscription("subscribe", subscription);
    return () => {
      if (!this.subscriptions.delete(subscription)) return;
      this.sendSubscription("unsubscribe", subscription);
    };
  }

  // Asks for a fresh snapshot of one subscription.
  resubscribe(subscription: Subscription): void {
    if (!this.subscriptions.has(subscription)) return;
    this.sendSubscription("unsubscribe", subscription);
    this.sendSubscription("subscribe", subscription);
  }

  request(method: string, params: object): Promise<unknown> {
    if (this.current.state !== "connected") {
      const problem = { ...networkProblem("Not connected; nothing was sent."), execution: "not_executed" as const };
      return Promise.reject(new ApiError(problem));
    }
    return this.send(method, params);
  }

  private send(method: string, params: object): Promise<unknown> {
    const reqId = this.nextReqId++;
    return new Promise((resolve, reject) => {
      const timer = this.environment.setTimeout(() => {
        this.pending.delete(reqId);
        reject(new ConnectionLost());
      }, kRequestTimeoutMs);
      this.pending.set(reqId, { resolve, reject, timer });
      this.socket?.send(JSON.stringify({ method, params, req_id: reqId }));
    });
  }

  private connect(): void {
    this.clearTimers();
    this.update({ state: "connecting", retryAt: null, authenticated: false });
    const socket = this.environment.open();
    this.socket = socket;
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (event) => this.received(socket, event.data);
    socket.onclose = (event) => this.closed(socket, event.code, event.reason);
    // A handshake that never finishes is a silent connection too.
    this.lastMessageAt = this.environment.now();
    this.pingTimer = this.environment.setTimeout(() => this.watch(), kPingEveryMs);
  }

  private opened(socket: WebSocketLike): void {
    if (socket !== this.socket) return;
    this.lastMessageAt = this.environment.now();
    this.update({ state: "connected", latencyMs: null });
    this.stableTimer = this.environment.setTimeout(() => this.update({ attempt: 0 }), kStableAfterMs);
    if (this.token !== null) this.authenticate(this.token);
    for (const subscription of this.subscriptions) if (!subscription.private) this.sendSubscription("subscribe", subscription);
    this.ping();
  }

  private authenticate(token: string): void {
    this.send("auth", { token }).then(
      () => {
        if (token !== this.token) return;
        this.update({ authenticated: true });
        for (const subscription of this.subscriptions) if (subscription.private) this.sendSubscription("subscribe", subscription);
      },
      (error: unknown) => {
        if (token === this.token && !(error instanceof ConnectionLost)) this.refuseToken(String((error as Error).message));
      },
    );
  }

  private refuseToken(reason: string): void {
    if (this.token === null) return; // an answer and the close code may both say it
    this.token = null;
    this.onAuthRefused(reason);
  }

  private received(socket: WebSocketLike, data: unknown): void {
    if (socket !== this.socket || typeof data !== "string") return;
    this.lastMessageAt = this.environment.now();
    const parsed = JSON.parse(data) as (Answer & ChannelMessage) | (Answer & ChannelMessage)[];
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      this.messageCount++;
      if (typeof message.channel === "string" && message.method === undefined) this.dispatch(message);
      else this.answered(message);
    }
  }

  private dispatch(message: ChannelMessage): void {
    if (message.event_seq !== undefined) this.onEventSeq(message.event_seq);
    for (const subscription of this.subscriptions) {
      if (subscription.channel !== message.channel) continue;
      if (subscription.symbol !== null && subscription.symbol !== message.symbol) continue;
      subscription.onMessage(message);
    }
  }

  private answered(answer: Answer): void {
    const pending = answer.req_id === undefined ? undefined : this.pending.get(answer.req_id);
    if (pending === undefined || answer.req_id === undefined) return;
    this.pending.delete(answer.req_id);
    this.environment.clearTimeout(pending.timer);
    if (answer.success) pending.resolve(answer.result);
    else pending.reject(new ApiError(answer.error ?? networkProblem("The server gave no reason.")));
  }

  private closed(socket: WebSocketLike, code: number, reason: string): void {
    if (socket !== this.socket) return;
    if (code === kAuthFailed) this.refuseToken(reason || "The key was refused.");
    this.drop();
    const attempt = this.current.attempt + 1;
    const delay = Math.min(kBackoffMostMs, kBackoffFirstMs * 2 ** (attempt - 1)) * (0.75 + 0.5 * this.environment.random());
    this.update({ state: "waiting", attempt, retryAt: this.environment.now() + delay, latencyMs: null, authenticated: false });
    this.reconnectTimer = this.environment.setTimeout(() => this.connect(), delay);
  }

  private reconnectAtOnce(): void {
    const old = this.socket;
    this.drop();
    old?.close();
    this.connect();
  }

  // Forgets the present connection; whatever it still sends is ignored.
  private drop(): void {
    this.socket = null;
    this.clearTimers();
    const lost = [...this.pending.values()];
    this.pending.clear();
    for (const { reject, timer } of lost) {
      this.environment.clearTimeout(timer);
      reject(new ConnectionLost());
    }
  }

  private watch(): void {
    const socket = this.socket;
    if (socket === null) return;
    if (this.environment.now() - this.lastMessageAt > kSilenceLimitMs) {
      this.closed(socket, 1006, "silent");
      socket.close();
      return;
    }
    if (this.current.state === "connected") this.ping();
    this.pingTimer = this.environment.setTimeout(() => this.watch(), kPingEveryMs);
  }

  private ping(): void {
    const sentAt = this.environment.now();
    this.send("ping", {}).then(
      () => this.update({ latencyMs: this.environment.now() - sentAt }),
      () => {},
    );
  }

  private sendSubscription(method: "subscribe" | "unsubscribe", subscription: Subscription): void {
    if (this.current.state !== "connected" || (subscription.private && !this.current.authenticated)) return;
    const params: Record<string, unknown> = { channel: subscription.channel };
    if (subscription.symbol !== null) params["symbol"] = [subscription.symbol];
    if (subscription.depth !== undefined && method === "subscribe") params["depth"] = subscription.depth;
    this.send(method, params).catch((error: unknown) => {
      if (error instanceof ConnectionLost) return;
      console.warn(`${method} ${subscription.channel} ${subscription.symbol ?? ""} was refused:`, error);
    });
  }

  private clearTimers(): void {
    for (const timer of [this.reconnectTimer, this.pingTimer, this.stableTimer])
      if (timer !== null) this.environment.clearTimeout(timer);
    this.reconnectTimer = this.pingTimer = this.stableTimer = null;
  }

  private update(change: Partial<SocketStatus>): void {
    this.current = { ...this.current, ...change };
    this.onStatus(this.current);
  }
}
