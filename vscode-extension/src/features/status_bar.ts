/** The item of the status bar: connected, which model, busy, and what mends an error. */

import * as vscode from "vscode";
import type { Ctx } from "../ctx";

export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("aiia.status", vscode.StatusBarAlignment.Right, 90);
  readonly #running = new Set<string>();
  readonly #disposables: vscode.Disposable[];
  #model = "";
  #problem = "";

  constructor(private readonly ctx: Ctx) {
    this.#item.name = "aiia";
    this.#item.command = "aiia.status";
    this.#disposables = [
      this.#item,
      ctx.onStatus(() => {
        this.#running.clear();
        void this.#read();
      }),
      ctx.onRun((event) => {
        if (event.type === "done") this.#running.delete(event.run_id);
        else this.#running.add(event.run_id);
        this.#draw();
      }),
    ];
    this.#draw();
    this.#item.show();
  }

  async #read(): Promise<void> {
    this.#draw();
    if (this.ctx.status.connection !== "connected") return;
    try {
      const status = await this.ctx.call("system.status", {});
      this.#model = status.default_model ?? "";
      this.#problem = status.model_problem ?? status.config_problems[0] ?? "";
    } catch (error) {
      this.ctx.output.warn(`the status is not to be had: ${error}`);
    }
    this.#draw();
  }

  #draw(): void {
    const { connection, detail } = this.ctx.status;
    const item = this.#item;
    item.backgroundColor = undefined;
    if (connection === "connected") {
      const busy = this.#running.size > 0;
      item.text = busy ? "$(loading~spin) aiia" : this.#problem ? "$(warning) aiia" : "$(comment-discussion) aiia";
      const model = this.#model ? `Model: ${this.#model}` : "No model";
      item.tooltip = [busy ? "aiia is working." : "aiia is connected.", model, this.#problem].filter(Boolean).join("\n");
      item.accessibilityInformation = { label: `aiia: ${busy ? "working" : "connected"}. ${model}`, role: "button" };
      return;
    }
    const waiting = connection === "connecting" || (connection === "lost" && detail === "");
    item.text = waiting ? "$(sync~spin) aiia" : "$(error) aiia";
    item.tooltip = waiting ? "aiia: connecting to the daemon" : `aiia: ${detail}`;
    item.accessibilityInformation = { label: item.tooltip, role: "button" };
    if (!waiting) item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
