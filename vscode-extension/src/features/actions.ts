/** Actions on code: started here, worked out by the daemon, shown in the chat view or as a diff. */

import * as vscode from "vscode";
import { type Ctx, showProblem } from "../ctx";
import type { ChangeEvent, PendingEdit, Problem, RunEvent } from "../lib/api";
import type { ChatView } from "./chat_view";
import { editsHere } from "./edits_here";
import { SCHEME } from "./review_files";
import type { Reviews, Target } from "./reviews";

export type Kind = "explain" | "fix" | "optimize" | "test" | "document" | "edit" | "ask";

type Started = { run_id: string; chat_id: string } | { problem: Problem } | null;

/** What the user was at when something was started. */
interface Moment {
  uri: string;
  version: number;
  selection: vscode.Selection;
  column: vscode.ViewColumn | undefined;
  /** How often something had been typed into a file. */
  typed: number;
}

/** What is awaited of a run that was started here. */
interface Awaited {
  moment: Moment | undefined;
  editId?: string;
  /** The connection was lost meanwhile, so that the daemon does not say how it ends. */
  again?: boolean;
  /** What was asked for in words, and where. */
  instruction?: { text: string; argument: object };
}

const SHOWN_IN_CHAT: Kind[] = ["explain", "ask"];

export class Actions implements vscode.Disposable {
  readonly #awaited = new Map<string, Awaited>();
  /** Events that came before the daemon's answer to the command did. */
  readonly #early = new Map<string, RunEvent[]>();
  /** How many runs were started of which the daemon did not say in time which they are. */
  #unnamed = 0;
  #typed = 0;
  /** What was typed for a change that did not start. */
  #unsent = "";
  readonly #listeners: vscode.Disposable[];

