// A toy exchange for working on the page: a few securities, price-time matching, a seeded random walk of bots, and the facts
// that api/README.md says the server sends. Quantities and prices are integers in units of the scale; nothing is persisted.

import { crc32, format, generator, kSecurities, parse, problem, timestamp } from "./fake_support.mjs";

const kTapeKept = 50;
const kHistoryMinutes = 600;

export class Exchange {
  // `publish(message)` receives every public message, `publishPrivate(account, message)` every private one.
  constructor({ seed = 7, publish = () => {}, publishPrivate = () => {} } = {}) {
    this.random = generator(seed);
    this.publish = publish;
    this.publishPrivate = publishPrivate;
    this.eventSeq = 1_204_311;
    this.nextOrder = 1;
    this.nextTrade = 1;
    this.orders = new Map();
    this.fills = [];
    this.executionSeq = 0;
    this.cash = { total: 250_000_00n, held: 0n };
    this.holdings = new Map([
      ["ACME", 4000],
      ["OAKS", 600],
    ]);
    this.markets = new Map(kSecurities.map((security) => [security.symbol, this.makeMarket(security)]));
  }

  makeMarket(security) {
    const market = {
      security,
      bids: [],
      asks: [],
      seqs: { book: 1000, trades: 0, ticker: 0, status: 0, auction: 0 },
      trades: [],
      candles: [],
      fair: security.start,
      tick: parse(security.tick_size, security.price_scale),
      lot: parse(security.lot_size, security.quantity_scale),
      published: { bids: new Map(), asks: new Map() },
    };
    this.seedHistory(market);
    for (let level = 1; level <= 60; level++) {
      this.rest(market, {
        side: "buy",
        price: this.onTick(market, market.fair) - market.tick * level - security.spread / 2,
        leaves: this.size(market),
      });
      this.rest(market, {
        side: "sell",
        price: this.onTick(market, market.fair) + market.tick * level + security.spread / 2,
        leaves: this.size(market),
      });
    }
    market.published = this.levelMaps(market);
    return market;
  }

  seedHistory(market) {
    const start = Math.floor(Date.now() / 60_000) * 60_000 - kHistoryMinutes * 60_000;
    for (let i = 0; i < kHistoryMinutes; i++) {
      const open = market.fair;
      const steps = Array.from(
        { length: 12 },
        () => (market.fair = this.onTick(market, market.fair * (1 + (this.random() - 0.498) * 0.0016))),
      );
      const volume = steps.length * this.size(market) * (1 + this.random() * 3);
      market.candles.push({
        t: start + i * 60_000,
        o: open,
        h: Math.max(open, ...steps),
        l: Math.min(open, ...steps),
        c: market.fair,
        v: Math.round(volume / market.lot) * market.lot,
        n: 40,
      });
    }
  }

  onTick(market, price) {
    return Math.round(price / market.tick) * market.tick;
  }

  size(market) {
    return Math.max(1, Math.round((market.security.size * (0.15 + this.random() ** 3 * 2)) / market.lot)) * market.lot;
  }

  // One step of the bots: makers follow a wandering fair price, takers hit the book.
  step() {
    for (const market of this.markets.values()) {
      market.fair = market.fair * (1 + (this.random() - 0.5) * 0.0006);
      const roll = this.random();
      const side = this.random() < 0.5 ? "buy" : "sell";
      const thin = market.bids.length < market.asks.length ? "buy" : "sell";
      if (roll < 0.2) this.execute(market, { side, price: null, leaves: this.size(market), ioc: true });
      else if (roll < 0.85) this.quote(market, this.random() < 0.7 ? thin : side);
      else this.withdraw(market, side);
    }
  }

  quote(market, side) {
    const distance = Math.floor(this.random() ** 2 * 40) * market.tick + market.security.spread / 2;
    const price = this.onTick(market, side === "buy" ? market.fair - distance : market.fair + distance);
    this.execute(market, { side, price, leaves: this.size(market) });
  }

  withdraw(market, side) {
    const book = side === "buy" ? market.bids : market.asks;
    const bots = book.filter((order) => order.own === undefined);
    if (bots.length < 80) return;
    const victim = bots[Math.floor(this.random() * bots.length)];
    book.splice(book.indexOf(victim), 1);
    this.publishBook(market);
  }

  rest(market, order) {
    const book = order.side === "buy" ? market.bids : market.asks;
    const better = (other) => (order.side === "buy" ? other.price < order.price : other.price > order.price);
    const index = book.findIndex(better);
    book.splice(index < 0 ? book.length : index, 0, order);
  }

