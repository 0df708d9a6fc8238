/** The item of the status bar: connected, which model, busy, and what mends an error. */

import * as vscode from "vscode";
import { type Ctx, showProblem } from "../ctx";
import type { ChatView } from "./chat_view";

/** What happened lately is read once it rests. */
const SETTLE_MILLISECONDS = 500;

type Action = vscode.QuickPickItem & { command: string; argument?: string };

const CHAT: Action = { label: "$(comment-discussion) Open Chat", command: "aiia.chat" };
const REVIEW: Action = { label: "$(diff) Review Changes", command: "aiia.reviewEdits" };
const MODEL: Action = { label: "$(symbol-misc) Select Model", command: "aiia.selectModel" };
const KEY: Action = { label: "$(key) Set API Key…", command: "aiia.setKey" };
const BROWSER: Action = { label: "$(globe) Open in Browser", command: "aiia.openInBrowser" };
const DOCTOR: Action = {
  label: "$(pulse) Doctor",
  description: "checks everything and says how to mend it",
  command: "aiia.doctor",
};
const LOG: Action = { label: "$(output) Show Log", command: "aiia.showLog" };
const RESTART: Action = { label: "$(debug-restart) Restart", command: "aiia.restart" };
const SETTINGS: Action = {
  label: "$(gear) Name the Program in the Settings",
  command: "workbench.action.openSettings",
  argument: "aiia.path",
};

export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("aiia.status", vscode.StatusBarAlignment.Right, 90);
  readonly #running = new Set<string>();
  readonly #disposables: vscode.Disposable[];
  #settling: NodeJS.Timeout | undefined;
  #default = "";
  #problem = "";

  constructor(
    private readonly ctx: Ctx,
    private readonly chat: ChatView,
  ) {
    this.#item.name = "aiia";
    this.#item.command = "aiia.status";
    this.#disposables = [
      this.#item,
      chat.onModel(() => this.#draw()),
      ctx.onStatus(() => {
        this.#running.clear();
        this.#draw();
        this.#settle(0);
      }),
      ctx.onEvent(({ entity }) => {
        if (entity === "config" || entity === "model") this.#settle(SETTLE_MILLISECONDS);
      }),
      ctx.onRun((event) => {
        if (event.type === "done") {
          this.#running.delete(event.run_id);
          // A run that failed may be the first to say that a model is not there.
          if (event.status === "failed" || this.#problem) this.#settle(SETTLE_MILLISECONDS);
        } else this.#running.add(event.run_id);
        this.#draw();
      }),
    ];
    this.#draw();
    this.#item.show();
  }

  #settle(milliseconds: number): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#read(), milliseconds);
  }

  async #read(): Promise<void> {
    if (this.ctx.status.connection !== "connected") return;
    try {
      const status = await this.ctx.call("system.status", {});
      this.#default = status.default_model ?? "";
      this.#problem = status.model_problem ?? status.config_problems[0] ?? "";
    } catch (error) {
      this.ctx.output.warn(`the status is not to be had: ${error}`);
    }
    this.#draw();
  }

  /** What can be done now, what mends an error first. */
  async show(): Promise<void> {
    const { connection, detail } = this.ctx.status;
    const state = connection === "connected" ? this.#problem : detail;
    const chosen = await vscode.window.showQuickPick(this.#actions(), {
      title: `aiia: ${connection}`,
      placeHolder: state || undefined,
      matchOnDescription: true,
    });
    if (chosen)
      await vscode.commands
        .executeCommand(chosen.command, ...(chosen.argument ? [chosen.argument] : []))
        .then(undefined, showProblem);
  }

  #actions(): Action[] {
    const { connection } = this.ctx.status;
    if (connection === "missing") return [SETTINGS, RESTART, LOG];
    if (connection !== "connected") return [RESTART, LOG, SETTINGS];
    const usual = [CHAT, REVIEW, MODEL, KEY, BROWSER, DOCTOR, LOG, RESTART];
    if (!this.#problem) return usual;
    const mends = /\bkey\b/i.test(this.#problem) ? [KEY, MODEL, DOCTOR] : [MODEL, DOCTOR, KEY];
    return [...mends, ...usual.filter((action) => !mends.includes(action))];
  }

  #draw(): void {
    const { connection, detail } = this.ctx.status;
    const item = this.#item;
    item.backgroundColor = undefined;
    if (connection === "connected") {
      const busy = this.#running.size > 0;
      const icon = busy ? "$(loading~spin)" : this.#problem ? "$(warning)" : "$(comment-discussion)";
      const model = this.chat.model ?? this.#default;
      item.text = model ? `${icon} aiia: ${model.slice(model.indexOf("/") + 1)}` : `${icon} aiia`;
      const about = model ? `Model: ${model}` : "No model";
      item.tooltip = [busy ? "aiia is working." : "aiia is connected.", about, this.#problem].filter(Boolean).join("\n");
      const label = ["aiia", busy ? "working" : "connected", about, this.#problem].filter(Boolean).join(". ");
      item.accessibilityInformation = { label, role: "button" };
      return;
    }
    const waiting = connection === "connecting" || (connection === "lost" && detail === "");
    item.text = waiting ? "$(sync~spin) aiia" : "$(error) aiia";
    item.tooltip = waiting ? "aiia: connecting to the daemon" : `aiia: ${detail}`;
    item.accessibilityInformation = { label: item.tooltip, role: "button" };
    if (!waiting) item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
  }

  dispose(): void {
    clearTimeout(this.#settling);
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
