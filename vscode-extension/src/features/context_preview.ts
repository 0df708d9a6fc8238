/** What a model would see of the code at the cursor. */

import * as vscode from "vscode";
import type { Ctx } from "../ctx";
import { pathOf } from "../lib/places";
import { contextDocument, placeLabel } from "../lib/text";
import type { Reports } from "./reports";

export class ContextPreview {
  constructor(
    private readonly ctx: Ctx,
    private readonly reports: Reports,
  ) {}

  async show(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("aiia: Open a file and put the cursor on the code first.");
      return;
    }
    if (!vscode.workspace.isTrusted)
      throw new Error("Trust this folder first: aiia reads nothing of an untrusted one by itself.");
    const { document, selection } = editor;
    const path = pathOf(document.uri);
    const lines = { start: selection.start.line + 1, end: selection.end.line + 1 };
    const bundle = await this.ctx.call("context.get", {
      document: { path, text: document.getText(), language_id: document.languageId },
      selection: { lines },
    });
    await this.reports.show("aiia context", contextDocument(placeLabel(path, lines), bundle));
  }
}
