// Reads over REST. Writes go over the socket (model/trading.ts), except the look-up of an order whose fate is unknown.

import type { Problem } from "./messages";

// A refusal by the server, or `network` when no answer came.
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

export class RestClient {
  private token: string | null = null;

  // `base` is the page's own origin and prefix, so that the page also works behind a proxy below some path.
  constructor(private readonly base: URL) {}

  setToken(token: string | null): void {
    this.token = token;
  }

  async get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers: Record<string, string> = { Accept: "application/json" };
    if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
    const response = await fetch(url, { headers, cache: "no-store" }).catch((cause: unknown) => {
      throw new ApiError(networkProblem(String(cause)));
    });
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok || body === null) throw new ApiError(asProblem(body, response.status));
    return body as T;
  }
}

export function networkProblem(detail: string): Problem {
  return { title: "No answer", status: 0, detail, code: "network", execution: "unknown" };
}

export function asProblem(body: unknown, status: number): Problem {
  if (typeof body === "object" && body !== null && "code" in body) return body as Problem;
  return { title: "Unexpected answer", status, detail: `HTTP ${status}`, code: "unexpected_answer", execution: "unknown" };
}
