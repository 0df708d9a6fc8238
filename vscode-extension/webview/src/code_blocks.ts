/** What the buttons of a code block do. */

import type { Message } from "../../src/lib/api";
import type { Core } from "./core";
import { fragment } from "./html";
import type { CodeButton } from "./markdown";

export class CodeBlocks {
  constructor(private readonly core: Core) {}

  buttons(): CodeButton[] {
    const everywhere = [{ name: "copy", label: "Copy", ofChanges: true }];
    if (this.core.transport.kind !== "editor") return everywhere;
    return [
      ...everywhere,
      { name: "insert", label: "Insert" },
      { name: "apply", label: "Apply", ofChanges: true },
      { name: "newFile", label: "New file" },
    ];
  }

  async run(name: string, code: string, language: string, frame: HTMLElement): Promise<void> {
    const { transport } = this.core;
    if (name === "copy") {
      await transport.act({ action: "copy", text: code });
      this.core.toast({ text: "The code was copied.", kind: "information" });
    }
    if (name === "insert") await transport.act({ action: "insert", text: code });
    if (name === "newFile") await transport.act({ action: "newFile", text: code, language });
    if (name === "apply") await this.#apply(frame);
  }

  async #apply(frame: HTMLElement): Promise<void> {
    const article = frame.closest<HTMLElement>("article[data-message]");
    if (!article?.dataset.message) return;
    const message = { message_id: article.dataset.message };
    // A change without a fence has no number: then everything that the answer changes is proposed.
    const edit = await this.core.transport.call(
      "edit.propose",
      frame.dataset.blocks === "0" ? message : { ...message, block: numberOf(frame, article) },
    );
    await this.review(edit.id);
  }

  async review(editId: string): Promise<void> {
    await this.core.transport.act({ action: "review", editId });
  }

  /** Inserts the last code of `messages`, the open chat, at the cursor. A change of lines is none. */
  async insertLast(messages: Message[]): Promise<void> {
    const answers = messages.filter(({ role, content }) => role === "assistant" && content !== "").reverse();
    for (const { content } of answers) {
      const { documents } = await this.core.transport.call("markdown.render", { texts: [content] });
      const codes = documents[0].blocks.flatMap(({ html }) => [...fragment(html).querySelectorAll("pre:not([data-blocks])")]);
      const text = codes.at(-1)?.textContent;
      if (text) return this.core.transport.act({ action: "insert", text });
    }
    this.core.toast({ text: "The open chat has no code.", kind: "information" });
  }
}

/** Which of the answer's fenced blocks it is, counted from 1. */
function numberOf(frame: HTMLElement, article: HTMLElement): number {
  const frames = [...article.querySelectorAll<HTMLElement>(".code")];
  return frames.slice(0, frames.indexOf(frame) + 1).reduce((sum, one) => sum + Number(one.dataset.blocks), 0);
}
