// Puts the page together: connection -> models -> views. Data flows one way; views act only through the callbacks wired here.

import "./styles/index.css";
import { AccountModel } from "./model/account";
import { kIntervals, type Interval } from "./model/candle_series";
import { kRealClock } from "./model/clock";
import { Directory } from "./model/directory";
import { Market } from "./model/market";
import { Trading } from "./model/trading";
import { BalancesView } from "./views/balances_view";
import { BookView } from "./views/book_view";
import { ChartView } from "./views/chart_view";
import { HeaderView } from "./views/header_view";
import { KeyDialog } from "./views/key_dialog";
import { OrdersView } from "./views/orders_view";
import { announceExecution } from "./views/outcome";
import { listenForShortcuts } from "./views/shortcuts";
import { StatusView } from "./views/status_view";
import { TapeView } from "./views/tape_view";
import { TicketView } from "./views/ticket_view";
import type { HeartbeatEntry } from "./wire/messages";
import { ApiError, RestClient } from "./wire/rest";
import { ExchangeSocket, type WebSocketLike } from "./wire/socket";

const kSymbolParameter = "symbol";
const kSignInRetryMs = 2_000;

function socketAddress(base: URL): URL {
  const address = new URL("v1/ws", base);
  address.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

const base = new URL(".", location.href);
const rest = new RestClient(base);
const socket = new ExchangeSocket({
  open: () => new WebSocket(socketAddress(base)) as WebSocketLike,
  random: Math.random,
  ...kRealClock,
});
const directory = new Directory(rest, socket);
const account = new AccountModel(rest, socket);
const trading = new Trading(socket, rest);

let interval: Interval = kIntervals[0] as Interval;
let market: Market | null = null;
let key: string | null = null;

const header = new HeaderView(directory);
const chart = new ChartView(interval);
const book = new BookView(() => account.restingOrders);
const tape = new TapeView();
const ticket = new TicketView(account, trading);
const orders = new OrdersView(account, trading);
new BalancesView(account);
const status = new StatusView(socket.status);
const keyDialog = new KeyDialog();

function showSecurity(symbol: string): void {
  const security = directory.securities.get(symbol);
  if (security === undefined || market?.security.symbol === symbol) return;
  market?.close();
  market = new Market(rest, socket, security, interval);
  for (const view of [header, chart, book, tape, ticket]) view.show(market);
  const address = new URL(location.href);
  address.searchParams.set(kSymbolParameter, symbol);
  history.replaceState(null, "", address);
}

function showTab(tab: string): void {
  document.body.dataset["tab"] = tab;
  for (const button of document.querySelectorAll<HTMLElement>(".phone-tabs button"))
    if (button.dataset["tab"] === tab) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
}

// Signs in with a key, or out with null. A server that cannot be reached is asked again; one that refuses is not.
async function useKey(chosen: string | null): Promise<void> {
  key = chosen;
  rest.setToken(chosen);
  socket.setToken(chosen);
  if (chosen === null) {
    account.signOut();
    keyDialog.showAccount(null);
    return;
  }
  keyDialog.showAccount("Connecting…");
  try {
    await account.signIn();
    if (key === chosen) keyDialog.showAccount(account.account?.name ?? null);
  } catch (error) {
    if (key !== chosen) return;
    if (error instanceof ApiError && (error.problem.status === 401 || error.problem.status === 403)) refuseKey(error.message);
    else setTimeout(() => key === chosen && void useKey(chosen), kSignInRetryMs);
  }
}

function refuseKey(reason: string): void {
  if (key === null) return; // both doors may refuse the same key
  key = null;
  rest.setToken(null);
  socket.setToken(null);
  account.signOut();
  keyDialog.refused(reason);
}

function wireUp(): void {
  directory.changed.on(() => {
    if (market !== null) return;
    const wanted = new URLSearchParams(location.search).get(kSymbolParameter) ?? "";
    const first = directory.securities.has(wanted) ? wanted : directory.securities.keys().next().value;
    if (first !== undefined) showSecurity(first);
  });
  header.onPick = showSecurity;
  chart.onInterval = (chosen) => {
    interval = chosen;
    market?.setInterval(chosen);
    chart.restart();
  };
  book.onPick = (price, side) => {
    showTab("trade");
    ticket.take(price, side);
  };
  account.ordersChanged.on(book.schedule);
  account.executed.on(announceExecution);
  ticket.onNeedKey = () => keyDialog.open();
  keyDialog.onKey = (chosen) => void useKey(chosen);
  for (const button of document.querySelectorAll<HTMLElement>(".phone-tabs button"))
    button.addEventListener("click", () => showTab(button.dataset["tab"] ?? "market"));
  listenForShortcuts({
    buy: () => (showTab("trade"), ticket.start("buy")),
    sell: () => (showTab("trade"), ticket.start("sell")),
    clear: () => ticket.clear(),
    cancelAll: () => orders.askCancelAll(),
    chooseSecurity: () => header.open(),
  });
}

function connect(): void {
  socket.onStatus = (now) => {
    status.show(now);
    if (now.state !== "connected") market?.feed.disconnected();
  };
  socket.onEventSeq = (eventSeq) => status.showEventSeq(eventSeq);
  socket.onAuthRefused = refuseKey;
  socket.subscribe({
    channel: "heartbeat",
    symbol: null,
    onMessage: (message) => market?.feed.heartbeat((message.data ?? []) as HeartbeatEntry[]),
  });
  window.addEventListener("online", () => socket.retryNow());
  const useStoredKey = (): void => {
    const stored = KeyDialog.stored();
    if (stored !== null && stored !== key) void useKey(stored);
  };
  window.addEventListener("hashchange", useStoredKey);
  useStoredKey();
  socket.start();
  directory.start();
  void rest.get<{ name: string; version: string }>("v1/info").then(
    (info) => status.showVersion(`${info.name} ${info.version}`),
    () => {},
  );
}

wireUp();
connect();
