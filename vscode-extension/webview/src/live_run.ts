/** A run while it goes on: what it has said so far, for a message that may be drawn late, twice or not at all. */

import type { Problem, RunEvent, Schemas } from "../../src/lib/api";
import type { Transport } from "./transport";

export class LiveRun {
  text = "";
  reasoning = "";
  /** What it is doing, while nothing is written yet. */
  status = "";
  context: Extract<RunEvent, { type: "context" }> | undefined;
  edits: { id: string; files: Schemas["FileSummary"][] }[] = [];
  complaints: string[] = [];
  /** What a person should know of the answer: that another model gave it, that something was left out. */
  notices: string[] = [];
  usage: Schemas["Usage"] | undefined;
  end: { status: Schemas["RunStatus"]; problem?: Problem | null } | undefined;
  readonly #texts = new Set<(text: string) => void>();
  readonly #changes = new Set<() => void>();
  readonly #stop: () => void;

  constructor(
    readonly runId: string,
    transport: Transport,
    private readonly onEnd: (run: LiveRun) => void,
    onFailed: (problem: Problem) => void = () => {},
  ) {
    this.#stop = transport.follow(runId, (event) => this.#take(event), onFailed);
  }

  /** Whether its message is in the document; a short answer may end before. */
  get isDrawn(): boolean {
    return this.#texts.size > 0;
  }

  /** How it ended, to be read out. */
  get lastWord(): string {
    return this.end?.status === "completed" ? "The answer is complete." : `The answer ended: ${this.end?.status}.`;
  }

  /** Hands over all of the text, then what comes. The result ends it. */
  onText(listener: (text: string) => void): () => void {
    if (this.text) listener(this.text);
    this.#texts.add(listener);
    return () => this.#texts.delete(listener);
  }

  /** Called when something else than the text has changed. */
  onChange(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  #take(event: RunEvent): void {
    switch (event.type) {
      case "text": {
        const isFirst = this.text === "";
        this.text += event.text;
        for (const listener of this.#texts) listener(event.text);
        if (this.status === "" && !isFirst) return;
        this.status = "";
        break;
      }
      case "status":
        this.status = event.text;
        break;
      case "reasoning":
        this.reasoning += event.text;
        break;
      case "context":
        this.context = event;
        break;
      case "edit":
        this.edits.push({ id: event.edit_id, files: event.files });
        break;
      case "complaint":
        this.complaints.push(event.message);
        break;
      case "notice":
        this.notices.push(event.text);
        break;
      case "usage":
        this.usage = event.usage;
        break;
      case "done":
        this.end = { status: event.status, problem: event.problem };
        this.#stop();
        break;
      default:
        ignored(event);
    }
    for (const listener of this.#changes) listener();
    if (this.end) this.onEnd(this);
  }

  dispose(): void {
    this.#stop();
    this.#texts.clear();
    this.#changes.clear();
  }
}

/** Of an event of a newer daemon nothing is known; one that is known here has a case of its own. */
function ignored(_event: never): void {}
