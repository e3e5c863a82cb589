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
