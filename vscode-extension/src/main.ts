/** The extension's entry: what is shown here is decided by the daemon. */

import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { onDidChangeConnection } from "./config";
import { Ctx } from "./ctx";
import { Actions } from "./features/actions";
import { ChatView } from "./features/chat_view";
import { ContextPreview } from "./features/context_preview";
import { Reports } from "./features/reports";
import { Reviews } from "./features/reviews";
import { StatusBar } from "./features/status_bar";

export function activate(extension: vscode.ExtensionContext): void {
  const started = performance.now();
  const ctx = new Ctx(extension);
  extension.subscriptions.push(ctx);
  const reviews = ctx.own(new Reviews(ctx));
  const reports = ctx.own(new Reports(ctx));
  const chat = ctx.own(new ChatView(ctx, reviews, reports));
  const actions = ctx.own(new Actions(ctx, chat, reviews));
  const status = ctx.own(new StatusBar(ctx, chat));
  registerCommands(ctx, { chat, actions, reviews, reports, status, context: new ContextPreview(ctx, reports) });
  ctx.own(onDidChangeConnection(() => void ctx.start()));
  ctx.own(vscode.workspace.onDidGrantWorkspaceTrust(() => void ctx.start()));
  // The daemon is started beside the activation, not within it.
  void ctx.start();
  ctx.output.info(`activated in ${(performance.now() - started).toFixed(1)} ms`);
}

export function deactivate(): void {}