  // Matches, rests what may rest, publishes. Returns the trades of the taker.
  execute(market, order) {
    const book = order.side === "buy" ? market.asks : market.bids;
    const crosses = (maker) =>
      order.price === null || (order.side === "buy" ? maker.price <= order.price : maker.price >= order.price);
    const trades = [];
    while (order.leaves > 0 && book.length > 0 && crosses(book[0])) {
      const maker = book[0];
      const quantity = Math.min(maker.leaves, order.leaves);
      maker.leaves -= quantity;
      order.leaves -= quantity;
      if (maker.leaves === 0) book.shift();
      trades.push(this.trade(market, maker, order, quantity));
    }
    if (order.leaves > 0 && !order.ioc) this.rest(market, order);
    this.publishBook(market);
    if (trades.length > 0) this.publishTicker(market);
    return trades;
  }

  trade(market, maker, taker, quantity) {
    const { price_scale: ps, quantity_scale: qs } = market.security;
    const trade = {
      id: `trd_${this.nextTrade++}`,
      price: format(maker.price, ps),
      quantity: format(quantity, qs),
      taker_side: taker.side,
      time: timestamp(),
    };
    market.trades.push(trade);
    if (market.trades.length > kTapeKept) market.trades.shift();
    market.lastPrice = maker.price;
    this.addToCandle(market, maker.price, quantity);
    this.publish({
      channel: "trades",
      type: "update",
      symbol: market.security.symbol,
      seq: ++market.seqs.trades,
      event_seq: ++this.eventSeq,
      time: trade.time,
      data: [trade],
    });
    if (maker.own !== undefined) this.fillOwn(market, maker.own, trade, maker.price, quantity, "maker");
    if (taker.own !== undefined) this.fillOwn(market, taker.own, trade, maker.price, quantity, "taker");
    return trade;
  }

  addToCandle(market, price, quantity) {
    const t = Math.floor(Date.now() / 60_000) * 60_000;
    let candle = market.candles.at(-1);
    if (candle.t !== t) market.candles.push((candle = { t, o: price, h: price, l: price, c: price, v: 0, n: 0 }));
    candle.h = Math.max(candle.h, price);
    candle.l = Math.min(candle.l, price);
    candle.c = price;
    candle.v += quantity;
    candle.n += 1;
  }

  levelMaps(market) {
    const sum = (orders) =>
      orders.reduce((levels, order) => levels.set(order.price, (levels.get(order.price) ?? 0) + order.leaves), new Map());
    return { bids: sum(market.bids), asks: sum(market.asks) };
  }

  levels(market, side, depth) {
    const { price_scale: ps, quantity_scale: qs } = market.security;
    return [...this.levelMaps(market)[side]]
      .slice(0, depth || undefined)
      .map(([price, qty]) => ({ price: format(price, ps), qty: format(qty, qs) }));
  }

  checksum(market) {
    const plain = (text) => text.replace(".", "").replace(/^0+(?=.)/, "");
    const text = ["asks", "bids"]
      .flatMap((side) => this.levels(market, side, 10))
      .map((level) => plain(level.price) + plain(level.qty))
      .join("");
    return crc32(text);
  }

  bookSnapshot(market, depth) {
    const data = {
      bids: this.levels(market, "bids", depth),
      asks: this.levels(market, "asks", depth),
      checksum: this.checksum(market),
    };
    return {
      channel: "book",
      type: "snapshot",
      symbol: market.security.symbol,
      seq: market.seqs.book,
      event_seq: this.eventSeq,
      time: timestamp(),
      data: [data],
    };
  }

  // The difference to what was published before; a toy may send levels beyond the subscriber's depth, which truncates.
  publishBook(market) {
    const { price_scale: ps, quantity_scale: qs, symbol } = market.security;
    const now = this.levelMaps(market);
    const data = { bids: [], asks: [], checksum: this.checksum(market) };
    for (const side of ["bids", "asks"]) {
      for (const [price, qty] of now[side])
        if (market.published[side].get(price) !== qty) data[side].push({ price: format(price, ps), qty: format(qty, qs) });
      for (const price of market.published[side].keys())
        if (!now[side].has(price)) data[side].push({ price: format(price, ps), qty: "0" });
    }
    if (data.bids.length + data.asks.length === 0) return;
    market.published = now;
    const prev = market.seqs.book++;
    this.publish({
      channel: "book",
      type: "update",
      symbol,
      seq: market.seqs.book,
      prev_seq: prev,
      event_seq: ++this.eventSeq,
      time: timestamp(),
      data: [data],
    });
  }

