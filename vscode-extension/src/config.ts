/** The settings. */

import * as vscode from "vscode";

const SECTION = "aiia";

export const config = {
  /** The program; never taken from a workspace, which could name any program. */
  path(): string {
    const inspected = vscode.workspace.getConfiguration(SECTION).inspect<string>("path");
    return inspected?.globalValue ?? "";
  },
  codeActions(): boolean {
    return vscode.workspace.getConfiguration(SECTION).get("codeActions.enabled", true);
  },
};

/** Calls back when a setting changes that the running client was started with. */
export function onDidChangeConnection(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration("aiia.path") || event.affectsConfiguration("aiia.codeActions.enabled")) listener();
  });
}
