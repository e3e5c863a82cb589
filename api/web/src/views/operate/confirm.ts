// Asks before an act that others will feel: what will happen, and why it is done. Where the act is drastic, a word has to be
// typed as well.

import { build, element, setText } from "../dom";

export interface Question {
  title: string;
  text: string;
  action: string; // on the button
  isDangerous?: boolean;
  word?: string; // to be typed
}

export class Confirm {
  private readonly title = build("h2", { id: "act-title" });
  private readonly text = build("p", { id: "act-text" });
  private readonly reason = build("input", { id: "act-reason", autocomplete: "off", maxlength: "200" });
  private readonly word = build("input", { id: "act-word", autocomplete: "off", spellcheck: "false" });
  private readonly wordLabel = build("label", { for: "act-word" });
  private readonly error = build("p", { class: "field-error", role: "alert" });
  private readonly button = element("button");
  private readonly dialog: HTMLDialogElement;
  private question: Question | null = null;
  private settle: (reason: string | null) => void = () => {};

  constructor(parent: HTMLElement) {
    const close = build("button", { type: "button", class: "quiet-button" }, "Leave it");
    const form = build(
      "form",
      { method: "dialog", novalidate: "" },
      this.title,
      this.text,
      build("label", { for: "act-reason" }, "Reason, for the log"),
      this.reason,
      this.wordLabel,
      this.word,
      this.error,
      build("div", { class: "dialog-actions" }, element("span", "status-spacer"), close, this.button),
    );
    this.dialog = build("dialog", { "aria-labelledby": "act-title", "aria-describedby": "act-text", class: "act-dialog" }, form);
    parent.append(this.dialog);
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.settle(null));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  // The reason, or null when it was left.
  ask(question: Question): Promise<string | null> {
    if (this.dialog.open) return Promise.resolve(null);
    this.question = question;
    setText(this.title, question.title);
    setText(this.text, question.text);
    setText(this.button, question.action);
    this.button.className = question.isDangerous ? "danger-button" : "primary-button";
    this.word.hidden = this.wordLabel.hidden = question.word === undefined;
    setText(this.wordLabel, `Type ${question.word ?? ""} to go on`);
    setText(this.error, "");
    this.reason.value = this.word.value = "";
    this.dialog.showModal();
    this.reason.focus();
    return new Promise((resolve) => (this.settle = resolve));
  }

  private submit(): void {
    const reason = this.reason.value.trim();
    if (reason === "") return this.complain("Say why: the log keeps it.", this.reason);
    const { word } = this.question ?? {};
    if (word !== undefined && this.word.value.trim() !== word) return this.complain(`Type ${word}.`, this.word);
    this.settle(reason);
    this.settle = () => {};
    this.dialog.close();
  }

  private complain(text: string, input: HTMLElement): void {
    setText(this.error, text);
    input.focus();
  }
}
