// REST: all reads, and what an operator or a signing-in person writes. Orders go over the socket (model/trading.ts).

import type { Problem } from "./messages";

// A refusal by the server, or `network` when no answer came.
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

export type Query = Record<string, string>;

export class RestClient {
  private token: string | null = null;

  // `base` is the page's own origin and prefix, so that the page also works behind a proxy below some path.
  constructor(private readonly base: URL) {}

  setToken(token: string | null): void {
    this.token = token;
  }

  get authorization(): Record<string, string> {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }

  address(path: string, query: Query = {}): URL {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.send<T>("GET", path, query);
  }

  post<T>(path: string, body?: object): Promise<T> {
    return this.send<T>("POST", path, {}, body);
  }

  delete<T>(path: string, query: Query = {}): Promise<T> {
    return this.send<T>("DELETE", path, query);
  }

  private async send<T>(method: string, path: string, query: Query, body?: object): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json", ...this.authorization };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, cache: "no-store", credentials: "same-origin" };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.address(path, query), init).catch((cause: unknown) => {
      throw new ApiError(networkProblem(String(cause)));
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok || answer === null) throw new ApiError(asProblem(answer, response.status));
    return answer as T;
  }
}

export function networkProblem(detail: string): Problem {
  return { title: "No answer", status: 0, detail, code: "network", execution: "unknown" };
}

export function asProblem(body: unknown, status: number): Problem {
  if (typeof body === "object" && body !== null && "code" in body) return body as Problem;
  return { title: "Unexpected answer", status, detail: `HTTP ${status}`, code: "unexpected_answer", execution: "unknown" };
}
