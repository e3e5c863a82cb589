// The read models: how far each is, how fast it goes, what it is doing; and what an operator may do about it. A row stays the same
// element while it changes, so that no click is lost to a refresh.

import type { Operator, ProjectionAct } from "../../model/operator";
import type { Projection } from "../../wire/operator_messages";
import { build, element, panel, setText, table } from "../dom";
import * as format from "../format";
import { toast } from "../toasts";
import type { Confirm } from "./confirm";

interface Row {
  root: HTMLTableRowElement;
  status: HTMLElement;
  version: HTMLElement;
  lag: HTMLElement;
  rate: HTMLElement;
  checkpoint: HTMLElement;
  buttons: Map<ProjectionAct | "giveUp" | "skip", HTMLButtonElement>;
  progress: HTMLProgressElement;
  note: HTMLElement;
}

const kActs = { pause: "Pause", resume: "Resume", rebuild: "Rebuild", verify: "Verify", giveUp: "Give up", skip: "Skip event" };
const kTexts: Record<ProjectionAct, string> = {
  pause: "It keeps what it has and falls behind until it is resumed.",
  resume: "It goes on behind its checkpoint.",
  rebuild: "A copy is built beside it from the first event; what is served changes over when the copy has caught up.",
  verify: "A copy is folded from the log on the side and compared row by row.",
};

export class ProjectionsView {
  readonly root: HTMLElement;
  private readonly rows = new Map<string, Row>();
  private readonly body: HTMLElement;

  constructor(
    private readonly operator: Operator,
    private readonly confirm: Confirm,
  ) {
    const columns = ["Read model", "Status", "#Behind", "#Events/s", "#Checkpoint", "Progress and notes", "Acts"];
    const { root, body } = table("projections-table", columns);
    this.body = body;
    const scroll = build("div", { class: "table-view", tabindex: "0", role: "group", "aria-label": "Read models" }, root);
    this.root = panel("projections-panel", "Read models", [scroll]);
  }

  render(): void {
    for (const projection of this.operator.projections) this.fill(this.rowOf(projection.name), projection);
  }

  private rowOf(name: string): Row {
    const known = this.rows.get(name);
    if (known !== undefined) return known;
    const cell = (className: string) => element("td", className);
    const [status, lag, rate, checkpoint] = [cell(""), cell("number"), cell("number"), cell("number")] as const;
    const badge = element("span", "status-badge");
    const version = element("span", "version note");
    status.append(badge, version);
    const progress = build("progress", { "aria-label": `Progress of ${name}`, max: "1", hidden: "" });
    const note = element("span", "projection-note");
    const acts = cell("acts");
    const buttons: Row["buttons"] = new Map();
    for (const [act, label] of Object.entries(kActs) as [keyof typeof kActs, string][]) {
      const button = build(
        "button",
        { type: "button", class: "row-button", "data-act": act, "aria-label": `${label} ${name}` },
        label,
      );
      button.addEventListener("click", () => void this.act(name, act));
      buttons.set(act, button);
      acts.append(button);
    }
    const root = build("tr", { "data-projection": name });
    root.append(element("td", "symbol", name), status, lag, rate, checkpoint, build("td", {}, progress, note), acts);
    this.body.append(root);
    const row = { root, status: badge, version, lag, rate, checkpoint, buttons, progress, note };
    this.rows.set(name, row);
    return row;
  }

  private fill(row: Row, projection: Projection): void {
    const { status, rebuild } = projection;
    const shown = rebuild ? "rebuilding" : status;
    setText(row.status, shown);
    row.status.dataset["status"] = shown;
    setText(row.version, `v${projection.version}`);
    const seconds = projection.lag_ms === null ? "" : ` · ${lagText(projection.lag_ms)}`;
    setText(row.lag, projection.lag_events === 0 ? "0" : `${format.quantity(String(projection.lag_events))}${seconds}`);
    setText(row.rate, format.quantity(String(Math.round(projection.events_per_s ?? 0))));
    setText(row.checkpoint, format.quantity(String(projection.checkpoint)));
    row.progress.hidden = !rebuild;
    if (rebuild) row.progress.value = rebuild.target === 0 ? 0 : rebuild.checkpoint / rebuild.target;
    setText(row.note, noteOf(projection));
    const isRunning = status === "running" || status === "rebuilding";
    const visible: Record<keyof typeof kActs, boolean> = {
      pause: isRunning,
      resume: status === "paused" || status === "stopped",
      rebuild: !rebuild,
      verify: !rebuild && isRunning,
      giveUp: Boolean(rebuild),
      skip: status === "error" && projection.error_seq !== null,
    };
    for (const [act, button] of row.buttons) if (button.hidden === visible[act]) button.hidden = !visible[act];
  }

  private async act(name: string, act: keyof typeof kActs): Promise<void> {
    const projection = this.operator.projections.find((known) => known.name === name);
    if (projection === undefined) return;
    const text = act === "giveUp" ? "The copy is thrown away." : act === "skip" ? skipText(projection) : kTexts[act];
    const reason = await this.confirm.ask({
      title: `${kActs[act]} ${name}`,
      text,
      action: kActs[act],
      isDangerous: act === "skip",
    });
    if (reason === null) return;
    try {
      if (act === "giveUp") await this.operator.giveUpRebuild(name, reason);
      else if (act === "skip") await this.operator.skip(name, projection.error_seq ?? 0, reason);
      else await this.operator.act(name, act, reason);
    } catch (error) {
      toast("error", `${kActs[act]} ${name}: refused`, error instanceof Error ? error.message : String(error));
    }
  }
}

function noteOf({ rebuild, verification, last_error: error, error_seq: errorSeq, status }: Projection): string {
  if (rebuild) {
    const percent = rebuild.target === 0 ? 0 : Math.floor((100 * rebuild.checkpoint) / rebuild.target);
    const left = rebuild.seconds_left === null ? "" : `, ${rebuild.seconds_left} s left`;
    return rebuild.last_error ?? `copy at ${percent}%${left}`;
  }
  if (status === "error") return `event ${errorSeq ?? ""}: ${error ?? ""}`;
  switch (verification?.state) {
    case "queued":
      return "verification is queued";
    case "running":
      return `verifying, ${verification.total === 0 ? 0 : Math.floor((100 * verification.done) / verification.total)}%`;
    case "equal":
      return "equal to the log";
    case "differs":
      return `differs from the log: ${verification.differences[0] ?? ""}`;
    case "failed":
      return `verification failed: ${verification.error ?? ""}`;
    case undefined:
      return "";
  }
}

function skipText({ error_seq: seq, last_error: error }: Projection): string {
  return `Event ${seq ?? ""} is passed over and its effect is missing from then on. It failed with: ${error ?? ""}`;
}

function lagText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
