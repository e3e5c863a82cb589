// The shapes of the public API that the page uses; api/README.md is the contract. Prices, quantities and money are decimal
// strings at the security's scale and stay strings (model/decimal.ts does exact arithmetic on them).

export type Side = "buy" | "sell";
export type OrderType = "limit" | "market" | "stop" | "stop_limit" | "take_profit" | "take_profit_limit" | "trailing_stop";
export type TimeInForce = "gtc" | "day" | "gtd" | "ioc" | "fok" | "opg" | "cls";
export type OrderStatus = "new" | "held" | "partially_filled" | "filled" | "canceled" | "expired";
export type SelfTradePrevention = "none" | "cancel_newest" | "cancel_oldest" | "cancel_both" | "decrement";
export type TradingStateWord = "open" | "auction" | "pre_open" | "cancel_only" | "halted" | "closed";

// What is in force for a security: the `status` channel sends just this.
export interface TradingState {
  trading_state: TradingStateWord;
  auction: "opening" | "closing" | "reopening" | null;
  until: string | null;
}

export interface AuctionFigures {
  price: string | null; // null: nothing would trade
  paired_quantity: string;
  imbalance_quantity: string;
  imbalance_side: Side | null;
  time: string;
}

export interface Auction extends TradingState {
  indication: AuctionFigures | null;
  last_auction: AuctionFigures | null;
}

export interface Security extends TradingState {
  id: string;
  symbol: string;
  name: string;
  currency: string;
  price_scale: number;
  quantity_scale: number;
  tick_size: string;
  lot_size: string;
}

export interface Ticker {
  symbol: string;
  last_price: string | null;
  last_quantity: string | null;
  bid_price: string | null;
  ask_price: string | null;
  open_24h: string | null;
  high_24h: string | null;
  low_24h: string | null;
  volume_24h: string | null;
  turnover_24h: string | null;
  vwap_24h: string | null;
  trade_count_24h: number | null;
  change_24h: string | null;
}

export interface Trade {
  id: string;
  price: string;
  quantity: string;
  taker_side: Side;
  time: string;
}

export interface Candle {
  t: string;
  o: string;
  h: string;
  l: string;
  c: string;
  v: string;
  complete: boolean;
}

export interface Order {
  id: string;
  client_order_id: string | null;
  account_id: string;
  symbol: string;
  side: Side;
  type: OrderType;
  time_in_force: TimeInForce;
  post_only: boolean;
  price: string | null;
  stop_price: string | null; // the trigger; of a trailing stop where it stands
  quantity: string;
  display_quantity: string | null;
  filled_quantity: string;
  remaining_quantity: string;
  average_price: string | null;
  status: OrderStatus;
  reason: string | null;
  created_at: string;
  updated_at: string;
  event_seq: number;
}

export interface OrderRequest {
  symbol: string;
  side: Side;
  type: OrderType;
  quantity: string;
  price?: string;
  time_in_force: TimeInForce;
  expires_at?: string;
  stop_price?: string;
  trail_amount?: string;
  trail_percent?: string;
  display_quantity?: string;
  min_quantity?: string;
  protection_price?: string;
  post_only_reprice?: boolean;
  all_or_none?: boolean;
  reduce_only?: boolean;
  post_only?: boolean;
  self_trade_prevention?: SelfTradePrevention;
  client_order_id: string;
}

// Two or three orders that are accepted together or not at all.
export interface GroupRequest {
  kind: "oco" | "bracket";
  legs: OrderRequest[];
}

// What an order would do if it were sent now; null where it would be refused.
export interface Preview {
  accepted: boolean;
  code: string | null;
  message: string | null;
  quantity: string | null;
  waits: boolean;
  filled_quantity: string | null;
  average_price: string | null;
  notional: string | null;
  fee: string | null;
  reserved_cash: string | null;
  reserved_quantity: string | null;
  eligibility: { allowed: boolean; restrictions: { code: string; until: string | null; message: string }[] };
}

export interface Execution extends Order {
  exec_type: "new" | "trade" | "replaced" | "triggered" | "prevented" | "restated" | "canceled" | "expired";
  last_price: string | null;
  last_quantity: string | null;
  trade_id: string | null;
  liquidity: "maker" | "taker" | null;
}

export interface Fill {
  id: string;
  order_id: string;
  symbol: string;
  side: Side;
  price: string;
  quantity: string;
  liquidity: "maker" | "taker";
  time: string;
}

export interface Balance {
  account_id: string;
  currency: string;
  total: string;
  available: string;
  held: string;
}

export interface Holding {
  account_id: string;
  symbol: string;
  quantity: string;
  sellable: string;
  held: string;
  average_cost: string | null;
  cost_basis: string | null;
  last_price: string | null;
  market_value: string | null;
  unrealized_pnl: string | null;
  realized_pnl: string | null;
}

export interface Portfolio {
  data: Holding[];
  cash: Balance[];
  event_seq: number;
}

export interface Account {
  user_id: string;
  name: string;
  status: string;
  roles: string[];
  accounts: string[];
}

// What a session is, as logging in and renewing answer it.
export interface SessionAnswer {
  session_id: string;
  token: string;
  token_expires_at: string;
}

export interface ServerInfo {
  name: string;
  version: string;
  build: string;
  authentication?: string[]; // absent: bearer keys alone
}

// The account's worth at the end of an hour or a day.
export interface PortfolioPoint {
  account_id: string;
  t: string;
  currency: string;
  cash: string;
  holdings_value: string;
  equity: string;
  realized_pnl: string;
  unrealized_pnl: string;
}

export type SettlementStatus = "pending" | "settled" | "failed" | "canceled";

export interface Settlement {
  trade_id: string;
  account_id: string;
  symbol: string;
  side: Side;
  price: string;
  quantity: string;
  notional: string;
  currency: string;
  status: SettlementStatus;
  due_at: string | null;
  time: string;
}

// One step of a settlement's ladder.
export interface SettlementStep {
  status: string;
  cause: string | null;
  reason: string | null;
  time: string;
  event_seq: number;
}

export interface TradeRecord {
  id: string;
  symbol: string;
  settlement: { status: SettlementStatus; due_at: string | null; steps: SettlementStep[] };
}

export interface Activity {
  id: string;
  type: string;
  symbol: string | null;
  quantity: string | null;
  currency: string | null;
  amount: string | null;
  time: string;
  event_seq: number;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
  event_seq: number;
}

// The problem object, the same in REST answers and in WebSocket errors.
export interface Problem {
  request_id?: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  execution?: "not_executed" | "executed" | "unknown" | null;
  errors?: { pointer: string; code: string; limit?: string | null; actual?: string | null }[];
}

export interface BookLevel {
  price: string;
  qty: string;
}

export interface BookData {
  bids: BookLevel[];
  asks: BookLevel[];
  checksum: number;
}

export interface HeartbeatEntry {
  channel: string;
  symbol: string | null;
  seq: number;
}

export type ChannelName = "book" | "trades" | "ticker" | "auction" | "status" | "executions" | "heartbeat";

// What a channel sends. `seq` rises by one per channel and symbol (or account); a conflated book update jumps and says so
// in `prev_seq`.
export interface ChannelMessage {
  channel: string;
  type: "snapshot" | "update" | "gap" | "shutdown";
  symbol?: string;
  account_id?: string;
  seq?: number;
  prev_seq?: number;
  event_seq?: number;
  time?: string;
  data?: unknown[];
}

export interface Answer {
  method: string;
  req_id?: number;
  success: boolean;
  result?: unknown;
  error?: Problem;
}
