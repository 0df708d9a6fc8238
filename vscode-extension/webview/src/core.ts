/** What every part of the view stands on: the connection, the state, what is kept, and how things are told. */

import { asProblem, sentence } from "../../src/lib/api";
import { type State, Store, type Toast } from "./state";
import type { Saved, Transport } from "./transport";

const TOAST_MILLISECONDS = 8000;
/** One with a button is there for longer: it may be the only way back. */
const ACTION_MILLISECONDS = 30_000;

export class Core {
  readonly store = new Store();
  readonly saved: Saved;
  /** What is read out, sentence by sentence. */
  onSay: (text: string) => void = () => {};
  onFocusComposer: () => void = () => {};
  onScrollToEnd: () => void = () => {};
  onShowMessage: (messageId: string) => void = () => {};
  onDraft: (text: string) => void = () => {};
  #toast = 0;

  constructor(readonly transport: Transport) {
    this.saved = transport.load();
  }

  get state(): State {
    return this.store.get();
  }

  has(operation: string): boolean {
    return this.state.operations.has(operation);
  }

  save(): void {
    this.transport.save({ ...this.saved });
  }

  /** Does `work` and shows what does not. */
  try(work: () => Promise<unknown> | undefined): void {
    work()?.catch((error: unknown) => this.problem(error));
  }

  problem(error: unknown): void {
    const problem = asProblem(error);
    if (problem.code === "cancelled") return;
    this.toast({ text: sentence(problem), kind: "error", isUnreachable: problem.code === "unavailable" });
  }

  /** The daemon answers: nothing says any more that it does not. */
  reached(): void {
    const toasts = this.state.toasts.filter((toast) => !toast.isUnreachable);
    if (toasts.length < this.state.toasts.length) this.store.set({ toasts });
  }

  toast(toast: Omit<Toast, "id">): void {
    const id = ++this.#toast;
    const same = this.state.toasts.filter((other) => other.text !== toast.text);
    this.store.set({ toasts: [...same.slice(-2), { id, ...toast }] });
    if (toast.kind === "information") setTimeout(() => this.dismiss(id), toast.action ? ACTION_MILLISECONDS : TOAST_MILLISECONDS);
  }

  dismiss(id: number): void {
    this.store.set({ toasts: this.state.toasts.filter((toast) => toast.id !== id) });
  }
}
