// What this server can do, asked once: servers of different ages serve the same page.

import type { RestClient } from "../wire/rest";
import type { ServerInfo } from "../wire/messages";

export class Capabilities {
  private info: Promise<ServerInfo | null> | null = null;
  private routes: Promise<ReadonlySet<string>> | null = null;

  constructor(private readonly rest: Pick<RestClient, "get">) {}

  // null while there is no answer; the next call asks again.
  async server(): Promise<ServerInfo | null> {
    this.info ??= this.rest.get<ServerInfo>("v1/info").catch(() => null);
    const info = await this.info;
    if (info === null) this.info = null;
    return info;
  }

  // Whether a route is there, "POST /v1/orders/preview". Servers from before they told their routes have none of the new ones.
  async has(route: string): Promise<boolean> {
    const info = await this.server();
    if (info?.authentication === undefined) return false;
    this.routes ??= this.loadRoutes();
    return (await this.routes).has(route);
  }

  private async loadRoutes(): Promise<ReadonlySet<string>> {
    const answer = await this.rest.get<{ data: { method: string; path: string }[] }>("v1/routes").catch(() => null);
    if (answer === null) this.routes = null;
    return new Set(answer?.data.map((route) => `${route.method} ${route.path}`));
  }
}
