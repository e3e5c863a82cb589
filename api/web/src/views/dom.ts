// The little that the views need from the DOM: elements by id, writes only when something changes, one rendering per frame.

export function need<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element as T;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element: Element, name: string, on: boolean): void {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  if (className !== "") created.className = className;
  if (text !== "") created.textContent = text;
  return created;
}

// An element with attributes and what is in it, for the parts of the page that are made when somebody first goes there.
export function build<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
}

// A panel with a heading; what stands beside the heading comes last.
export function panel(className: string, title: string, body: Node[], ...beside: Node[]): HTMLElement {
  const head = build("div", { class: "panel-head" }, element("h2", "", title), ...beside);
  return build("section", { class: `panel ${className}`, "aria-label": title }, head, ...body);
}

// A table with its column headings; those that begin with "#" are of numbers.
export function table(className: string, columns: readonly string[]): { root: HTMLElement; body: HTMLElement } {
  const body = element("tbody");
  const headings = columns.map((text) => {
    const isNumber = text.startsWith("#");
    return build("th", { scope: "col", ...(isNumber ? { class: "number" } : {}) }, isNumber ? text.slice(1) : text);
  });
  return { root: build("table", { class: className }, build("thead", {}, build("tr", {}, ...headings)), body), body };
}

// Returns a function that asks for `render` to run in the next animation frame, once, however often it is called before.
export function oncePerFrame(render: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      render();
    });
  };
}

// Restarts a CSS animation class on an element.
export function flash(target: HTMLElement, className: string): void {
  target.classList.remove("flash-up", "flash-down");
  void target.offsetWidth;
  target.classList.add(className);
}
