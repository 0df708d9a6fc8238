/**
 * Review of pending edits in VSCode's own diff editor. What a file would be, and where each hunk is, says the daemon; what is
 * accepted is applied by the daemon through `workspace/applyEdit`.
 */

import { basename } from "node:path";
import * as vscode from "vscode";
import { type Ctx, showProblem } from "../ctx";
import type { EditPreview, PendingEdit, Schemas } from "../lib/api";
import { editSummary, hunkAt } from "../lib/text";
import { ReviewFiles, SCHEME, type Side } from "./review_files";

const SETTLE_MILLISECONDS = 100;

type FilePreview = Schemas["FilePreview"];

/** A hunk, or all hunks where `hunks` is absent. */
export interface Target {
  edit_id: string;
  hunks?: number[];
}

export class Reviews implements vscode.Disposable, vscode.CodeLensProvider {
  readonly #previews = new Map<string, EditPreview>();
  readonly #settling = new Map<string, NodeJS.Timeout>();
  #turn: Promise<void> = Promise.resolve();
  readonly #files = new ReviewFiles((uri) => this.#side(uri));
  readonly #onDidChangeLenses = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[] = [this.#files, this.#onDidChangeLenses];
  readonly onDidChangeCodeLenses = this.#onDidChangeLenses.event;

  constructor(private readonly ctx: Ctx) {
    const tabs = vscode.window.tabGroups;
    this.#disposables.push(
      vscode.languages.registerCodeLensProvider({ scheme: SCHEME }, this),
      ctx.onEvent((event) => {
        if (event.entity === "edit" && this.#previews.has(event.id)) void this.#refresh(event.id);
      }),
      // What is accepted, typed or undone moves the places of the hunks.
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#settle(document)),
      tabs.onDidChangeTabs(() => this.#noteTabs()),
      tabs.onDidChangeTabGroups(() => this.#noteTabs()),
      vscode.window.onDidChangeActiveTextEditor(() => this.#noteTabs()),
    );
  }

  /** Tabs are opened and closed one after the other: what is closed brings its file to the front, unless a review is there. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work, work);
    return this.#turn;
  }

  /** Reads the reviews of a file again once it rests. */
  #settle(document: vscode.TextDocument): void {
    for (const [id, preview] of this.#previews) {
      if (!preview.files.some((file) => uriOf(file.from ?? file.path).toString() === document.uri.toString())) continue;
      clearTimeout(this.#settling.get(id));
      this.#settling.set(
        id,
        setTimeout(() => void this.#refresh(id), SETTLE_MILLISECONDS),
      );
    }
  }

  /** Shows a pending edit: one diff, or one editor with the diffs of all files. */
  open(editId: string): Promise<void> {
    return this.#inTurn(() => this.#open(editId));
  }

  async #open(editId: string): Promise<void> {
    const preview = await this.#load(editId);
    const files = preview.files.filter((file) => file.hunks.length > 0);
    if (files.length === 0) {
      void vscode.window.showInformationMessage(`aiia: No hunk of “${preview.edit.title}” waits any more.`);
      return;
    }
    const sides = files.map((file) => ({ file, left: left(editId, file), right: side(editId, file, "after") }));
    if (sides.length === 1) {
      const [{ file, left, right }] = sides;
      const title = `${basename(file.path)}: ${preview.edit.title}`;
      await vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: false });
      return;
    }
    const resources = sides.map(({ file, left, right }) => [uriOf(file.path), left, right]);
    await vscode.commands.executeCommand("vscode.changes", preview.edit.title, resources);
  }

  /** Lets the user choose among what waits. */
  async choose(): Promise<void> {
    const { items } = await this.ctx.call("edit.list", { status: "pending", limit: 100 });
    if (items.length === 0) {
      void vscode.window.showInformationMessage("aiia: Nothing waits for a review.");
      return;
    }
    const picks = items.map((edit: PendingEdit) => ({
      label: edit.title,
      description: editSummary(edit),
      detail: `${edit.model}, ${new Date(edit.created_at).toLocaleString()}`,
      id: edit.id,
    }));
    const chosen = await vscode.window.showQuickPick(picks, { title: "aiia: Changes That Wait", matchOnDescription: true });
    if (chosen) await this.open(chosen.id);
  }

