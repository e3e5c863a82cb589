// The footer: whether what is on screen is live, how far the server is away, and how far in the log it is.

import type { SocketStatus } from "../wire/socket";
import { need, oncePerFrame, setText } from "./dom";
import * as format from "./format";

export class StatusView {
  private readonly dot = need("connection-dot");
  private readonly text = need("connection-text");
  private readonly latency = need("latency");
  private readonly rate = need("message-rate");
  private readonly eventSeq = need("event-seq");
  private readonly schedule = oncePerFrame(() => this.render());
  private newestEventSeq = 0;

  private receivedBefore = 0;

  // `received` counts the messages that came since the page was opened.
  constructor(
    private status: SocketStatus,
    private readonly received: () => number,
  ) {
    setInterval(() => this.tick(), 1000);
    this.tick();
    this.render();
  }

  show(status: SocketStatus): void {
    if (status.state === "connected" && this.status.state !== "connected") this.newestEventSeq = 0; // maybe another server's log
    this.status = status;
    this.schedule();
  }

  showEventSeq(eventSeq: number): void {
    if (eventSeq <= this.newestEventSeq) return;
    this.newestEventSeq = eventSeq;
    this.schedule();
  }

  showVersion(version: string): void {
    setText(need("server-version"), version);
  }

  private tick(): void {
    setText(need("clock"), format.clock(new Date().toISOString()));
    const received = this.received();
    setText(this.rate, `${format.quantity(String(received - this.receivedBefore))}/s`);
    this.receivedBefore = received;
    if (this.status.state === "waiting") this.render();
  }

  private render(): void {
    const { state, retryAt, latencyMs, attempt } = this.status;
    this.dot.dataset["state"] = state;
    document.body.dataset["connection"] = state;
    if (state === "connected") setText(this.text, "Live");
    else if (state === "connecting") setText(this.text, attempt > 0 ? "Reconnecting" : "Connecting");
    else setText(this.text, `Offline, retry in ${Math.max(1, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000))} s`);
    setText(this.latency, latencyMs === null ? format.kUnknown : latencyMs < 1 ? "<1 ms" : `${Math.round(latencyMs)} ms`);
    if (this.newestEventSeq > 0) setText(this.eventSeq, format.quantity(String(this.newestEventSeq)));
  }
}
