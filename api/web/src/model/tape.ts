// The newest trades of one symbol, newest first, from the `trades` channel.

import { Emitter } from "./emitter";
import type { ChannelMessage, Trade } from "../wire/messages";
import type { ExchangeSocket } from "../wire/socket";

const kKept = 200;

export class Tape {
  readonly trades: Trade[] = [];
  readonly changed = new Emitter();
  readonly traded = new Emitter<Trade>(); // each new trade once, in order; not those of the first snapshot
  private readonly cancel: () => void;
  private seeded = false;

  constructor(socket: Pick<ExchangeSocket, "subscribe">, symbol: string) {
    this.cancel = socket.subscribe({ channel: "trades", symbol, onMessage: (message) => this.receive(message) });
  }

  close(): void {
    this.cancel();
  }

  // A snapshot after a reconnect repeats trades that are already here; the ids tell.
  private receive(message: ChannelMessage): void {
    if (message.type !== "snapshot" && !(message.type === "update" && this.seeded)) return;
    const known = new Set(message.type === "snapshot" ? this.trades.map((trade) => trade.id) : []);
    for (const trade of (message.data ?? []) as Trade[]) {
      if (known.has(trade.id)) continue;
      this.trades.unshift(trade);
      if (this.seeded) this.traded.emit(trade);
    }
    this.seeded = true;
    if (this.trades.length > kKept) this.trades.length = kKept;
    this.changed.emit();
  }
}
