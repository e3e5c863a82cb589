// The client's copy of one book: price levels from the stream's snapshot and updates, proven after each message by the
// contiguity of `seq` and by the checksum. It never repairs itself; whoever feeds it asks for a new snapshot on a fault.

import { crc32 } from "./crc32";
import { compareText } from "./decimal";
import type { BookData, BookLevel, ChannelMessage } from "../wire/messages";

export type BookFault = { kind: "gap"; expected: number; got: number } | { kind: "checksum"; expected: number; got: number };

// A level with its part of the checksum's text, written once and used by every message until the level changes.
interface StoredLevel extends BookLevel {
  readonly digits: string;
}

const kChecksumLevels = 10;

export class OrderBook {
  readonly bids: StoredLevel[] = []; // best first: highest price
  readonly asks: StoredLevel[] = []; // best first: lowest price
  seq = 0;

  // `depth` levels per side are kept, as subscribed; 0 keeps all.
  constructor(readonly depth: number) {}

  // Applies a snapshot or an update. On a fault the content must not be used any more.
  // Updates at or below the present seq are repetitions after a resume and change nothing.
  apply(message: ChannelMessage): BookFault | null {
    const data = message.data?.[0] as BookData;
    const seq = message.seq ?? 0;
    if (message.type === "snapshot") {
      this.bids.length = 0;
      this.asks.length = 0;
    } else {
      if (seq <= this.seq) return null;
      const follows = message.prev_seq ?? seq - 1;
      if (follows !== this.seq) return { kind: "gap", expected: this.seq, got: follows };
    }
    this.seq = seq;
    for (const level of data.bids) applyLevel(this.bids, level, -1);
    for (const level of data.asks) applyLevel(this.asks, level, 1);
    if (this.depth > 0) {
      this.bids.length = Math.min(this.bids.length, this.depth);
      this.asks.length = Math.min(this.asks.length, this.depth);
    }
    const checksum = this.checksum();
    return checksum === data.checksum ? null : { kind: "checksum", expected: data.checksum, got: checksum };
  }

  // CRC32 over the ten best asks from low to high, then the ten best bids from high to low, each price then quantity as
  // sent, without the point and leading zeros.
  checksum(): number {
    let text = "";
    for (const side of [this.asks, this.bids]) {
      const end = Math.min(side.length, kChecksumLevels);
      for (let i = 0; i < end; i++) text += (side[i] as StoredLevel).digits;
    }
    return crc32(text);
  }
}

// Sets, inserts or removes one level. `direction` is 1 for ascending prices (asks), -1 for descending ones (bids).
function applyLevel(levels: StoredLevel[], level: BookLevel, direction: 1 | -1): void {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText((levels[middle] as StoredLevel).price, level.price) * direction < 0) low = middle + 1;
    else high = middle;
  }
  const found = low < levels.length && compareText((levels[low] as StoredLevel).price, level.price) === 0;
  if (isZero(level.qty)) {
    if (found) levels.splice(low, 1);
  } else {
    const stored = { price: level.price, qty: level.qty, digits: digits(level.price) + digits(level.qty) };
    levels.splice(low, found ? 1 : 0, stored);
  }
}

function isZero(quantity: string): boolean {
  return /^[0.]+$/.test(quantity);
}

function digits(text: string): string {
  const point = text.indexOf(".");
  const plain = point < 0 ? text : text.slice(0, point) + text.slice(point + 1);
  let start = 0;
  while (start < plain.length - 1 && plain.charCodeAt(start) === 48) start++;
  return start === 0 ? plain : plain.slice(start);
}
