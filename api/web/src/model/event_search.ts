// Looking through the log, newest first. The API reads it forwards, so this reads windows that end where the last one began, and
// makes them larger while little is found. One line of words says what to look for: "ord_12", "acc_3", "TradeExecuted", a number
// (an event_seq), or anything else (a request id, a reason), which is looked for in the text of what was found.

import type { RestClient } from "../wire/rest";
import type { LogEvent } from "../wire/operator_messages";
import type { Page } from "../wire/messages";

export interface EventQuery {
  types: string[];
  streams: string[];
  accounts: string[];
  words: string[]; // all must occur
  at: number | null; // begin with this event
}

const kFirstWindow = 400;
const kGrowth = 8;
const kEnough = 60;
const kPageLimit = "500";
const kMostPages = 24; // of one search: an answer within seconds, however long the log is

export function parseQuery(text: string): EventQuery {
  const query: EventQuery = { types: [], streams: [], accounts: [], words: [], at: null };
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const id = /^(ord|acc|sec|usr)_(\d+)$/.exec(word);
    if (/^\d+$/.test(word)) query.at = Number(word);
    else if (id?.[1] === "ord") query.streams.push(`order/${id[2]}`);
    else if (id?.[1] === "acc") query.accounts.push(word);
    else if (/^([A-Z][a-z]+){2,}$/.test(word)) query.types.push(word);
    else if (/^[a-z_]+\/\d+$/.test(word)) query.streams.push(word);
    else query.words.push(word.toLowerCase());
  }
  return query;
}

export function matchesWords(event: LogEvent, query: EventQuery): boolean {
  if (query.words.length === 0) return true;
  const text = JSON.stringify(event).toLowerCase();
  return query.words.every((word) => text.includes(word));
}

export class EventSearch {
  private below: number; // everything from here on has been looked through
  private window = kFirstWindow;

  constructor(
    private readonly rest: Pick<RestClient, "get" | "address" | "authorization">,
    readonly query: EventQuery,
    private readonly head: number,
  ) {
    this.below = head + 1;
  }

  get isExhausted(): boolean {
    return this.below <= 1;
  }

  // The next older events that match, newest first; empty when there are none left. Throws ApiError.
  async older(): Promise<LogEvent[]> {
    if (this.query.at !== null) return this.around(this.query.at);
    let found: LogEvent[] = [];
    let pages = 0;
    while (found.length < kEnough && !this.isExhausted && pages < kMostPages) {
      const from = Math.max(0, this.below - 1 - this.window);
      const events: LogEvent[] = [];
      let after = from;
      while (after < this.below - 1 && pages++ < kMostPages) {
        const page = await this.page(after);
        events.push(...page.data.filter((event) => event.event_seq < this.below && matchesWords(event, this.query)));
        if (!page.has_more || page.next_cursor === null) break;
        after = Number(page.next_cursor);
      }
      found = [...found, ...events.reverse()];
      this.below = from + 1;
      this.window *= kGrowth;
    }
    return found;
  }

  // The event itself and those after it, newest first.
  private async around(seq: number): Promise<LogEvent[]> {
    this.below = 1;
    if (seq > this.head) return [];
    return (await this.page(Math.max(0, seq - 1))).data.slice(0, kEnough).reverse();
  }

  private page(after: number): Promise<Page<LogEvent>> {
    const url = this.rest.address("v1/admin/events", { after_seq: String(after), limit: kPageLimit });
    appendQuery(url, this.query);
    return this.rest.get<Page<LogEvent>>(url.href);
  }
}

// The members of the query that the server itself looks at.
export function appendQuery(url: URL, query: EventQuery): void {
  for (const type of query.types) url.searchParams.append("type", type);
  for (const stream of query.streams) url.searchParams.append("stream", stream);
  for (const account of query.accounts) url.searchParams.append("account", account);
}
