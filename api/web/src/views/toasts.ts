// Short notices in a corner; the container is a polite live region, so that screen readers speak them.

import { element, need } from "./dom";

export type ToastKind = "info" | "buy" | "sell" | "error";

const kShownMs = 6_000;
const kMost = 4;

export function toast(kind: ToastKind, title: string, detail = ""): void {
  const container = need("toasts");
  const notice = element("div", `toast ${kind}`);
  notice.append(element("strong", "", title));
  if (detail !== "") notice.append(element("span", "", detail));
  container.append(notice);
  while (container.children.length > kMost) container.firstElementChild?.remove();
  setTimeout(() => notice.remove(), kShownMs);
}
