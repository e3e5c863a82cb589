// Puts the page together: connection -> models -> views. Data flows one way; views act only through the callbacks wired here.

import "./styles/index.css";
import { AccountModel } from "./model/account";
import { IndexedDbStore } from "./model/browser_store";
import { kIntervals, type Interval } from "./model/candle_series";
import { Capabilities } from "./model/capabilities";
import { kRealClock } from "./model/clock";
import { Directory } from "./model/directory";
import { Market } from "./model/market";
import { SignIn } from "./model/sign_in";
import { Trading } from "./model/trading";
import { placeOfAddress, replaceAddress, symbolOfAddress } from "./views/address";
import { AmendDialog } from "./views/amend_dialog";
import { BalancesView } from "./views/balances_view";
import { BookView } from "./views/book_view";
import { ChartKind } from "./views/chart_kind";
import { ChartView } from "./views/chart_view";
import { DepthView } from "./views/depth_view";
import { HeaderView } from "./views/header_view";
import { OrdersView } from "./views/orders_view";
import { announceExecution } from "./views/outcome";
import { Places } from "./views/places";
import { PreviewView } from "./views/preview_view";
import { listenForShortcuts } from "./views/shortcuts";
import { SignInDialog, takeKeyOfAddress } from "./views/sign_in_dialog";
import { StatusView } from "./views/status_view";
import { TapeView } from "./views/tape_view";
import { nextTheme, startTheme } from "./views/theme";
import { TicketView } from "./views/ticket_view";
import type { HeartbeatEntry } from "./wire/messages";
import { RestClient } from "./wire/rest";
import { ExchangeSocket, type WebSocketLike } from "./wire/socket";

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
const store = new IndexedDbStore();
const capabilities = new Capabilities(rest);
const directory = new Directory(rest, socket, store);
const account = new AccountModel(rest, socket);
const trading = new Trading(socket, rest);
const signIn = new SignIn(rest, socket, account, capabilities);

let interval: Interval = kIntervals[0] as Interval;
let market: Market | null = null;

startTheme();
const header = new HeaderView(directory);
const chart = new ChartView(interval);
const depth = new DepthView();
const chartKind = new ChartKind(depth);
const book = new BookView(() => account.restingOrders);
const tape = new TapeView();
const ticket = new TicketView(account, trading, new PreviewView(rest, capabilities));
const orders = new OrdersView(account, trading, new AmendDialog(trading));
new BalancesView(account);
const status = new StatusView(socket.status, () => socket.messageCount);
const signInDialog = new SignInDialog(signIn);
const places = new Places(
  {
    portfolio: async () => new (await import("./views/portfolio/portfolio_place")).PortfolioPlace(rest, account, directory),
    operate: async () => new (await import("./views/operate/operate_place")).OperatePlace(rest, directory),
  },
  placeOfAddress(),
);

function showSecurity(symbol: string): void {
  const security = directory.securities.get(symbol);
  if (security === undefined || market?.security.symbol === symbol) return;
  market?.close();
  market = new Market(rest, store, socket, security, interval);
  for (const view of [header, chart, depth, book, tape, ticket]) view.show(market);
  replaceAddress({ symbol });
}

// The first one that there is, unless the address names another; again when the one on screen is gone.
function showSomeSecurity(): void {
  if (market !== null && directory.securities.has(market.security.symbol)) return;
  const wanted = symbolOfAddress();
  const first = directory.securities.has(wanted) ? wanted : directory.securities.keys().next().value;
  if (first !== undefined) showSecurity(first);
}

function wireUp(): void {
  directory.changed.on(showSomeSecurity);
  header.onPick = (symbol) => {
    if (places.place === "operate") places.go("trade");
    showSecurity(symbol);
  };
  chart.onInterval = (chosen) => {
    interval = chosen;
    market?.setInterval(chosen);
    chart.restart();
  };
  book.onPick = (price, side) => {
    places.goTab("trade");
    ticket.take(price, side);
  };
  account.ordersChanged.on(book.schedule);
  account.executed.on(announceExecution);
  ticket.onNeedSignIn = () => void signInDialog.open();
  signIn.changed.on(() => {
    if (signIn.state.kind === "connecting") return;
    places.allow("portfolio", signIn.state.kind === "out" || account.mayTrade);
    places.allow("operate", mayOperate());
  });
  listenForShortcuts({
    buy: () => (places.goTab("trade"), ticket.start("buy")),
    sell: () => (places.goTab("trade"), ticket.start("sell")),
    clear: () => ticket.clear(),
    amend: () => orders.amendSelected(),
    cancel: () => orders.cancelSelected(),
    cancelAll: () => orders.askCancelAll(),
    chooseSecurity: () => header.open(),
    toggleDepth: () => chartKind.toggle(),
    nextTheme,
    go: (place) => places.go(place),
  });
}

function mayOperate(): boolean {
  const roles = account.account?.roles ?? [];
  return signIn.state.kind === "in" && (roles.includes("operator") || roles.includes("admin"));
}

function connect(): void {
  socket.onStatus = (now) => {
    status.show(now);
    if (now.state !== "connected") market?.feed.disconnected();
  };
  socket.onEventSeq = (eventSeq) => status.showEventSeq(eventSeq);
  socket.subscribe({
    channel: "heartbeat",
    symbol: null,
    onMessage: (message) => market?.feed.heartbeat((message.data ?? []) as HeartbeatEntry[]),
  });
  window.addEventListener("online", () => socket.retryNow());
  window.addEventListener("hashchange", () => signIn.resume(takeKeyOfAddress()));
  signIn.resume(takeKeyOfAddress());
  socket.start();
  directory.start();
  void capabilities.server().then((info) => info !== null && status.showVersion(`${info.name} ${info.version}`));
}

wireUp();
connect();
