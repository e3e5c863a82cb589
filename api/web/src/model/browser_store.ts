// What the page keeps in this browser, in IndexedDB: candles, so that a chart opens at once and survives a lost connection,
// and the list of securities, so that there is one to choose from. Nothing about the user. A browser that keeps nothing
// (private windows, a full disk, a newer page in another tab) makes the page slower to open, never wrong: every failure
// here reads as "nothing was kept".

import type { ChartCandle } from "./candle_series";
import type { Security } from "../wire/messages";

// What models need of it; tests bring their own.
export interface BrowserStore {
  candles(symbol: string, interval: string): Promise<ChartCandle[]>;
  keepCandles(symbol: string, interval: string, candles: readonly ChartCandle[]): Promise<void>;
  securities(): Promise<Security[]>;
  keepSecurities(securities: readonly Security[]): Promise<void>;
}

const kName = "buttonwood";
const kCandlesKept = 1000; // of each security and interval

// The n-th makes version n of the schema from version n - 1. Never change one that was published, only append.
const kMigrations: readonly ((database: IDBDatabase) => void)[] = [
  (database) => void database.createObjectStore("candles"), // key "SYMBOL/interval": ChartCandle[]
  (database) => void database.createObjectStore("securities", { keyPath: "symbol" }),
];

export class IndexedDbStore implements BrowserStore {
  private readonly database: Promise<IDBDatabase | null>;

  constructor(factory: IDBFactory | undefined = globalThis.indexedDB) {
    this.database = open(factory).catch(() => null);
  }

  async candles(symbol: string, interval: string): Promise<ChartCandle[]> {
    return (await this.read<ChartCandle[]>("candles", (store) => store.get(`${symbol}/${interval}`))) ?? [];
  }

  async keepCandles(symbol: string, interval: string, candles: readonly ChartCandle[]): Promise<void> {
    const newest = candles.slice(-kCandlesKept);
    await this.write("candles", (store) => store.put(newest, `${symbol}/${interval}`));
  }

  async securities(): Promise<Security[]> {
    return (await this.read<Security[]>("securities", (store) => store.getAll())) ?? [];
  }

  async keepSecurities(securities: readonly Security[]): Promise<void> {
    await this.write("securities", (store) => {
      store.clear();
      for (const security of securities) store.put(security);
    });
  }

  private async read<T>(name: string, ask: (store: IDBObjectStore) => IDBRequest): Promise<T | null> {
    const database = await this.database;
    if (database === null) return null;
    return new Promise((resolve) => {
      try {
        const request = ask(database.transaction(name, "readonly").objectStore(name));
        request.onsuccess = () => resolve((request.result as T | undefined) ?? null);
        request.onerror = () => resolve(null);
      } catch {
        resolve(null); // closed for a newer page
      }
    });
  }

  private async write(name: string, change: (store: IDBObjectStore) => void): Promise<void> {
    const database = await this.database;
    if (database === null) return;
    return new Promise((resolve) => {
      try {
        const transaction = database.transaction(name, "readwrite");
        transaction.oncomplete = () => resolve();
        transaction.onabort = transaction.onerror = () => resolve();
        change(transaction.objectStore(name));
      } catch {
        resolve();
      }
    });
  }
}

function open(factory: IDBFactory | undefined): Promise<IDBDatabase | null> {
  if (factory === undefined) return Promise.resolve(null);
  return new Promise((resolve) => {
    const request = factory.open(kName, kMigrations.length);
    request.onupgradeneeded = (event) => {
      for (const migrate of kMigrations.slice(event.oldVersion)) migrate(request.result);
    };
    request.onsuccess = () => {
      // A newer page in another tab wants to migrate: make way, and keep nothing from here on.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = request.onblocked = () => resolve(null);
  });
}
