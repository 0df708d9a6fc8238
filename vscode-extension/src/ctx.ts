/** What the features share: the connection, what it is like, and everything that has to be disposed of. */

import * as vscode from "vscode";
import { findProgram } from "./bootstrap";
import { type Client, createClient } from "./client";
import { answerLookUps } from "./features/look_up";
import { asProblem, type ChangeEvent, type OperationName, type Params, type Result, type RunEvent, sentence } from "./lib/api";
import { Keeper, type Status } from "./lib/keeper";

/** What the daemon says of itself. */
interface Announced {
  aiia?: { operations?: string[] };
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
  /** The names of the operations that the daemon has. */
  operations: string[] = [];
  /** The program that was found. */
  program = "";
  readonly #keeper = new Keeper<Client>({
    make: (onClosed) => this.#make(onClosed),
    onStatus: (status) => this.#note(status),
    describe: (error) => sentence(asProblem(error)),
    onGivenUp: (status) => void this.#offerHelp(status),
    now: () => Date.now(),
    later: (milliseconds, work) => {
      const timer = setTimeout(work, milliseconds);
      return () => clearTimeout(timer);
    },
  });

  constructor(readonly extension: vscode.ExtensionContext) {}

  own<T extends vscode.Disposable>(disposable: T): T {
    this.#disposables.push(disposable);
    return disposable;
  }

  get status(): Status {
    return this.#keeper.status;
  }

  /** Makes the connection, in place of the one that there is; the daemon itself goes on. Says, rather than throws, when that does not work. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  async #make(onClosed: () => void): Promise<Client> {
    const { path, from } = await findProgram(this.extension);
    this.program = path;
    this.output.info(`the program is ${path} (${from})`);
    const client = createClient(path, this.output, () => {
      this.output.warn("the connection is lost");
      onClosed();
    });
    answerLookUps(client);
    client.onNotification("aiia/event", (event: ChangeEvent) => this.#onEvent.fire(event));
    client.onNotification("aiia/run/event", (event: RunEvent) => this.#onRun.fire(event));
    return client;
  }

  #note(status: Status): void {
    if (status.connection === "connected") {
      const announced = this.#keeper.link?.initializeResult?.capabilities.experimental as Announced | undefined;
      this.operations = announced?.aiia?.operations ?? [];
    }
    if (status.detail) this.output.error(status.detail);
    this.#onStatus.fire(status);
  }

  async #offerHelp({ connection, detail }: Status): Promise<void> {
    const next = connection === "missing" ? ["Open Settings", "How to Install", "Try Again"] : ["Show Log", "Try Again"];
    const chosen = await vscode.window.showErrorMessage(`aiia: ${detail}`, ...next);
    if (chosen === "Open Settings") await vscode.commands.executeCommand("workbench.action.openSettings", "aiia.path");
    if (chosen === "How to Install") {
      await vscode.commands.executeCommand("workbench.action.openWalkthrough", `${this.extension.extension.id}#start`);
    }
    if (chosen === "Show Log") this.output.show();
    if (chosen === "Try Again") await this.start();
  }

  /** Does an operation. Waits for the daemon where it is being started. */
  call<O extends OperationName>(operation: O, params: Params<O>): Promise<Result<O>> {
    return this.#request(`aiia/${operation.replace(".", "/")}`, params as object);
  }

  /** Has the daemon carry out a command of the editor's protocol. */
  command<T>(command: string, argument: object): Promise<T> {
    return this.#request("workspace/executeCommand", { command, arguments: [argument] });
  }

  async #request<T>(method: string, params: object): Promise<T> {
    const client = await this.#keeper.get();
    try {
      return await client.sendRequest<T>(method, params);
    } catch (error) {
      if (client === this.#keeper.link) throw error;
      throw new Error("The connection to the daemon was lost before it answered. Try again.");
    }
  }

  /** The client's converter of positions and diagnostics. */
  get code2Protocol() {
    return this.#keeper.link?.code2ProtocolConverter;
  }

  dispose(): void {
    void this.#keeper.stop();
    for (const disposable of this.#disposables.reverse()) disposable.dispose();
  }
}

/** Shows what did not work. */
export function showProblem(error: unknown): void {
  void vscode.window.showErrorMessage(`aiia: ${sentence(asProblem(error))}`);
}