  constructor(
    private readonly ctx: Ctx,
    private readonly chat: ChatView,
    private readonly reviews: Reviews,
  ) {
    this.#listeners = [
      ctx.onRun((event) => this.#take(event)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const isHere = document === vscode.window.activeTextEditor?.document;
        if (isHere && contentChanges.length && document.uri.scheme !== SCHEME) this.#typed++;
      }),
      ctx.onEvent((event) => void this.#noteEdit(event).catch(showProblem)),
      ctx.onStatus(({ connection }) => {
        if (connection === "connected") this.#followAgain();
      }),
    ];
  }

  /** Starts an action on the selection of the active editor. */
  async run(kind: Kind): Promise<void> {
    const argument = await this.#here();
    if (argument) await this.start(kind, argument);
  }

  /** What the daemon has to know of the place that the user is at. Says so where there is none. */
  async #here(): Promise<object | undefined> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || editor.document.uri.scheme === SCHEME) {
      void vscode.window.showInformationMessage("aiia: Open a file and put the cursor on the code first.");
      return undefined;
    }
    const { document, selection } = editor;
    const diagnostics = vscode.languages.getDiagnostics(document.uri).filter((one) => one.range.intersection(selection));
    return {
      uri: document.uri.toString(),
      range: { start: selection.start, end: selection.end },
      diagnostics: (await this.ctx.code2Protocol?.asDiagnostics(diagnostics)) ?? [],
    };
  }

  /** Asks what to do with the selection, then has it done. What was typed is there again where that did not work. */
  async inline(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const argument = await this.#here();
    if (editor && argument) await this.#ask(argument, editor.selection);
  }

  async #ask(argument: object, { start, end }: vscode.Selection | vscode.Range): Promise<void> {
    const where = start.line === end.line ? `line ${start.line + 1}` : `lines ${start.line + 1} to ${end.line + 1}`;
    const instruction = await vscode.window.showInputBox({
      title: "aiia: Edit",
      prompt: `What should change at ${where}? The change is shown as a diff first.`,
      placeHolder: "Return an error instead of panicking",
      value: this.#unsent,
      ignoreFocusOut: true,
    });
    if (!instruction?.trim()) return;
    this.#unsent = instruction;
    const started = await this.#started("aiia.edit", { ...argument, instruction }, { text: instruction, argument });
    if (started) this.#unsent = "";
    else this.#offerAgain({ text: instruction, argument });
  }

  /** Offers to word a change anew that did not come about. */
  #offerAgain({ text, argument }: { text: string; argument: object }): void {
    const again = "Try Again…";
    void vscode.window.showWarningMessage(`aiia: There is no change for “${shortened(text)}”.`, again).then((chosen) => {
      if (chosen !== again) return;
      this.#unsent = text;
      void this.#ask(argument, (argument as { range: vscode.Range }).range).catch(showProblem);
    });
  }

  /** Starts an action with the argument that the daemon's own menu gave, or one of the same form. */
  async start(kind: Kind, argument: object): Promise<void> {
    const started = await this.#started(`aiia.${kind}`, argument);
    if (started && SHOWN_IN_CHAT.includes(kind)) await this.chat.show(started.chat_id).catch(showProblem);
  }

  /** Has the daemon start a run; what it proposes is shown when it is there. Undefined where it did not start. */
  async #started(
    command: string,
    argument: object,
    instruction?: Awaited["instruction"],
  ): Promise<{ chat_id: string } | undefined> {
    const moment = this.#moment();
    try {
      const started = await this.ctx.command<Started>(command, { model: this.chat.model, ...argument });
      if (started === null) {
        this.#unnamed++;
        return { chat_id: "" };
      }
      // A problem was shown by the daemon already.
      if ("problem" in started) return undefined;
      this.#awaited.set(started.run_id, { moment, instruction });
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
    const argument = { edit_id: chosen.edit_id, hunks: [hunk], note: note.trim() || undefined, model: undefined };
    await this.#started("aiia.retryHunk", argument);
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
    const { editId, instruction } = awaited;
    if (event.status === "completed" && editId) void this.#show(editId, awaited.moment).catch(showProblem);
    else if (event.status === "cancelled") return;
    else if (instruction) this.#offerAgain(instruction);
    else if (awaited.again && event.status !== "completed")
      void vscode.window.showWarningMessage("aiia: What was asked for was not finished: the daemon ended meanwhile.");
  }

  #moment(): Moment | undefined {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return undefined;
    const { document, selection, viewColumn: column } = editor;
    return { uri: document.uri.toString(), version: document.version, selection, column, typed: this.#typed };
  }

  /** Whether nothing was typed, selected or opened since. What is decided in a review opens and closes editors, so that only typing counts. */
  #isAsAt(moment: Moment | undefined): boolean {
    const editor = vscode.window.activeTextEditor;
    if (moment?.uri.startsWith(`${SCHEME}:`)) return moment.typed === this.#typed;
    if (!editor || !moment) return editor === moment;
    const { uri, version } = editor.document;
    return uri.toString() === moment.uri && version === moment.version && editor.selection.isEqual(moment.selection);
  }

  /** Shows a change at once where the user still is as they were; else it does not take the place that they are typing at. */
  async #show(editId: string, moment: Moment | undefined): Promise<void> {
    if (this.#isAsAt(moment)) return this.reviews.open(editId, moment?.column);
    const edit: PendingEdit = await this.ctx.call("edit.get", { edit_id: editId });
    await this.#offer(edit);
  }

  async #offer(edit: PendingEdit): Promise<void> {
    const review = "Review";
    const chosen = await vscode.window.showInformationMessage(`aiia: “${edit.title}” is ready.`, review);
    if (chosen === review) await this.reviews.open(edit.id);
  }

  /** A change of a run of which it is not known that it is ours is offered where it is for a file of this window. */
  async #noteEdit(event: ChangeEvent): Promise<void> {
    if (event.entity !== "edit" || event.change !== "created" || this.#unnamed === 0) return;
    const edit = (await editsHere(this.ctx, "pending")).find(({ id }) => id === event.id);
    if (!edit || this.#awaited.has(edit.run_id)) return;
    this.#unnamed = Math.max(0, this.#unnamed - 1);
    await this.#offer(edit);
  }

  /** Another connection follows none of the runs that the one before did. */
  #followAgain(): void {
    for (const [id, awaited] of this.#awaited) {
      awaited.again = true;
      this.ctx.call("run.events", { run_id: id, after: 0 }).catch(() => this.#awaited.delete(id));
    }
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
