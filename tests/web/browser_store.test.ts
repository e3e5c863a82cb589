import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { IndexedDbStore } from "../../api/web/src/model/browser_store";
import type { Security } from "../../api/web/src/wire/messages";

const candle = { time: 60, open: 1, high: 2, low: 1, close: 2, volume: 3 };
const acme = { symbol: "ACME", name: "Acme" } as Security;

// The database as version 1 of its schema was, under the number `version`.
function older(factory: IDBFactory, version: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = factory.open("buttonwood", version);
    request.onerror = () => reject(request.error);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("candles").put([candle], "ACME/1m");
    };
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

test("candles and securities are found again by the next page", async () => {
  const factory = new IDBFactory();
  const first = new IndexedDbStore(factory);
  await first.keepCandles("ACME", "1m", [candle]);
  await first.keepSecurities([acme]);
  const next = new IndexedDbStore(factory);
  assert.deepEqual(await next.candles("ACME", "1m"), [candle]);
  assert.deepEqual(await next.candles("ACME", "1h"), []);
  assert.deepEqual(await next.securities(), [acme]);
});

test("what is no longer listed is forgotten, and only the newest candles are kept", async () => {
  const store = new IndexedDbStore(new IDBFactory());
  await store.keepSecurities([acme, { ...acme, symbol: "BETA" }]);
  await store.keepSecurities([acme]);
  assert.deepEqual(await store.securities(), [acme]);
  await store.keepCandles("ACME", "1m", Array.from({ length: 1500 }, (_, index) => ({ ...candle, time: index })));
  const kept = await store.candles("ACME", "1m");
  assert.equal(kept.length, 1000);
  assert.equal(kept.at(-1)?.time, 1499);
});

test("a database of version 1 is migrated: its candles stay, and there is room for securities", async () => {
  const factory = new IDBFactory();
  await older(factory, 1);
  const store = new IndexedDbStore(factory);
  assert.deepEqual(await store.candles("ACME", "1m"), [candle]);
  await store.keepSecurities([acme]);
  assert.deepEqual(await store.securities(), [acme]);
});

test("a browser that keeps nothing, and a newer page's database, read as empty", async () => {
  const none = new IndexedDbStore(undefined);
  await none.keepCandles("ACME", "1m", [candle]);
  assert.deepEqual(await none.candles("ACME", "1m"), []);
  const factory = new IDBFactory();
  await older(factory, 99);
  assert.deepEqual(await new IndexedDbStore(factory).securities(), []);
});