  /** Carries out a decision. Without a target it is for the hunk at the cursor of the diff that is shown. */
  async decide(command: "acceptHunk" | "rejectHunk" | "acceptAll" | "rejectAll" | "undo", target?: Target): Promise<void> {
    try {
      if (!vscode.workspace.isTrusted) throw new Error("Trust this folder first: aiia changes nothing in an untrusted one.");
      const chosen = this.target(target, command.endsWith("Hunk"));
      if (!chosen) return;
      if (!(await saved(chosen.edit_id))) return;
      if (command === "acceptHunk" && !(await this.#confirmProtected(chosen))) return;
      await this.ctx.command(`aiia.${command}`, chosen);
    } catch (error) {
      showProblem(error);
    }
  }

  /** What is meant: `target`, or the hunk at the cursor of the diff that is shown, or all of it. Says so when there is none. */
  target(target: Target | undefined, oneHunk: boolean): Target | undefined {
    const chosen = target ?? this.#atCursor(oneHunk);
    if (!chosen) void vscode.window.showInformationMessage("aiia: Put the cursor on a change of a review first.");
    return chosen;
  }

  /** Cuts a hunk into its smallest changes, each to be decided on alone. */
  async split(target?: Target): Promise<void> {
    try {
      const chosen = this.target(target, true);
      const hunk = chosen?.hunks?.[0];
      if (!chosen || hunk === undefined || !(await saved(chosen.edit_id))) return;
      const before = this.#waiting(chosen.edit_id);
      await this.ctx.call("edit.split", { edit_id: chosen.edit_id, hunk });
      await this.#refresh(chosen.edit_id);
      if (this.#waiting(chosen.edit_id) === before)
        void vscode.window.showInformationMessage("aiia: This hunk is one change already.");
    } catch (error) {
      showProblem(error);
    }
  }

  #waiting(editId: string): number {
    return this.#previews.get(editId)?.files.reduce((sum, file) => sum + file.hunks.length, 0) ?? 0;
  }

  /** A file that can make programs run something, or is aiia's own, is asked about with its name. */
  async #confirmProtected({ edit_id, hunks }: Target): Promise<boolean> {
    const files = this.#previews.get(edit_id)?.files ?? [];
    const file = files.find((one) => one.protection && one.hunks.some((hunk) => hunks?.includes(hunk.number)));
    if (!file) return true;
    const accept = "Accept This Hunk";
    const detail = `${file.path} ${file.protection}.`;
    return (await vscode.window.showWarningMessage("aiia: Change a protected file?", { modal: true, detail }, accept)) === accept;
  }

  /** Takes the last accepted change back. */
  async undoLast(): Promise<void> {
    const { items } = await this.ctx.call("edit.list", { limit: 50 });
    const accepted = items
      .filter((edit: PendingEdit) => edit.files.some((file) => file.hunks.some((hunk) => hunk.status === "accepted")))
      .sort((one: PendingEdit, other: PendingEdit) => other.updated_at.localeCompare(one.updated_at));
    if (accepted.length === 0) {
      void vscode.window.showInformationMessage("aiia: No accepted change can be taken back.");
      return;
    }
    await this.decide("undo", { edit_id: accepted[0].id });
  }

  /** What stands under an address. The lines that come can be edited, where the folder is trusted. */
  #side(uri: vscode.Uri): Side | undefined {
    const { editId, file, which } = this.#file(uri) ?? {};
    if (!editId || !file) return undefined;
    const isAfter = which === "after";
    return {
      text: isAfter ? file.after : file.before,
      writable: isAfter && vscode.workspace.isTrusted,
      rewrite: async (shown, text) => {
        await this.ctx.call("edit.rewrite", { edit_id: editId, path: file.path, shown, text });
        await this.#load(editId);
      },
    };
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { editId, file, which } = this.#file(document.uri) ?? {};
    if (!editId || !file || which !== "after") return [];
    const lens = (hunk: number, line: number, title: string, command: string) =>
      new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
        title,
        command,
        arguments: [{ edit_id: editId, hunks: [hunk] }],
      });
    return file.hunks
      .filter((hunk) => !hunk.conflict)
      .flatMap((hunk) => {
        const line = Math.min(hunk.after_line, document.lineCount) - 1;
        return [
          lens(hunk.number, line, "$(check) Accept", "aiia.acceptHunk"),
          lens(hunk.number, line, "$(close) Reject", "aiia.rejectHunk"),
          lens(hunk.number, line, "Split", "aiia.splitHunk"),
          lens(hunk.number, line, "Try Again…", "aiia.retryHunk"),
        ];
      });
  }

  #file(uri: vscode.Uri): { editId: string; file: FilePreview | undefined; which: string } | undefined {
    const query = new URLSearchParams(uri.query);
    const [editId, number] = [query.get("edit") ?? "", query.get("path") ?? ""];
    const file = this.#previews.get(editId)?.files.find((file) => file.path === number);
    return uri.scheme === SCHEME ? { editId, file, which: query.get("side") ?? "after" } : undefined;
  }

  /** The edit that is shown, and the hunk at the cursor where one is wanted. */
  #atCursor(oneHunk: boolean): Target | undefined {
    const uri = shownReview();
    const found = uri && this.#file(uri);
    if (!found) return undefined;
    if (!oneHunk) return { edit_id: found.editId };
    const editor = vscode.window.activeTextEditor;
    const which = editor?.document.uri.scheme === SCHEME ? "after" : "before";
    const hunk = found.file && hunkAt(found.file.hunks, (editor?.selection.active.line ?? 0) + 1, which);
    return hunk && { edit_id: found.editId, hunks: [hunk.number] };
  }

  async #load(editId: string): Promise<EditPreview> {
    const preview = await this.ctx.call("edit.preview", { edit_id: editId });
    this.#previews.set(editId, preview);
    this.#tell(preview);
    return preview;
  }

  #refresh(editId: string): Promise<void> {
    return this.#inTurn(() => this.#bringUpToDate(editId));
  }

  async #bringUpToDate(editId: string): Promise<void> {
    try {
      const preview = await this.#load(editId);
      for (const file of preview.files.filter((file) => file.hunks.length === 0)) await closeDiffs(editId, file.path);
      if (preview.files.some((file) => file.hunks.length > 0)) return;
      await closeDiffs(editId);
      this.#previews.delete(editId);
    } catch (error) {
      this.ctx.output.warn(`the review of ${editId} was not brought up to date: ${error}`);
    }
  }

  #tell(preview: EditPreview): void {
    const sides = (file: FilePreview) => [side(preview.edit.id, file, "after"), side(preview.edit.id, file, "before")];
    this.#files.changed(preview.files.flatMap(sides));
    this.#onDidChangeLenses.fire();
  }

  /** Keys and buttons of a review are there while one is shown. */
  #noteTabs(): void {
    void vscode.commands.executeCommand("setContext", "aiia.reviewing", shownReview() !== undefined);
  }

  dispose(): void {
    for (const timer of this.#settling.values()) clearTimeout(timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

/** The right side of the diff that is in front. */
function shownReview(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputTextDiff) return input.modified.scheme === SCHEME ? input.modified : undefined;
  if (input instanceof vscode.TabInputText) return undefined;
  // The editor of several diffs has no kind of its own; the one that is typed in tells.
  const active = vscode.window.activeTextEditor?.document.uri;
  return active?.scheme === SCHEME ? active : undefined;
}

/** Saves what was typed into a review; false where that did not work, which VSCode has said then. */
async function saved(editId: string): Promise<boolean> {
  const ours = ({ uri, isDirty }: vscode.TextDocument) =>
    isDirty && uri.scheme === SCHEME && new URLSearchParams(uri.query).get("edit") === editId;
  for (const document of vscode.workspace.textDocuments.filter(ours)) if (!(await document.save())) return false;
  return true;
}

async function closeDiffs(editId: string, path?: string): Promise<void> {
  const ours = (uri: vscode.Uri) => {
    const query = new URLSearchParams(uri.query);
    return uri.scheme === SCHEME && query.get("edit") === editId && (path === undefined || query.get("path") === path);
  };
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const done = tabs.filter((tab) => tab.input instanceof vscode.TabInputTextDiff && ours(tab.input.modified));
  for (const tab of done) {
    const input = tab.input as vscode.TabInputTextDiff;
    const wasInFront = tab.isActive;
    await vscode.window.tabGroups.close(tab);
    // The file itself comes to the front, where the change now is; unless another review has come there meanwhile.
    if (wasInFront && !shownReview() && input.original.scheme !== SCHEME)
      await vscode.window.showTextDocument(input.original, { preview: false });
  }
}

function uriOf(path: string): vscode.Uri {
  return path.startsWith("untitled:") ? vscode.Uri.parse(path) : vscode.Uri.file(path);
}

/** The left side is the file itself, so that the user can go on typing in it. */
function left(editId: string, file: FilePreview): vscode.Uri {
  return file.exists ? uriOf(file.from ?? file.path) : side(editId, file, "before");
}

function side(editId: string, file: FilePreview, which: "before" | "after"): vscode.Uri {
  const query = new URLSearchParams({ edit: editId, side: which, path: file.path });
  return vscode.Uri.from({ scheme: SCHEME, path: uriOf(file.path).path.replace(/^(?!\/)/, "/"), query: query.toString() });
}
