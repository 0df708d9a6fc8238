/** Actions on code: started here, worked out by the daemon, shown in the chat view or as a diff. */

import * as vscode from "vscode";
import { type Ctx, showProblem } from "../ctx";
import type { Problem, RunEvent } from "../lib/api";
import type { ChatView } from "./chat_view";
import type { Reviews, Target } from "./reviews";

export type Kind = "explain" | "fix" | "optimize" | "test" | "document" | "edit" | "ask";

type Started = { run_id: string; chat_id: string } | { problem: Problem } | null;

/** What is awaited of a run that was started here. */
interface Awaited {
  chatId: string;
  editId?: string;
}

export class Actions implements vscode.Disposable {
  readonly #awaited = new Map<string, Awaited>();
  /** Events that came before the daemon's answer to the command did. */
  readonly #early = new Map<string, RunEvent[]>();
  readonly #listener: vscode.Disposable;

  constructor(
    private readonly ctx: Ctx,
    private readonly chat: ChatView,
    private readonly reviews: Reviews,
  ) {
    this.#listener = ctx.onRun((event) => this.#take(event));
  }

  /** Starts an action on the selection of the active editor. */
  async run(kind: Kind, instruction?: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("aiia: Open a file and put the cursor on the code first.");
      return;
    }
    const { document, selection } = editor;
    const diagnostics = vscode.languages.getDiagnostics(document.uri).filter((one) => one.range.intersection(selection));
    await this.start(kind, {
      uri: document.uri.toString(),
      range: { start: selection.start, end: selection.end },
      diagnostics: (await this.ctx.code2Protocol?.asDiagnostics(diagnostics)) ?? [],
      instruction,
      model: this.chat.model,
    });
  }

  /** Asks what to do with the selection, then has it done. */
  async inline(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return this.run("edit");
    const { start, end } = editor.selection;
    const where = start.line === end.line ? `line ${start.line + 1}` : `lines ${start.line + 1} to ${end.line + 1}`;
    const instruction = await vscode.window.showInputBox({
      title: "aiia: Edit",
      prompt: `What should change at ${where}? The change is shown as a diff first.`,
      placeHolder: "Return an error instead of panicking",
      ignoreFocusOut: true,
    });
    if (instruction?.trim()) await this.run("edit", instruction);
  }

  /** Starts an action with the argument that the daemon's own menu gave, or one of the same form. */
  async start(kind: Kind, argument: object): Promise<void> {
    const started = await this.#started(`aiia.${kind}`, argument);
    if (started && (kind === "explain" || kind === "ask")) await this.chat.show(started.chat_id).catch(showProblem);
  }

  /** Has the daemon start a run; what it proposes is shown when it is there. */
  async #started(command: string, argument: object): Promise<{ chat_id: string } | undefined> {
    try {
      const started = await this.ctx.command<Started>(command, argument);
      // A problem was shown by the daemon already.
      if (!started || "problem" in started) return undefined;
      this.#awaited.set(started.run_id, { chatId: started.chat_id });
      for (const event of this.#early.get(started.run_id) ?? []) this.#take(event);
      this.#early.delete(started.run_id);
      return started;
    } catch (error) {
      showProblem(error);
      return undefined;
    }
  }

  /** Asks the model for another change in place of a hunk. The review goes on with the new one. */
  async retry(target?: Target): Promise<void> {
    const chosen = this.reviews.target(target, true);
    const hunk = chosen?.hunks?.[0];
    if (!chosen || hunk === undefined) return;
    const note = await vscode.window.showInputBox({
      title: "aiia: Try Again",
      prompt: "What is wrong with this change, or what is wanted instead? It may stay empty.",
      ignoreFocusOut: true,
    });
    if (note === undefined) return;
    await this.#started("aiia.retryHunk", { edit_id: chosen.edit_id, hunks: [hunk], note: note.trim() || undefined });
  }

  #take(event: RunEvent): void {
    const awaited = this.#awaited.get(event.run_id);
    if (!awaited) {
      if (event.type !== "edit" && event.type !== "done") return;
      const early = this.#early.get(event.run_id) ?? [];
      this.#early.set(event.run_id, [...early, event]);
      // Runs of the chat view come by here as well; nobody asks for theirs.
      if (this.#early.size > 50) this.#early.delete([...this.#early.keys()][0]);
      return;
    }
    if (event.type === "edit") awaited.editId = event.edit_id;
    if (event.type !== "done") return;
    this.#awaited.delete(event.run_id);
    if (event.status === "completed" && awaited.editId) void this.reviews.open(awaited.editId).catch(showProblem);
  }

  dispose(): void {
    this.#listener.dispose();
  }
}
