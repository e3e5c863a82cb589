// One event in full, in words where it is a refusal, with the ways on from it: the market as it was, the order's life, everything of
// the same account.

import type { Directory } from "../../model/directory";
import type { ErrorCode, LogEvent } from "../../wire/operator_messages";
import type { RestClient } from "../../wire/rest";
import { build, element, panel } from "../dom";
import * as format from "../format";

export class EventDetailView {
  onLookFor: (text: string) => void = () => {};
  onShowMarket: (symbol: string, seq: number) => void = () => {};
  readonly root: HTMLElement;
  private readonly content = build("div", {
    class: "event-detail",
    tabindex: "0",
    role: "group",
    "aria-label": "The chosen event",
  });
  private codes: Promise<ReadonlyMap<string, string>> | null = null;
  private shown = 0;

  constructor(
    private readonly rest: RestClient,
    private readonly directory: Directory,
  ) {
    this.content.append(element("p", "empty", "Choose an event to see all of it, or a refusal to see why."));
    this.root = panel("event-panel", "Event", [this.content]);
  }

  async show(event: LogEvent): Promise<void> {
    this.shown = event.event_seq;
    const why = await this.refusalOf(event);
    if (this.shown !== event.event_seq) return;
    const title = element("h3", "", `${format.quantity(String(event.event_seq))} ${event.event_type}`);
    const parts = [title, ...(why === null ? [] : [why]), this.ways(event), members(event)];
    this.content.replaceChildren(...parts);
  }

  private async refusalOf(event: LogEvent): Promise<HTMLElement | null> {
    if (event.event_type !== "CommandRejected") return null;
    const reason = String(event.payload["reason"]);
    const title = (await this.knownCodes()).get(reason);
    const who = [event.actor === null ? null : `usr_${event.actor}`, event.payload["account"]].filter(Boolean).join(", ");
    const symbol = this.symbolOf(event);
    const what = `${String(event.metadata["command_type"] ?? "A command")}${symbol === null ? "" : ` in ${symbol}`} by ${who}`;
    return build(
      "p",
      { class: "refusal" },
      `${what} was refused: `,
      element("strong", "", title ?? format.words(reason)),
      build(
        "span",
        { class: "refusal-code" },
        ` ${reason}. The request was ${event.correlation_id ?? "unknown"}; nothing was executed.`,
      ),
    );
  }

  private ways(event: LogEvent): HTMLElement {
    const list = element("div", "ways");
    const way = (text: string, go: () => void) => {
      const button = build("button", { type: "button", class: "row-button" }, text);
      button.addEventListener("click", go);
      list.append(button);
    };
    const symbol = this.symbolOf(event);
    if (symbol !== null) {
      way("Market before it", () => this.onShowMarket(symbol, Math.max(0, event.event_seq - 1)));
      way("after it", () => this.onShowMarket(symbol, event.event_seq));
    }
    const order = event.payload["order"];
    if (typeof order === "string") way(`All of ${order}`, () => this.onLookFor(order));
    const account = event.payload["account"];
    if (typeof account === "string") way(`All of ${account}`, () => this.onLookFor(account));
    if (event.correlation_id !== null) way("Same request", () => this.onLookFor(event.correlation_id ?? ""));
    return list;
  }

  private symbolOf({ payload }: LogEvent): string | null {
    const id = payload["security"];
    if (typeof id !== "string") return null;
    return [...this.directory.securities.values()].find((security) => security.id === id)?.symbol ?? null;
  }

  private knownCodes(): Promise<ReadonlyMap<string, string>> {
    this.codes ??= this.rest.get<{ data: ErrorCode[] }>("v1/errors").then(
      (answer) => new Map(answer.data.map((error) => [error.code, error.title])),
      () => new Map(),
    );
    return this.codes;
  }
}

function members(event: LogEvent): HTMLElement {
  const list = element("dl", "event-members");
  const rows: [string, unknown][] = [
    ["time", event.occurred_at],
    ["stream", `${event.stream_type}/${event.stream_id}, version ${event.stream_version ?? "–"}`],
    ["actor", event.actor === null ? null : `usr_${event.actor}`],
    ["command", event.command_id],
    ["request", event.correlation_id],
    ["schema", event.schema_version],
    ...Object.entries(event.payload),
  ];
  for (const [name, value] of rows) {
    const text = value === null ? "null" : typeof value === "object" ? JSON.stringify(value) : String(value);
    list.append(build("div", {}, element("dt", "", name), element("dd", value === null ? "null" : "", text)));
  }
  return list;
}
