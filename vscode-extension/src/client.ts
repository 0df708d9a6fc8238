/** The language client: the one connection to the daemon, through `aiia lsp`. */

import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  type InitializeParams,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";
import { config } from "./config";
import { ANSWERS } from "./features/look_up";
import type { Link } from "./lib/keeper";
import { traced } from "./lib/text";

/** Every scheme whose text the daemon may see. */
const DOCUMENTS = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ scheme }));

/** A program that was asked to end is ended after so many milliseconds. */
const END_LIMIT = 2000;

export class Client extends LanguageClient implements Link {
  #process: ChildProcess | undefined;
  #closing = false;

  constructor(program: string, options: LanguageClientOptions) {
    super("aiia", "aiia", () => this.#spawn(program), options);
  }

  /** Started by ourselves, so that a start that hangs can be ended. */
  #spawn(program: string): Promise<ChildProcess> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new Error("Not wanted any more."));
      // Not in the opened folder, where a library of that name could lie.
      const child = spawn(program, ["lsp"], { cwd: homedir(), stdio: "pipe" });
      this.#process = child;
      child.once("error", reject);
      child.once("spawn", () => resolve(child));
    });
  }

  async open(): Promise<void> {
    await this.start();
    await this.sendRequest("aiia/events/subscribe", {});
  }

  async close(): Promise<void> {
    this.#closing = true;
    const child = this.#process;
    try {
      // While it starts, the client cannot be asked to stop.
      if (this.state === State.Running) await this.dispose(END_LIMIT);
      else child?.kill();
    } finally {
      setTimeout(() => child?.exitCode === null && child.kill("SIGKILL"), END_LIMIT).unref();
    }
  }

  /** What goes wrong is in the log and in the status bar; the library's own windows would say it a second time. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  /**
   * Our commands are there before the daemon is, and say so when it is not: the client must not register them as well. Called by the
   * library's constructor, when no field of ours is there yet.
   */
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const method = "registrationType" in feature ? feature.registrationType.method : "";
    if (method === "workspace/executeCommand") return;
    if (!vscode.workspace.isTrusted && method === "workspace/didChangeWorkspaceFolders") return;
    super.registerFeature(feature);
  }

  /** The daemon is told of no folder that is not trusted, so that it reads none. */
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    if (vscode.workspace.isTrusted) return;
    Object.assign(params, { rootUri: null, rootPath: null, workspaceFolders: null });
  }
}

/** The log without the keys that are told to the daemon: what is traced has them in plain text. */
function withoutKeys(output: vscode.LogOutputChannel): vscode.LogOutputChannel {
  return new Proxy(output, {
    get(target, name) {
      if (name === "trace") return (text: string) => target.trace(traced(text));
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A client that is not started yet. `onClosed` is called when the program has ended. */
export function createClient(program: string, output: vscode.LogOutputChannel, onClosed: () => void): Client {
  const options: LanguageClientOptions = {
    documentSelector: vscode.workspace.isTrusted ? DOCUMENTS : [],
    outputChannel: output,
    traceOutputChannel: withoutKeys(output),
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: {
      aiia: {
        events: true,
        showsResults: true,
        codeActions: config.codeActions(),
        trusted: vscode.workspace.isTrusted,
        editor: ANSWERS,
      },
    },
    // Nothing that comes from a model may run a command.
    markdown: { isTrusted: false, supportHtml: false },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      // Another client takes the place of one that is lost.
      closed: () => {
        onClosed();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
  };
  return new Client(program, options);
}
