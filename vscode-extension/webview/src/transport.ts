/** How the view reaches the daemon: through the extension in VSCode, over HTTP in a browser. */

import type { OperationName, Params, Problem, Result, RunEvent } from "../../src/lib/api";
import type { Transfer } from "../../src/lib/transfers";
import type { HostAction, ToView } from "../../src/lib/view_protocol";
import type { Draft } from "./drafts";

/** What survives a reload of the view. */
export interface Saved {
  chatId?: string;
  projectId?: string;
  /** What was not sent yet by chat; the empty key is that of a chat that does not exist yet. */
  drafts?: Record<string, Draft>;
  theme?: string;
}

/** What comes from outside without having been asked for. */
export type Told =
  | Exclude<ToView, { type: "result" | "problem" | "run" }>
  /** Another window has changed a draft. */
  | { type: "draft"; chatId: string; draft: Draft | undefined };

export interface Transport {
  readonly kind: "editor" | "browser";
  /** Does an operation. Throws a problem. */
  call<O extends OperationName>(operation: O, params: Params<O>): Promise<Result<O>>;
  /**
   * Hands over the events of a run, each once and in order, also over a lost connection; the last one even when a daemon that was
   * killed numbers it lower than what was seen. `onFailed` is told when they are not to be had. The result ends it.
   */
  follow(runId: string, onEvent: (event: RunEvent) => void, onFailed: (problem: Problem) => void): () => void;
  /** Does what only the surroundings can. */
  act(what: HostAction): Promise<void>;
  /** The address of an attached picture, for an `img`. */
  picture(attachmentId: string): Promise<string>;
  /** Hands a file over to be imported and waits for the end. An editor has the file already and does it by an action. */
  importFile?(file: File, stop: AbortSignal, onProgress: (transfer: Transfer) => void): Promise<Transfer>;
  /** Ends the session of this browser; an editor has none. */
  signOut?(): Promise<void>;
  listen(listener: (told: Told) => void): void;
  load(): Saved;
  save(saved: Saved): void;
}
