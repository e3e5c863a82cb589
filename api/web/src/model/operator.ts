// What an operator watches and does: the server's figures and its read models, read every second while somebody looks, and the
// acts on them. Every act carries a reason, which the log keeps.

import { Emitter } from "./emitter";
import type { RestClient } from "../wire/rest";
import type { EngineState, Projection, ServerStatus } from "../wire/operator_messages";

export interface Sample {
  at: number; // milliseconds
  eventSeq: number;
}

export type ProjectionAct = "pause" | "resume" | "rebuild" | "verify";
export type MarketState = "open" | "halted" | "cancel_only";

const kEveryMs = 1_000;
const kSamples = 120;
const kCancelRounds = 200;

export class Operator {
  status: ServerStatus | null = null;
  projections: Projection[] = [];
  readonly samples: Sample[] = []; // oldest first: how the log grew
  readonly changed = new Emitter();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly verifying = new Set<string>();

  constructor(private readonly rest: RestClient) {}

  start(): void {
    if (this.timer === null) void this.poll();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  // Events per second between two samples about `seconds` apart, null before there are two.
  rate(seconds = 5): number | null {
    const last = this.samples.at(-1);
    const first = this.samples.at(-1 - seconds) ?? this.samples[0];
    if (last === undefined || first === undefined || last.at === first.at) return null;
    return ((last.eventSeq - first.eventSeq) * 1000) / (last.at - first.at);
  }

  // The rest throw ApiError.
  async act(name: string, act: ProjectionAct, reason: string): Promise<void> {
    this.show(await this.rest.post<Projection>(`v1/admin/projections/${name}/${act}`, { reason }));
    if (act === "verify") this.verifying.add(name);
  }

  async giveUpRebuild(name: string, reason: string): Promise<void> {
    this.show(await this.rest.delete<Projection>(`v1/admin/projections/${name}/rebuild`, { reason }));
  }

  async skip(name: string, seq: number, reason: string): Promise<void> {
    this.show(await this.rest.post<Projection>(`v1/admin/projections/${name}/skip`, { seq, reason }));
  }

  async setMarket(state: MarketState, reason: string): Promise<void> {
    await this.rest.post("v1/admin/market/state", { state, reason });
    await this.load();
  }

  // Takes every order of everybody out of the market; returns how many there were.
  async cancelEverything(reason: string): Promise<number> {
    let count = 0;
    for (let round = 0; round < kCancelRounds; round++) {
      const answer = await this.rest.delete<{ canceled_count: number; complete: boolean }>("v1/admin/orders", { reason });
      count += answer.canceled_count;
      if (answer.complete) break;
    }
    return count;
  }

  engineState(): Promise<EngineState> {
    return this.rest.get<EngineState>("v1/admin/state");
  }

  private async poll(): Promise<void> {
    this.timer = setTimeout(() => void this.poll(), kEveryMs);
    await this.load();
  }

  private async load(): Promise<void> {
    const [status, projections] = await Promise.all([
      this.rest.get<ServerStatus>("v1/status").catch(() => null),
      this.rest.get<{ data: Projection[] }>("v1/admin/projections").catch(() => null),
    ]);
    this.status = status;
    if (status !== null) {
      this.samples.push({ at: performance.now(), eventSeq: status.event_seq });
      if (this.samples.length > kSamples) this.samples.shift();
    }
    for (const projection of projections?.data ?? []) this.keep(projection);
    await Promise.all([...this.verifying].map((name) => this.followVerification(name)));
    this.changed.emit();
  }

  // What a verification found is told by the projection's own route alone.
  private async followVerification(name: string): Promise<void> {
    const projection = await this.rest.get<Projection>(`v1/admin/projections/${name}`).catch(() => null);
    if (projection === null) return;
    this.keep(projection);
    const state = projection.verification?.state;
    if (state !== "queued" && state !== "running") this.verifying.delete(name);
  }

  private show(projection: Projection): void {
    this.keep(projection);
    this.changed.emit();
  }

  private keep(fresh: Projection): void {
    const index = this.projections.findIndex((projection) => projection.name === fresh.name);
    if (index < 0) this.projections.push(fresh);
    else
      this.projections[index] = { ...fresh, verification: fresh.verification ?? this.projections[index]?.verification ?? null };
  }
}
