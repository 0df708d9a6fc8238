/** The command table: every command of the extension, and those that the daemon's menus name. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { type Ctx, showProblem } from "./ctx";
import type { Actions, Kind } from "./features/actions";
import type { ChatView } from "./features/chat_view";
import type { ContextPreview } from "./features/context_preview";
import { removeKey, setKey } from "./features/keys";
import type { Reports } from "./features/reports";
import type { Reviews, Target } from "./features/reviews";
import type { StatusBar } from "./features/status_bar";

export interface Features {
  chat: ChatView;
  actions: Actions;
  reviews: Reviews;
  reports: Reports;
  context: ContextPreview;
  status: StatusBar;
}

/** How long `aiia open` may take. */
const OPEN_LIMIT = 15_000;

export function registerCommands(ctx: Ctx, { chat, actions, reviews, reports, context, status }: Features): void {
  const table: Record<string, (...args: never[]) => unknown> = {
    "aiia.chat": () => chat.focus(),
    "aiia.askSelection": () => chat.attachSelection(),
    "aiia.newChat": () => chat.startNew(),
    "aiia.switchProject": () => chat.switchProject(),
    "aiia.selectModel": () => chat.selectModel(),
    "aiia.explainCode": () => actions.run("explain"),
    "aiia.fixCode": () => actions.run("fix"),
    "aiia.optimizeCode": () => actions.run("optimize"),
    "aiia.generateTests": () => actions.run("test"),
    "aiia.documentCode": () => actions.run("document"),
    "aiia.inlineChat": () => actions.inline(),
    "aiia.insertAtCursor": (text?: string) => chat.insertAtCursor(text),
    "aiia.showContext": () => context.show(),
    "aiia.reviewEdits": () => reviews.choose(),
    "aiia.acceptHunk": (target?: Target) => reviews.decide("acceptHunk", asTarget(target)),
    "aiia.rejectHunk": (target?: Target) => reviews.decide("rejectHunk", asTarget(target)),
    "aiia.splitHunk": (target?: Target) => reviews.split(asTarget(target)),
    "aiia.retryHunk": (target?: Target) => actions.retry(asTarget(target)),
    "aiia.acceptAll": (target?: Target) => reviews.decide("acceptAll", asTarget(target)),
    "aiia.rejectAll": (target?: Target) => reviews.decide("rejectAll", asTarget(target)),
    "aiia.undo": (target?: Target) => reviews.decide("undo", asTarget(target)),
    "aiia.undoLastEdit": () => reviews.undoLast(),
    "aiia.openReview": (target?: Target) => (asTarget(target) ? reviews.open((target as Target).edit_id) : reviews.choose()),
    "aiia.openInBrowser": () => openInBrowser(ctx),
    "aiia.doctor": () => reports.doctor(),
    "aiia.restart": () => ctx.start(),
    "aiia.showLog": () => ctx.output.show(),
    "aiia.status": () => status.show(),
    "aiia.setKey": () => setKey(ctx),
    "aiia.removeKey": () => removeKey(ctx),
    "aiia.attachFile": (uri?: vscode.Uri, all?: vscode.Uri[]) => chat.attachFiles(all ?? (uri ? [uri] : [])),
  };
  // What the lightbulb offers comes from the daemon, with its arguments.
  const kinds: Kind[] = ["explain", "fix", "optimize", "test", "document", "edit", "ask"];
  for (const kind of kinds)
    table[`aiia.${kind}`] = (argument?: object) => (argument ? actions.start(kind, argument) : actions.run(kind));
  for (const [id, work] of Object.entries(table)) {
    ctx.own(
      vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        try {
          return await work(...(args as never[]));
        } catch (error) {
          showProblem(error);
        }
      }),
    );
  }
}

/** Menus pass what was clicked on; only an object that names an edit is a target. */
function asTarget(value: unknown): Target | undefined {
  const target = value as Partial<Target> | undefined;
  return typeof target?.edit_id === "string" ? { edit_id: target.edit_id, hunks: target.hunks } : undefined;
}

/** The program signs the browser in with an address that works once; the token stays with it. */
async function openInBrowser(ctx: Ctx): Promise<void> {
  if (ctx.program === "") throw new Error(ctx.status.detail || "The daemon is not there yet.");
  const { stdout } = await promisify(execFile)(ctx.program, ["open", "--print"], { timeout: OPEN_LIMIT });
  const address = vscode.Uri.parse(stdout.trim(), true);
  await vscode.env.openExternal(address);
}
