// Keeps the book of one symbol true: subscribes, applies, and on any doubt stops showing the copy as live, says so, and asks
// for a fresh snapshot. Repeated faults wait longer each time, so that a server with a fault is not flooded.

import { kRealClock, type Clock } from "./clock";
import { Emitter } from "./emitter";
import { OrderBook } from "./order_book";
import type { ChannelMessage, HeartbeatEntry } from "../wire/messages";
import type { ExchangeSocket, Subscription } from "../wire/socket";

export type FeedState = "waiting" | "live" | "resynchronising";

const kFirstDelayMs = 0;
const kMostDelayMs = 8_000;
const kSettledMessages = 100; // so many good messages forgive the faults before them

export class BookFeed {
  book: OrderBook;
  state: FeedState = "waiting";
  resyncCount = 0;
  lastFault: string | null = null;
  readonly changed = new Emitter();

  private readonly subscription: Subscription;
  private readonly cancel: () => void;
  private delayMs = kFirstDelayMs;
  private goodMessages = 0;
  private announcedSeq = 0;
  private timer: number | null = null;

  constructor(
    private readonly socket: Pick<ExchangeSocket, "subscribe" | "resubscribe">,
    readonly symbol: string,
    private readonly depth: number,
    private readonly clock: Clock = kRealClock,
  ) {
    this.book = new OrderBook(depth);
    this.subscription = { channel: "book", symbol, depth, onMessage: (message) => this.receive(message) };
    this.cancel = socket.subscribe(this.subscription);
  }

  close(): void {
    this.stopTimer();
    this.cancel();
  }

  // The connection is gone: what is shown is the past until the next snapshot.
  disconnected(): void {
    this.stopTimer();
    if (this.state !== "waiting") this.change("waiting");
  }

  // A heartbeat names the last seq sent. A copy that is still behind the heartbeat before this one has missed something.
  heartbeat(entries: HeartbeatEntry[]): void {
    const entry = entries.find((e) => e.channel === "book" && e.symbol === this.symbol);
    if (entry === undefined) return;
    if (this.state === "live" && this.book.seq < this.announcedSeq)
      this.resynchronise(`the stream is at ${this.announcedSeq}, this copy at ${this.book.seq}`);
    this.announcedSeq = entry.seq;
  }

  private receive(message: ChannelMessage): void {
    if (message.type !== "snapshot" && message.type !== "update") return;
    if (message.type === "update" && this.state !== "live") return;
    if (message.type === "snapshot") this.book = new OrderBook(this.depth);
    const fault = this.book.apply(message);
    if (fault !== null) {
      this.resynchronise(
        fault.kind === "gap"
          ? `update follows ${fault.got}, this copy is at ${fault.expected}`
          : `checksum ${fault.got}, the server says ${fault.expected}`,
      );
      return;
    }
    if (message.type === "snapshot") this.announcedSeq = this.book.seq;
    if (++this.goodMessages >= kSettledMessages) this.delayMs = kFirstDelayMs;
    this.change("live");
  }

  private resynchronise(why: string): void {
    console.warn(`book ${this.symbol}: ${why}; resynchronising`);
    this.lastFault = why;
    this.resyncCount++;
    this.goodMessages = 0;
    this.change("resynchronising");
    if (this.timer !== null) return;
    this.timer = this.clock.setTimeout(() => {
      this.timer = null;
      this.socket.resubscribe(this.subscription);
    }, this.delayMs);
    this.delayMs = Math.min(kMostDelayMs, Math.max(250, this.delayMs * 2));
  }

  private stopTimer(): void {
    if (this.timer !== null) this.clock.clearTimeout(this.timer);
    this.timer = null;
  }

  private change(state: FeedState): void {
    this.state = state;
    this.changed.emit();
  }
}
