/** What the features share: the connection, what it is like, and everything that has to be disposed of. */

import * as vscode from "vscode";
import { type LanguageClient, State } from "vscode-languageclient/node";
import { findProgram, ProgramMissing } from "./bootstrap";
import { createClient } from "./client";
import { answerLookUps } from "./features/look_up";
import { asProblem, type ChangeEvent, type OperationName, type Params, type Result, type RunEvent, sentence } from "./lib/api";
import type { Connection } from "./lib/view_protocol";

/** A request waits so long for the daemon to be there. */
const CONNECT_LIMIT = 20_000;

export interface Status {
  connection: Connection;
  /** Why, where something is wrong. */
  detail: string;
}

export class Ctx implements vscode.Disposable {
  readonly output = vscode.window.createOutputChannel("aiia", { log: true });
  readonly #disposables: vscode.Disposable[] = [this.output];
  readonly #onStatus = this.own(new vscode.EventEmitter<Status>());
  readonly #onEvent = this.own(new vscode.EventEmitter<ChangeEvent>());
  readonly #onRun = this.own(new vscode.EventEmitter<RunEvent>());
  /** The connection is there, is lost, or cannot be had. */
  readonly onStatus = this.#onStatus.event;
  /** What any client changed. */
  readonly onEvent = this.#onEvent.event;
  /** The events of runs that this window follows. */
  readonly onRun = this.#onRun.event;
  status: Status = { connection: "connecting", detail: "" };
  /** The names of the operations that the daemon has. */
  operations: string[] = [];
  /** The program that was found. */
  program = "";
  #client: LanguageClient | undefined;
  #starting: Promise<void> | undefined;

  constructor(readonly extension: vscode.ExtensionContext) {}

  own<T extends vscode.Disposable>(disposable: T): T {
    this.#disposables.push(disposable);
    return disposable;
  }

  /** Starts the client. Says, rather than throws, when that does not work. */
  async start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#set("connecting", "");
    try {
      const { path, from } = await findProgram(this.extension);
      this.program = path;
      this.output.info(`the program is ${path} (${from})`);
      const client = createClient(path, this.output, {
        onLost: (delay) => {
          this.output.warn(delay === undefined ? "the connection is lost again and again" : "the connection is lost");
          const detail = delay === undefined ? "The daemon ended again and again; the log says why." : "";
          this.#set("lost", detail);
        },
      });
      this.#client = client;
      answerLookUps(client);
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Running) void this.#connected(client);
      });
      client.onNotification("aiia/event", (event: ChangeEvent) => this.#onEvent.fire(event));
      client.onNotification("aiia/run/event", (event: RunEvent) => this.#onRun.fire(event));
      await client.start();
    } catch (error) {
      const missing = error instanceof ProgramMissing;
      const detail = missing ? error.message : sentence(asProblem(error));
      this.output.error(detail);
      this.#set(missing ? "missing" : "lost", detail);
      void this.#offerHelp(detail, missing);
    }
  }

  async #connected(client: LanguageClient): Promise<void> {
    const announced = client.initializeResult?.capabilities.experimental as { aiia?: { operations?: string[] } } | undefined;
    this.operations = announced?.aiia?.operations ?? [];
    try {
      await client.sendRequest("aiia/events/subscribe", {});
      if (client === this.#client) this.#set("connected", "");
    } catch (error) {
      this.#set("lost", sentence(asProblem(error)));
    }
  }

  async #offerHelp(detail: string, missing: boolean): Promise<void> {
    const next = missing ? ["Open Settings", "How to Install", "Try Again"] : ["Show Log", "Try Again"];
    const chosen = await vscode.window.showErrorMessage(`aiia: ${detail}`, ...next);
    if (chosen === "Open Settings") await vscode.commands.executeCommand("workbench.action.openSettings", "aiia.path");
    if (chosen === "How to Install") {
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", `${this.extension.extension.id}#aiia.start`);
    }
    if (chosen === "Show Log") this.output.show();
    if (chosen === "Try Again") await this.restart();
  }

  /** Ends the connection and makes a new one; the daemon itself goes on. */
  async restart(): Promise<void> {
    const old = this.#client;
    this.#client = undefined;
    try {
      await old?.dispose(2000);
    } catch (error) {
      this.output.info(`the old client did not end in order: ${error}`);
    }
    await this.start();
  }

  /** Does an operation. Waits for the daemon where it is being started. */
  async call<O extends OperationName>(operation: O, params: Params<O>): Promise<Result<O>> {
    const client = await this.#running();
    return await client.sendRequest(`aiia/${operation.replace(".", "/")}`, params);
  }

  /** Has the daemon carry out a command of the editor's protocol. */
  async command<T>(command: string, argument: object): Promise<T> {
    const client = await this.#running();
    return await client.sendRequest("workspace/executeCommand", { command, arguments: [argument] });
  }

  async #running(): Promise<LanguageClient> {
    if (this.#client?.state === State.Running) return this.#client;
    if (this.status.connection === "missing") throw new Error(this.status.detail);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        listener.dispose();
        reject(new Error("The daemon is not there. Run “aiia: Restart”, or read its log with “aiia: Show Log”."));
      }, CONNECT_LIMIT);
      const listener = this.onStatus((status) => {
        if (status.connection === "connecting") return;
        if (status.connection === "lost" && status.detail === "") return;
        clearTimeout(timer);
        listener.dispose();
        if (status.connection === "connected") resolve();
        else reject(new Error(status.detail));
      });
    });
    if (!this.#client) throw new Error("The daemon is not there.");
    return this.#client;
  }

  /** The client's converter of positions and diagnostics. */
  get code2Protocol() {
    return this.#client?.code2ProtocolConverter;
  }

  #set(connection: Connection, detail: string): void {
    this.status = { connection, detail };
    this.#onStatus.fire(this.status);
  }

  dispose(): void {
    void this.#client?.dispose(2000).catch(() => {});
    for (const disposable of this.#disposables.reverse()) disposable.dispose();
  }
}

/** Shows what did not work. */
export function showProblem(error: unknown): void {
  void vscode.window.showErrorMessage(`aiia: ${sentence(asProblem(error))}`);
}
