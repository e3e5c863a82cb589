// Light or dark: as the system has it until somebody chooses, and then as chosen, in this browser.

import { Emitter } from "../model/emitter";
import { need } from "./dom";

type Choice = "system" | "light" | "dark";

const kName = "buttonwood.theme";
const kNext: Record<Choice, Choice> = { system: "light", light: "dark", dark: "system" };
const kWords: Record<Choice, string> = { system: "as the system", light: "light", dark: "dark" };

export const themeChanged = new Emitter();

export function startTheme(): void {
  show(choice());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => themeChanged.emit());
  need("theme-button").addEventListener("click", nextTheme);
}

export function nextTheme(): void {
  const next = kNext[choice()];
  localStorage.setItem(kName, next);
  show(next);
}

function choice(): Choice {
  const stored = localStorage.getItem(kName);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function show(now: Choice): void {
  if (now === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = now;
  need("theme-button").setAttribute("aria-label", `Colours: ${kWords[now]}`);
  need("theme-button").title = `Colours: ${kWords[now]}`;
  themeChanged.emit();
}

const probe = document.createElement("span");

// A colour of the style sheet as the canvas understands it: which half of a light-dark() pair is in force is settled.
export function themeColor(name: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
