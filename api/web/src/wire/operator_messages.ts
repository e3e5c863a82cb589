// The shapes of the routes below /v1/admin and of /v1/status that the operator's page uses; api/README.md is the contract.

export interface Rebuild {
  checkpoint: number;
  target: number;
  events_per_s: number | null;
  seconds_left: number | null;
  last_error: string | null;
}

export interface Verification {
  state: "queued" | "running" | "equal" | "differs" | "failed";
  done: number;
  total: number;
  differences: string[];
  error: string | null;
}

export interface Projection {
  name: string;
  status: "running" | "paused" | "rebuilding" | "stopped" | "error";
  desired: string;
  version: number;
  checkpoint: number;
  lag_events: number;
  lag_ms: number | null;
  events_per_s: number | null;
  error_count: number;
  error_seq: number | null;
  last_error: string | null;
  rebuild?: Rebuild | null;
  verification?: Verification | null;
}

export interface ServerStatus {
  status: "open" | "read_only";
  event_seq: number;
  durable_seq: number;
  epoch: number;
  queued_commands: number;
  blocks: number;
  store_outages: number;
  connections?: number;
  market: { trading_state: string; cause: string | null };
}

export interface EngineState {
  event_seq: number;
  command_seq: number;
  state_hash: string;
  open_orders: number;
  invariant_violations: string[];
}

export interface LogEvent {
  event_seq: number;
  stream_type: string;
  stream_id: number | string;
  stream_version: number | null;
  event_type: string;
  schema_version: number;
  payload: Record<string, unknown>;
  metadata: Record<string, unknown>;
  command_id: number;
  correlation_id: string | null;
  actor: number | string | null;
  occurred_at: string;
}

// The book as REST gives it: price, quantity, number of orders; of the past when it was asked for.
export interface RestBook {
  symbol: string;
  seq: number;
  event_seq: number;
  bids: [string, string, number][];
  asks: [string, string, number][];
  checksum: number;
  as_of_seq?: number;
  as_of?: string | null;
}

export interface ErrorCode {
  code: string;
  status: number;
  title: string;
}
