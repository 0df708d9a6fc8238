/** Texts to read that are no files: what a model would see, what the doctor found. */

import * as vscode from "vscode";
import type { Ctx } from "../ctx";
import { doctorDocument } from "../lib/text";

const SCHEME = "aiia-report";
/** What stands where a report was before the window was loaded again. */
const GONE = "# Shown earlier\n\nRun the command again to see how it is now.\n";

export class Reports implements vscode.Disposable, vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #onDidChange = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.#onDidChange.event;

  constructor(private readonly ctx: Ctx) {}

  /** Shows Markdown under a name, as it is read; the same name shows the new text in the same place. */
  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    this.#texts.set(uri.path, text);
    this.#onDidChange.fire(uri);
    try {
      await vscode.commands.executeCommand("markdown.showPreview", uri);
    } catch {
      // VSCode's own extension for Markdown is switched off.
      await vscode.window.showTextDocument(uri, { preview: true });
    }
  }

  async doctor(): Promise<void> {
    await this.show("aiia doctor", doctorDocument(await this.ctx.call("system.doctor", {})));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.path) ?? GONE;
  }

  dispose(): void {
    this.#registration.dispose();
    this.#onDidChange.dispose();
  }
}