  ticker(market) {
    const { price_scale: ps, quantity_scale: qs, symbol } = market.security;
    const price = (value) => (value === undefined ? null : format(value, ps));
    const candles = market.candles;
    const volume = candles.reduce((sum, candle) => sum + candle.v, 0);
    const turnover = candles.reduce((sum, candle) => sum + candle.v * candle.c, 0);
    const last = market.lastPrice ?? candles.at(-1).c;
    return {
      symbol,
      last_price: price(last),
      last_quantity: market.trades.at(-1)?.quantity ?? null,
      last_trade_at: market.trades.at(-1)?.time ?? null,
      bid_price: price(market.bids[0]?.price),
      bid_quantity: null,
      ask_price: price(market.asks[0]?.price),
      ask_quantity: null,
      open_24h: price(candles[0].o),
      high_24h: price(Math.max(...candles.map((c) => c.h))),
      low_24h: price(Math.min(...candles.map((c) => c.l))),
      volume_24h: format(volume, qs),
      turnover_24h: (turnover / 10 ** (ps + qs)).toFixed(8),
      vwap_24h: price(Math.round(turnover / volume)),
      trade_count_24h: candles.reduce((sum, candle) => sum + candle.n, 0),
      change_24h: price(Math.abs(last - candles[0].o)),
      event_seq: this.eventSeq,
      time: timestamp(),
    };
  }

  publishTicker(market) {
    this.publish({
      channel: "ticker",
      type: "update",
      symbol: market.security.symbol,
      seq: ++market.seqs.ticker,
      event_seq: this.eventSeq,
      time: timestamp(),
      data: [this.ticker(market)],
    });
  }

  candles(market, seconds, limit) {
    const { price_scale: ps, quantity_scale: qs } = market.security;
    return regroup(market.candles, seconds).slice(-limit).map(({ t, o, h, l, c, v, n }, index, all) => ({
      t: timestamp(t),
      o: format(o, ps),
      h: format(h, ps),
      l: format(l, ps),
      c: format(c, ps),
      v: format(v, qs),
      turnover: "0.00000000",
      vwap: format(c, ps),
      n,
      complete: index < all.length - 1,
    }));
  }

  // The one user's order. Returns {order} or {problem}.
  place(body) {
    const market = this.markets.get(body.symbol);
    if (market === undefined) return problem(404, "security_not_found", `There is no security ${body.symbol}.`);
    const { price_scale: ps, quantity_scale: qs } = market.security;
    const limit = (body.type ?? "limit") === "limit";
    const price = limit ? parse(body.price, ps) : null;
    const quantity = parse(body.quantity, qs);
    if (limit && (price === null || price % market.tick !== 0))
      return problem(422, "price_not_on_tick", `${body.price} is not a multiple of ${market.security.tick_size}.`, "/price");
    if (quantity === null || quantity % market.lot !== 0)
      return problem(
        422,
        "quantity_not_on_lot",
        `${body.quantity} is not a multiple of ${market.security.lot_size}.`,
        "/quantity",
      );
    const opposite = body.side === "buy" ? market.asks[0] : market.bids[0];
    const crossing = limit && opposite !== undefined && (body.side === "buy" ? price >= opposite.price : price <= opposite.price);
    if (body.post_only && crossing) return problem(422, "post_only_would_cross", "The order would take liquidity.");
    if (body.side === "buy" && limit && (BigInt(price) * BigInt(quantity)) / 10n ** BigInt(ps + qs) > this.cash.total / 100n)
      return problem(422, "insufficient_funds", "This order needs more cash than is available.", "/quantity");
    const order = {
      id: `ord_${this.nextOrder++}`,
      client_order_id: body.client_order_id ?? null,
      account_id: "acc_2",
      symbol: body.symbol,
      side: body.side,
      type: limit ? "limit" : "market",
      time_in_force: body.time_in_force ?? (limit ? "gtc" : "ioc"),
      post_only: body.post_only ?? false,
      price: limit ? format(price, ps) : null,
      stop_price: null,
      display_quantity: null,
      quantity: format(quantity, qs),
      filled_quantity: format(0, qs),
      remaining_quantity: format(quantity, qs),
      average_price: null,
      status: "new",
      reason: null,
      created_at: timestamp(),
      updated_at: timestamp(),
      event_seq: ++this.eventSeq,
      fills: [],
    };
    const inBook = {
      side: body.side,
      price,
      leaves: quantity,
      ioc: order.time_in_force !== "gtc",
      own: { order, quantity, notional: 0 },
    };
    order.inBook = inBook;
    this.orders.set(order.id, order);
    this.publishExecution("new", order);
    this.execute(market, inBook);
    if (inBook.ioc && inBook.leaves > 0) this.finish(order, "expired", "immediate_remainder");
    return { order: visible(order) };
  }

