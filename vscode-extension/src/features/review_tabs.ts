/** The addresses of the sides of a review, and the tabs that show them. */

import * as vscode from "vscode";
import type { Schemas } from "../lib/api";
import { pathOf, placeOf } from "../lib/places";
import { SCHEME } from "./review_files";

type FilePreview = Schemas["FilePreview"];

export function uriOf(path: string): vscode.Uri {
  const place = placeOf(path);
  return "file" in place ? vscode.Uri.file(place.file) : vscode.Uri.parse(place.uri);
}

/** The left side is the file itself, so that the user can go on typing in it. */
export function left(editId: string, file: FilePreview): vscode.Uri {
  return file.exists ? uriOf(file.from ?? file.path) : side(editId, file, "before");
}

export function side(editId: string, file: FilePreview, which: "before" | "after"): vscode.Uri {
  const query = new URLSearchParams({ edit: editId, side: which, path: file.path });
  return vscode.Uri.from({ scheme: SCHEME, path: uriOf(file.path).path.replace(/^(?!\/)/, "/"), query: query.toString() });
}

/** The edit, the file and the side that an address of a review names. */
export function named(uri: vscode.Uri): { editId: string; path: string; which: "before" | "after" } | undefined {
  if (uri.scheme !== SCHEME) return undefined;
  const query = new URLSearchParams(uri.query);
  return {
    editId: query.get("edit") ?? "",
    path: query.get("path") ?? "",
    which: query.get("side") === "before" ? "before" : "after",
  };
}

/** The right side of the diff that is in front. */
export function shownReview(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputTextDiff) return input.modified.scheme === SCHEME ? input.modified : undefined;
  if (input instanceof vscode.TabInputText) return undefined;
  // The editor of several diffs has no kind of its own; the one that is typed in tells.
  const active = vscode.window.activeTextEditor?.document.uri;
  return active?.scheme === SCHEME ? active : undefined;
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs);
}

/** Whether a tab is the editor with the diffs of all files of an edit. */
function isMulti(tab: vscode.Tab, editId: string, title: string): boolean {
  const known = [vscode.TabInputText, vscode.TabInputTextDiff, vscode.TabInputWebview, vscode.TabInputCustom];
  if (known.some((kind) => tab.input instanceof kind)) return false;
  // Extensions are not told yet what such an editor shows; where they are, that counts, else the label, which begins with the title.
  const diffs = (tab.input as { textDiffs?: { modified?: vscode.Uri }[] } | undefined)?.textDiffs;
  if (Array.isArray(diffs) && diffs.length) return diffs.some(({ modified }) => modified && named(modified)?.editId === editId);
  return tab.label === title || tab.label.startsWith(`${title} (`);
}

/** Whether a review is in some tab. */
export function isOpen(editId: string, title: string): boolean {
  const shows = ({ input }: vscode.Tab) =>
    (input instanceof vscode.TabInputTextDiff && named(input.modified)?.editId === editId) ||
    (input instanceof vscode.TabInputText && named(input.uri)?.editId === editId);
  return tabs().some((tab) => shows(tab) || isMulti(tab, editId, title));
}

/** Closes the diffs of an edit, or that of one file of it. The file itself comes to the front, where the change now is. */
export async function closeDiffs(editId: string, path?: string): Promise<void> {
  const ours = (uri: vscode.Uri) => {
    const found = named(uri);
    return found?.editId === editId && (path === undefined || found.path === path);
  };
  for (const tab of tabs().filter(({ input }) => input instanceof vscode.TabInputTextDiff && ours(input.modified))) {
    const input = tab.input as vscode.TabInputTextDiff;
    const wasInFront = tab.isActive;
    await vscode.window.tabGroups.close(tab);
    // Unless another review has come there meanwhile.
    if (wasInFront && !shownReview() && input.original.scheme !== SCHEME)
      await vscode.window.showTextDocument(input.original, { preview: false });
  }
}

/** Closes the editor with the diffs of several files. */
export async function closeMulti(editId: string, title: string): Promise<void> {
  const done = tabs().filter((tab) => isMulti(tab, editId, title));
  if (done.length) await vscode.window.tabGroups.close(done);
}

/** Saves what was typed into a review; false where that did not work, which VSCode has said then. */
export async function saved(editId: string): Promise<boolean> {
  const typed = vscode.workspace.textDocuments.filter(({ uri, isDirty }) => isDirty && named(uri)?.editId === editId);
  for (const document of typed) if (!(await document.save())) return false;
  return true;
}

/** The folders of this window, and the documents beside them that it has open, as the daemon calls them. */
export function placesOfWindow(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const documents = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === "file" || uri.scheme === "untitled");
  return [...new Set([...folders, ...documents].map(({ uri }) => pathOf(uri)))];
}
