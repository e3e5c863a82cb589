// Server-sent events with an Authorization header, which the browser's EventSource cannot send. Reconnects by itself and goes on
// behind the last id, so nothing is missed and nothing comes twice.

import type { RestClient } from "./rest";

const kRetryMs = 1_500;

export class EventStream {
  private readonly stop = new AbortController();
  private lastId: string | null = null;

  // `onData` gets each event's data, in order. `onState` tells whether the stream is up.
  constructor(
    private readonly rest: RestClient,
    private readonly address: URL,
    private readonly onData: (data: string) => void,
    private readonly onState: (isOpen: boolean) => void,
  ) {
    void this.run();
  }

  close(): void {
    this.stop.abort();
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        await this.readOnce();
      } catch {
        // A lost connection, or a server that is not there yet: the same remedy.
      }
      if (this.stop.signal.aborted) return;
      this.onState(false);
      await new Promise((resolve) => setTimeout(resolve, kRetryMs));
    }
  }

  private async readOnce(): Promise<void> {
    const headers: Record<string, string> = { Accept: "text/event-stream", ...this.rest.authorization };
    if (this.lastId !== null) headers["Last-Event-ID"] = this.lastId;
    const response = await fetch(this.address, {
      headers,
      cache: "no-store",
      signal: this.stop.signal,
    });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    this.onState(true);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.receive(block);
    }
  }

  private receive(block: string): void {
    const data: string[] = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("id:")) this.lastId = line.slice(3).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
    }
    if (data.length > 0) this.onData(data.join("\n"));
  }
}
