// The caller's own orders, fills, cash and holdings. Orders and fills follow the `executions` channel; cash and holdings are
// read after each change, until the answer reflects the event that caused the reading.

import { Emitter } from "./emitter";
import type { RestClient } from "../wire/rest";
import type { ExchangeSocket } from "../wire/socket";
import type { Account, Balance, ChannelMessage, Execution, Fill, Holding, Order, Page, Portfolio } from "../wire/messages";

const kFillsKept = 200;
const kRefreshPauseMs = 60;
const kRefreshAttempts = 25;

export class AccountModel {
  account: Account | null = null;
  readonly orders = new Map<string, Order>(); // open ones
  fills: Fill[] = []; // newest first
  cash: Balance[] = [];
  holdings: Holding[] = [];
  readonly ordersChanged = new Emitter();
  readonly fillsChanged = new Emitter();
  readonly balancesChanged = new Emitter();
  readonly executed = new Emitter<Execution>(); // every execution as it happens

  private generation = 0; // of the key: answers for an earlier one are dropped
  private wantedSeq = 0;
  private refreshing = false;
  private leaveExecutions: () => void = () => {};

  constructor(
    private readonly rest: RestClient,
    private readonly socket: ExchangeSocket,
  ) {}

  // Who has no orders, such as an operator, has no fills and no balances to ask for either.
  get mayTrade(): boolean {
    return this.account?.roles.some((role) => role === "trader" || role === "admin") ?? false;
  }

  get openOrders(): Order[] {
    return [...this.orders.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  // Those that stand in the book: held ones wait beside it.
  get restingOrders(): Order[] {
    return [...this.orders.values()].filter((order) => order.status !== "held");
  }

  // Asks who the key belongs to. Throws ApiError if the server refuses it.
  async signIn(): Promise<void> {
    const generation = this.clear();
    const account = await this.rest.get<Account>("v1/account");
    if (generation !== this.generation) return;
    this.account = account;
    this.emitAll();
    if (!this.mayTrade) return;
    const onMessage = (message: ChannelMessage) => this.receive(message);
    this.leaveExecutions = this.socket.subscribe({ channel: "executions", symbol: null, private: true, onMessage });
    void this.refresh();
    void this.loadFills();
  }

  signOut(): void {
    this.clear();
  }

  availableCash(currency: string): string | null {
    return this.cash.find((balance) => balance.currency === currency)?.available ?? null;
  }

  sellable(symbol: string): string | null {
    return this.holdings.find((holding) => holding.symbol === symbol)?.sellable ?? null;
  }

  private clear(): number {
    this.leaveExecutions();
    this.leaveExecutions = () => {};
    this.account = null;
    this.orders.clear();
    this.fills = [];
    this.cash = [];
    this.holdings = [];
    this.wantedSeq = 0;
    this.emitAll();
    return ++this.generation;
  }

  private emitAll(): void {
    this.ordersChanged.emit();
    this.fillsChanged.emit();
    this.balancesChanged.emit();
  }

  private receive(message: ChannelMessage): void {
    const executions = (message.data ?? []) as Execution[];
    if (message.type === "snapshot") {
      for (const [id, order] of this.orders) if (order.account_id === message.account_id) this.orders.delete(id);
      for (const order of executions) this.orders.set(order.id, order);
      void this.loadFills();
    } else if (message.type === "update") {
      for (const execution of executions) this.apply(execution);
    }
    this.ordersChanged.emit();
    this.wantedSeq = message.event_seq ?? this.wantedSeq;
    void this.refresh();
  }

  private apply(execution: Execution): void {
    if (isOpen(execution)) this.orders.set(execution.id, execution);
    else this.orders.delete(execution.id);
    const fill = fillOf(execution);
    if (fill !== null) this.addFills([fill]);
    this.executed.emit(execution);
  }

  private async loadFills(): Promise<void> {
    const generation = this.generation;
    const page = await this.rest.get<Page<Fill>>("v1/fills", { limit: "100" }).catch(() => null);
    if (page !== null && generation === this.generation) this.addFills(page.data);
  }

  private addFills(fills: readonly Fill[]): void {
    const byKey = new Map(this.fills.map((fill) => [`${fill.id}/${fill.order_id}`, fill]));
    for (const fill of fills) byKey.set(`${fill.id}/${fill.order_id}`, fill);
    this.fills = [...byKey.values()].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0)).slice(0, kFillsKept);
    this.fillsChanged.emit();
  }

  // One reader at a time, after a pause, so that a burst of executions costs one reading. It goes on, ever more slowly, until
  // the read model has caught up with the newest event seen.
  async refresh(): Promise<void> {
    if (this.refreshing || !this.mayTrade) return;
    this.refreshing = true;
    const generation = this.generation;
    for (let attempt = 1; attempt <= kRefreshAttempts; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, kRefreshPauseMs * attempt));
      const portfolio = await this.rest.get<Portfolio>("v1/portfolio").catch(() => null);
      if (generation !== this.generation) break;
      if (portfolio === null) continue;
      this.cash = portfolio.cash;
      this.holdings = portfolio.data;
      this.balancesChanged.emit();
      if (portfolio.event_seq >= this.wantedSeq) break;
    }
    this.refreshing = false;
    if (generation !== this.generation) void this.refresh();
  }
}

function isOpen(order: Order): boolean {
  return order.status === "new" || order.status === "held" || order.status === "partially_filled";
}

function fillOf(execution: Execution): Fill | null {
  if (execution.exec_type !== "trade" || execution.trade_id === null) return null;
  if (execution.last_price === null || execution.last_quantity === null || execution.liquidity === null) return null;
  return {
    id: execution.trade_id,
    order_id: execution.id,
    symbol: execution.symbol,
    side: execution.side,
    price: execution.last_price,
    quantity: execution.last_quantity,
    liquidity: execution.liquidity,
    time: execution.updated_at,
  };
}