  fillOwn(market, own, trade, price, quantity, liquidity) {
    const { price_scale: ps, quantity_scale: qs, symbol } = market.security;
    const { order } = own;
    const filled = own.quantity - order.inBook.leaves;
    own.notional += price * quantity;
    order.filled_quantity = format(filled, qs);
    order.remaining_quantity = format(order.inBook.leaves, qs);
    order.average_price = format(Math.round(own.notional / filled), ps);
    order.status = order.inBook.leaves === 0 ? "filled" : "partially_filled";
    order.updated_at = trade.time;
    const sign = order.side === "buy" ? 1 : -1;
    this.holdings.set(symbol, (this.holdings.get(symbol) ?? 0) + sign * quantity);
    this.cash.total -= BigInt(sign) * BigInt(Math.round((price * quantity * 100) / 10 ** (ps + qs)));
    this.fills.unshift({
      id: trade.id,
      order_id: order.id,
      client_order_id: order.client_order_id,
      symbol,
      side: order.side,
      price: trade.price,
      quantity: trade.quantity,
      notional: "0",
      liquidity,
      time: trade.time,
      event_seq: this.eventSeq,
    });
    this.publishExecution("trade", order, {
      last_price: trade.price,
      last_quantity: trade.quantity,
      trade_id: trade.id,
      liquidity,
    });
  }

  finish(order, status, reason) {
    order.status = status;
    order.reason = reason;
    order.remaining_quantity = order.remaining_quantity.replace(/\d/g, "0").replace(/^0+(?=0)/, "");
    order.updated_at = timestamp();
    this.publishExecution(status, order);
  }

  cancel(id) {
    const order = this.orders.get(id);
    if (order === undefined) return problem(404, "order_not_found", `There is no order ${id}.`);
    if (order.status !== "new" && order.status !== "partially_filled")
      return problem(409, "order_not_open", `Order ${id} is ${order.status}.`);
    const market = this.markets.get(order.symbol);
    const book = order.side === "buy" ? market.bids : market.asks;
    book.splice(book.indexOf(order.inBook), 1);
    this.finish(order, "canceled", "user");
    this.publishBook(market);
    return { order: visible(order) };
  }

  openOrders() {
    return [...this.orders.values()].filter((order) => order.status === "new" || order.status === "partially_filled");
  }

  publishExecution(execType, order, last = { last_price: null, last_quantity: null, trade_id: null, liquidity: null }) {
    order.event_seq = ++this.eventSeq;
    const data = [{ exec_type: execType, ...visible(order), ...last }];
    this.publishPrivate("acc_2", {
      channel: "executions",
      type: "update",
      account_id: "acc_2",
      seq: ++this.executionSeq,
      event_seq: this.eventSeq,
      time: timestamp(),
      data,
    });
  }

  executionSnapshot() {
    const data = this.openOrders().map((order) => ({
      exec_type: "new",
      ...visible(order),
      last_price: null,
      last_quantity: null,
      trade_id: null,
      liquidity: null,
    }));
    return {
      channel: "executions",
      type: "snapshot",
      account_id: "acc_2",
      seq: this.executionSeq,
      event_seq: this.eventSeq,
      time: timestamp(),
      data,
    };
  }

  portfolio() {
    let held = 0n;
    const heldShares = new Map();
    for (const order of this.openOrders()) {
      const { price_scale: ps, quantity_scale: qs } = this.markets.get(order.symbol).security;
      if (order.side === "buy") held += BigInt(Math.round((order.inBook.price * order.inBook.leaves * 100) / 10 ** (ps + qs)));
      else heldShares.set(order.symbol, (heldShares.get(order.symbol) ?? 0) + order.inBook.leaves);
    }
    const money = (cents) => `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}000000`;
    const cash = [
      {
        account_id: "acc_2",
        currency: "USD",
        total: money(this.cash.total),
        available: money(this.cash.total - held),
        held: money(held),
      },
    ];
    const data = [...this.holdings].map(([symbol, quantity]) => {
      const market = this.markets.get(symbol);
      const { price_scale: ps, quantity_scale: qs } = market.security;
      const blocked = heldShares.get(symbol) ?? 0;
      const last = market.lastPrice ?? market.fair;
      return {
        account_id: "acc_2",
        symbol,
        quantity: format(quantity, qs),
        sellable: format(quantity - blocked, qs),
        held: format(blocked, qs),
        average_cost: null,
        cost_basis: null,
        last_price: format(Math.round(last), ps),
        market_value: ((quantity * last) / 10 ** (ps + qs)).toFixed(8),
        unrealized_pnl: null,
        realized_pnl: null,
      };
    });
    return { data, cash, event_seq: this.eventSeq };
  }
}

function visible({ inBook: _, ...order }) {
  return structuredClone(order);
}

// Minutes as longer candles.
function regroup(minutes, seconds) {
  const groups = [];
  for (const minute of minutes) {
    const t = Math.floor(minute.t / (seconds * 1000)) * seconds * 1000;
    const group = groups.at(-1);
    if (group === undefined || group.t !== t) {
      groups.push({ ...minute, t });
      continue;
    }
    if (minute.h > group.h) group.h = minute.h;
    if (minute.l < group.l) group.l = minute.l;
    group.c = minute.c;
    group.v += minute.v;
    group.n += minute.n;
  }
  return groups;
}
