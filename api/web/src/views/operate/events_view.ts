// The log, newest first: searched backwards, or followed as it grows.

import { appendQuery, EventSearch, matchesWords, parseQuery } from "../../model/event_search";
import type { LogEvent } from "../../wire/operator_messages";
import type { RestClient } from "../../wire/rest";
import { EventStream } from "../../wire/event_stream";
import { build, element, oncePerFrame, panel, setText, table } from "../dom";
import * as format from "../format";

const kMostRows = 500;
const kRefusals = "CommandRejected";

export class EventsView {
  onChoose: (event: LogEvent) => void = () => {};
  readonly root: HTMLElement;
  private readonly input = build("input", {
    type: "search",
    id: "event-search",
    placeholder: "ord_12  acc_3  TradeExecuted  5512  any words",
    "aria-label": "Search events",
    autocomplete: "off",
    spellcheck: "false",
  });
  private readonly refused = build("button", { type: "button", class: "quiet-button" }, "Refused");
  private readonly follow = build("button", { type: "button", class: "quiet-button", "aria-pressed": "false" }, "Follow");
  private readonly more = build("button", { type: "button", class: "quiet-button more-events" }, "Older");
  private readonly state = build("span", { class: "events-state", role: "status" });
  private readonly body: HTMLElement;
  private readonly schedule = oncePerFrame(() => this.render());
  private events: LogEvent[] = []; // newest first
  private search: EventSearch | null = null;
  private stream: EventStream | null = null;
  private busy = false;
  private chosen = 0;

  // `head` is the newest event_seq known.
  constructor(
    private readonly rest: RestClient,
    private readonly head: () => number,
  ) {
    const form = build("form", { class: "event-search", role: "search" }, this.input, this.refused, this.follow, this.state);
    const { root, body } = table("events-table", ["Event", "Time", "What", "Of", "Details"]);
    this.body = body;
    const scroll = build("div", { class: "table-view", tabindex: "0", role: "group", "aria-label": "Events" }, root, this.more);
    this.root = panel("events-panel", "Events", [scroll], form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    this.refused.addEventListener("click", () => this.lookFor(kRefusals));
    this.follow.addEventListener("click", () => this.setFollowing(this.stream === null));
    this.more.addEventListener("click", () => void this.load());
    body.addEventListener("click", (event) => {
      const seq = Number((event.target as Element).closest<HTMLElement>("tr")?.dataset["seq"]);
      const found = this.events.find((known) => known.event_seq === seq);
      if (found !== undefined) this.choose(found);
    });
  }

  lookFor(text: string): void {
    this.input.value = text;
    void this.start();
  }

  enter(): void {
    if (this.search === null) void this.start();
  }

  leave(): void {
    this.setFollowing(false);
  }

  private async start(): Promise<void> {
    const isFollowing = this.stream !== null;
    this.setFollowing(false);
    const now = await this.rest.get<{ event_seq: number }>("v1/time").catch(() => null);
    this.search = new EventSearch(this.rest, parseQuery(this.input.value), now?.event_seq ?? this.head());
    this.events = [];
    await this.load();
    if (isFollowing) this.setFollowing(true);
  }

  private async load(): Promise<void> {
    const { search } = this;
    if (search === null || this.busy) return;
    this.busy = true;
    setText(this.state, "searching…");
    try {
      const found = await search.older();
      if (search === this.search) this.events = [...this.events, ...found].slice(0, kMostRows);
      setText(this.state, this.events.length === 0 ? "nothing found" : "");
    } catch (error) {
      setText(this.state, error instanceof Error ? error.message : String(error));
    }
    this.busy = false;
    if (search !== this.search) return this.load();
    this.more.hidden = search.isExhausted || this.events.length >= kMostRows;
    this.schedule();
  }

  private setFollowing(isOn: boolean): void {
    this.follow.setAttribute("aria-pressed", String(isOn));
    this.stream?.close();
    this.stream = null;
    if (!isOn) return setText(this.state, "");
    const query = parseQuery(this.input.value);
    const address = this.rest.address("v1/admin/events/stream", { after_seq: String(this.events[0]?.event_seq ?? this.head()) });
    appendQuery(address, query);
    this.stream = new EventStream(
      this.rest,
      address,
      (data) => {
        const event = JSON.parse(data) as LogEvent;
        if (!matchesWords(event, query)) return;
        this.events.unshift(event);
        if (this.events.length > kMostRows) this.events.length = kMostRows;
        this.schedule();
      },
      (isOpen) => setText(this.state, isOpen ? "following" : "reconnecting"),
    );
  }

  private choose(event: LogEvent): void {
    this.chosen = event.event_seq;
    for (const row of this.body.querySelectorAll<HTMLElement>("tr"))
      row.setAttribute("aria-selected", String(row.dataset["seq"] === String(this.chosen)));
    this.onChoose(event);
  }

  // Rows of events that are still shown stay as they are.
  private render(): void {
    const known = new Map([...this.body.children].map((row) => [(row as HTMLElement).dataset["seq"], row]));
    this.body.replaceChildren(...this.events.map((event) => known.get(String(event.event_seq)) ?? this.row(event)));
  }

  private row(event: LogEvent): HTMLElement {
    const seq = String(event.event_seq);
    const pick = build("button", { type: "button", class: "link-button", "aria-label": `Event ${seq}` }, format.quantity(seq));
    return build(
      "tr",
      { "data-seq": seq, "aria-selected": String(event.event_seq === this.chosen), "data-type": event.event_type },
      build("td", { class: "number" }, pick),
      element("td", "time", format.clock(event.occurred_at)),
      element("td", "symbol", event.event_type),
      element("td", "", `${event.stream_type}/${event.stream_id}`),
      element("td", "details", summary(event)),
    );
  }
}

// The members that say most, in a line.
function summary({ payload }: LogEvent): string {
  const shown = ["reason", "account", "side", "quantity", "price", "order", "maker_order", "security", "state"];
  return shown
    .filter((name) => payload[name] !== undefined && payload[name] !== null)
    .map((name) => (name === "reason" ? String(payload[name]) : `${name} ${String(payload[name])}`))
    .join(" · ");
}
