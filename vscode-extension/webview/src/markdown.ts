/** Markdown as the daemon renders it: whole messages at once, and an answer while it is being written. */

import type { Schemas } from "../../src/lib/api";
import { fragment } from "./html";
import type { Transport } from "./transport";

type Block = Schemas["MarkdownBlock"];

export interface CodeButton {
  name: string;
  label: string;
  /** Whether it makes sense for lines that come and go, too. */
  ofChanges?: boolean;
}

/** The buttons at a code block, in order, and what they do. */
export interface CodeActions {
  buttons: CodeButton[];
  run(name: string, code: string, language: string, frame: HTMLElement): void;
}

export class Markdown {
  /** Who may write into an element. */
  readonly #turns = new WeakMap<HTMLElement, object>();
  #queue: { text: string; resolve: (blocks: Block[]) => void }[] = [];
  /** Whether the daemon renders; an older one does not. */
  enabled = true;

  constructor(
    private readonly transport: Transport,
    private readonly actions: CodeActions,
  ) {}

  /** The blocks of a text. Texts that are asked for in the same moment are rendered together. */
  render(text: string): Promise<Block[]> {
    return new Promise((resolve) => {
      this.#queue.push({ text, resolve });
      if (this.#queue.length === 1) queueMicrotask(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const all = this.#queue;
    this.#queue = [];
    for (let at = 0; at < all.length; at += 100) {
      const batch = all.slice(at, at + 100);
      try {
        if (!this.enabled) throw new Error("not rendered here");
        const { documents } = await this.transport.call("markdown.render", { texts: batch.map((one) => one.text) });
        batch.forEach((one, index) => {
          one.resolve(documents[index].blocks);
        });
      } catch {
        // The text as it is, rather than nothing.
        for (const { resolve } of batch) resolve([{ html: "", start: 0, end: 0, is_final: false }]);
      }
    }
  }

  /** Fills `target` with a text: as it is until it is rendered, so that nothing jumps and nothing is ever empty. */
  async fill(target: HTMLElement, text: string): Promise<void> {
    const turn = this.claim(target);
    if (!target.hasChildNodes()) target.append(this.element({ html: "", start: 0, end: 0, is_final: false }, text));
    const blocks = await this.render(text);
    if (this.owns(target, turn)) target.replaceChildren(...blocks.map((block) => this.element(block, text)));
  }

  /** From now on only the caller writes into `target`: who claimed it before may still wait for something. */
  claim(target: HTMLElement): object {
    const turn = {};
    this.#turns.set(target, turn);
    return turn;
  }

  owns(target: HTMLElement, turn: object): boolean {
    return this.#turns.get(target) === turn;
  }

  /** A block as an element. */
  element(block: Block, text: string): HTMLElement {
    const element = document.createElement("div");
    element.className = "block";
    this.put(element, block, text);
    return element;
  }

  put(element: HTMLElement, block: Block, text: string): void {
    if (block.html === "") {
      element.classList.add("plain");
      element.textContent = text;
      return;
    }
    element.classList.remove("plain");
    element.replaceChildren(fragment(block.html));
    for (const pre of element.querySelectorAll<HTMLElement>("pre")) this.#decorate(pre);
    for (const table of element.querySelectorAll("table")) makeScrollable(table, "Table");
  }

  /** The name of the language and the buttons above a code block. */
  #decorate(pre: HTMLElement): void {
    const language = pre.dataset.language ?? "";
    // A change says how many of the answer's fenced blocks it is; anything else is one.
    const isChange = pre.dataset.blocks !== undefined;
    const frame = document.createElement("div");
    frame.className = "code";
    frame.dataset.blocks = pre.dataset.blocks ?? "1";
    const bar = document.createElement("div");
    bar.className = "code-bar";
    const name = document.createElement("span");
    name.textContent = isChange ? "change" : language || "code";
    bar.append(name);
    for (const { name, label, ofChanges } of this.actions.buttons) {
      if (isChange && !ofChanges) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.dataset.action = name;
      button.addEventListener("click", () => this.actions.run(name, pre.textContent ?? "", language, frame));
      bar.append(button);
    }
    pre.replaceWith(frame);
    frame.append(bar, pre);
    pre.tabIndex = 0;
    // A group, not a region: regions are landmarks, and each would need a name of its own.
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", isChange ? "Change" : `Code${language ? ` in ${language}` : ""}`);
  }
}

function makeScrollable(element: HTMLElement, label: string): void {
  const frame = document.createElement("div");
  frame.className = "scrollable";
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", label);
  element.replaceWith(frame);
  frame.append(element);
}

/** What is still being written is rendered once in a frame, in milliseconds, and at the most so long after it was rendered last. */
const FRAME = 16;
const LONGEST_PAUSE = 400;

/**
 * An answer while it is being written. Blocks that are finished are never touched again: what is rendered anew is only the end,
 * which still grows.
 */
export class LiveText {
  /** The text from the first block on that is not finished. */
  #rest = "";
  /** The elements of those blocks. */
  #open: HTMLElement[] = [];
  #changed = false;
  #working = false;
  #ended = false;
  #waiting: (() => void)[] = [];
  readonly #turn: object;
  /** Called with the element of each block that is finished, for whoever listens rather than looks. */
  onFinished: (block: HTMLElement) => void = () => {};
  onDrawn: () => void = () => {};

  constructor(
    readonly target: HTMLElement,
    private readonly markdown: Markdown,
  ) {
    this.#turn = markdown.claim(target);
  }

  push(text: string): void {
    this.#rest += text;
    this.#changed = true;
    void this.#work();
  }

  /** Everything has come; resolves when it is shown. */
  async end(): Promise<void> {
    this.#ended = true;
    if (this.#working) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    for (const element of this.#open.splice(0)) this.onFinished(element);
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    while (this.#changed) {
      this.#changed = false;
      const text = this.#rest;
      const began = performance.now();
      this.#show(await this.markdown.render(text), text);
      this.onDrawn();
      const took = performance.now() - began;
      // A long last block is expensive: it gets a share of the time, not all of it.
      if (!this.#ended) await pause(took < FRAME ? FRAME - took : Math.min(LONGEST_PAUSE, took));
    }
    this.#working = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #show(blocks: Block[], text: string): void {
    if (!this.markdown.owns(this.target, this.#turn)) return;
    blocks.forEach((block, index) => {
      const element = this.#open[index] ?? this.target.appendChild(document.createElement("div"));
      element.className = "block";
      this.markdown.put(element, block, text);
      this.#open[index] = element;
    });
    for (const left of this.#open.splice(blocks.length)) left.remove();
    const done = blocks.filter((block) => block.is_final).length;
    for (const element of this.#open.splice(0, done)) this.onFinished(element);
    if (done === 0) return;
    // Only what belongs to finished blocks is dropped; more may have come meanwhile.
    const start = blocks[done]?.start ?? 0;
    this.#rest = new TextDecoder().decode(new TextEncoder().encode(text).subarray(start)) + this.#rest.slice(text.length);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
