/**
 * Review of pending edits in VSCode's own diff editor. What a file would be, and where each hunk is, says the daemon; what is
 * accepted is applied by the daemon through `workspace/applyEdit`.
 */

import { basename } from "node:path";
import * as vscode from "vscode";
import { type Ctx, showProblem } from "../ctx";
import type { EditPreview, PendingEdit, Schemas } from "../lib/api";
import { complaint, hunkAt, nextHunk, placed } from "../lib/hunks";
import { editSummary } from "../lib/text";
import { editsHere } from "./edits_here";
import { ReviewFiles, SCHEME, type Side } from "./review_files";
import { closeDiffs, closeMulti, isOpen, left, named, saved, shownReview, side, uriOf } from "./review_tabs";

const SETTLE_MILLISECONDS = 100;

type FilePreview = Schemas["FilePreview"];

/** A hunk, or all hunks where `hunks` is absent. */
export interface Target {
  edit_id: string;
  hunks?: number[];
}

export class Reviews implements vscode.Disposable, vscode.CodeLensProvider {
  readonly #previews = new Map<string, EditPreview>();
  readonly #loading = new Map<string, Promise<EditPreview>>();
  readonly #settling = new Map<string, NodeJS.Timeout>();
  /** What was just decided: the cursor goes on to the next hunk. */
  #decided: Target | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #files = new ReviewFiles(
    (uri) => this.#side(uri),
    (uri) => this.#loadOnce(named(uri)?.editId ?? ""),
  );
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
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#settle(document);
        this.#advance();
      }),
      tabs.onDidChangeTabs(({ closed }) => {
        this.#noteTabs();
        if (closed.length) this.#forgetClosed();
      }),
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

  /** Nothing is read for reviews that no tab shows. */
  #forgetClosed(): void {
    for (const [id, { edit }] of this.#previews) {
      if (isOpen(id, edit.title) || this.#loading.has(id)) continue;
      clearTimeout(this.#settling.get(id));
      this.#settling.delete(id);
      this.#previews.delete(id);
    }
  }

  /** Shows a pending edit: one diff, or one editor with the diffs of all files. */
  open(editId: string, viewColumn?: vscode.ViewColumn): Promise<void> {
    return this.#inTurn(() => this.#open(editId, viewColumn));
  }

  async #open(editId: string, viewColumn?: vscode.ViewColumn): Promise<void> {
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
      const line = (nextHunk(placed(preview, file, "after"), 1)?.start ?? 1) - 1;
      const options: vscode.TextDocumentShowOptions = {
        preview: false,
        viewColumn,
        selection: new vscode.Range(line, 0, line, 0),
      };
      await vscode.commands.executeCommand("vscode.diff", left, right, title, options);
      return;
    }
    const resources = sides.map(({ file, left, right }) => [uriOf(file.path), left, right]);
    await vscode.commands.executeCommand("vscode.changes", preview.edit.title, resources);
  }

  /** Lets the user choose among what waits. */
  async choose(): Promise<void> {
    const items = await editsHere(this.ctx, "pending");
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
      if (command.endsWith("Hunk")) this.#decided = chosen;
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
    const { files } = this.#previews.get(edit_id) ?? (await this.#loadOnce(edit_id));
    const file = files.find((one) => one.protection && one.hunks.some((hunk) => hunks?.includes(hunk.number)));
    if (!file) return true;
    const accept = "Accept This Hunk";
    const detail = `${file.path} ${file.protection}.`;
    return (await vscode.window.showWarningMessage("aiia: Change a protected file?", { modal: true, detail }, accept)) === accept;
  }

  /** Takes the change back that was accepted last in the files of this window. */
  async undoLast(): Promise<void> {
    const [last] = await editsHere(this.ctx, "accepted");
    if (last) await this.decide("undo", { edit_id: last.id });
    else void vscode.window.showInformationMessage("aiia: No accepted change can be taken back.");
  }

  /** What stands under an address. The lines that come can be edited, where the folder is trusted. */
  #side(uri: vscode.Uri): Side | undefined {
    const { preview, file, which } = this.#file(uri) ?? {};
    if (!preview || !file) return undefined;
    const isAfter = which === "after";
    return {
      text: isAfter ? file.after : file.before,
      writable: isAfter && vscode.workspace.isTrusted,
      rewrite: async (shown, text) => {
        await this.ctx.call("edit.rewrite", { edit_id: preview.edit.id, path: file.path, shown, text });
        await this.#load(preview.edit.id);
      },
    };
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { preview, file, which } = this.#file(document.uri) ?? {};
    if (!preview || !file || which !== "after") return [];
    return placed(preview, file, "after").flatMap((hunk) => {
      const line = Math.max(1, Math.min(hunk.start, document.lineCount)) - 1;
      const lens = (title: string, command: string) => {
        const argument: Target = { edit_id: preview.edit.id, hunks: [hunk.number] };
        return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: [argument] });
      };
      if (hunk.conflict) {
        const why = `$(warning) Does not fit: ${complaint(hunk.conflict, file.path)}`;
        return [lens("$(close) Reject", "aiia.rejectHunk"), lens(why, "")];
      }
      // A file that comes or goes does so as a whole.
      const inParts = file.action === "edit" || file.action === "rename";
      return [
        lens("$(check) Accept", "aiia.acceptHunk"),
        lens("$(close) Reject", "aiia.rejectHunk"),
        ...(inParts ? [lens("Split", "aiia.splitHunk")] : []),
        lens("Try Again…", "aiia.retryHunk"),
      ];
    });
  }

  #file(uri: vscode.Uri): { preview: EditPreview; file: FilePreview; which: "before" | "after" } | undefined {
    const found = named(uri);
    const preview = found && this.#previews.get(found.editId);
    const file = preview?.files.find((file) => file.path === found?.path);
    return preview && file && found ? { preview, file, which: found.which } : undefined;
  }

  /** The edit that is shown, and the hunk at the cursor where one is wanted. */
  #atCursor(oneHunk: boolean): Target | undefined {
    const uri = shownReview();
    const found = uri && this.#file(uri);
    if (!found) return undefined;
    const { preview, file } = found;
    if (!oneHunk) return { edit_id: preview.edit.id };
    const editor = vscode.window.activeTextEditor;
    const which = editor?.document.uri.scheme === SCHEME ? "after" : "before";
    const hunk = editor && hunkAt(placed(preview, file, which), editor.selection.active.line + 1);
    return hunk && { edit_id: preview.edit.id, hunks: [hunk.number] };
  }

  /** Puts the cursor on the next hunk once the text is there in which it stands. */
  #advance(): void {
    const editor = vscode.window.activeTextEditor;
    const found = editor && this.#file(editor.document.uri);
    if (!editor || !found || found.which !== "after" || found.preview.edit.id !== this.#decided?.edit_id) return;
    const hunks = placed(found.preview, found.file, "after");
    const waits = hunks.some((hunk) => this.#decided?.hunks?.includes(hunk.number));
    if (waits || editor.document.getText() !== found.file.after) return;
    this.#decided = undefined;
    const line = editor.selection.active.line + 1;
    const next = hunkAt(hunks, line) ?? nextHunk(hunks, line);
    if (!next) return;
    const at = new vscode.Position(next.start - 1, 0);
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  /** Asks for a review that is not known yet, once for all that wait for it. */
  #loadOnce(editId: string): Promise<EditPreview> {
    const known = this.#loading.get(editId);
    if (known) return known;
    const loading = this.#load(editId)
      .then((preview) => {
        // What was decided on elsewhere meanwhile is shown no more.
        if (preview.files.every((file) => file.hunks.length === 0)) void this.#refresh(editId);
        return preview;
      })
      .finally(() => this.#loading.delete(editId));
    this.#loading.set(editId, loading);
    return loading;
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
      this.#advance();
      for (const file of preview.files.filter((file) => file.hunks.length === 0)) await closeDiffs(editId, file.path);
      if (preview.files.some((file) => file.hunks.length > 0)) return;
      await closeDiffs(editId);
      await closeMulti(editId, preview.edit.title);
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
