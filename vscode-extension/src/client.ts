/** The language client: the one connection to the daemon, through `aiia lsp`. */

import * as vscode from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  type InitializeParams,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerOptions,
  type StaticFeature,
} from "vscode-languageclient/node";
import { config } from "./config";
import { ANSWERS } from "./features/look_up";
import { Backoff } from "./lib/backoff";

/** Every scheme whose text the daemon may see. */
const DOCUMENTS = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ scheme }));

export interface ClientHooks {
  /** The connection is lost; it is made again after `milliseconds`, or not by itself. */
  onLost(milliseconds: number | undefined): void;
}

class Client extends LanguageClient {
  constructor(
    server: ServerOptions,
    options: LanguageClientOptions,
    private readonly trusted: boolean,
  ) {
    super("aiia", "aiia", server, options);
  }

  /** Our commands are there before the daemon is, and say so when it is not: the client must not register them as well. */
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const method = "registrationType" in feature ? feature.registrationType.method : "";
    if (method === "workspace/executeCommand") return;
    if (!this.trusted && method === "workspace/didChangeWorkspaceFolders") return;
    super.registerFeature(feature);
  }

  /** The daemon is told of no folder that is not trusted, so that it reads none. */
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    if (this.trusted) return;
    Object.assign(params, { rootUri: null, rootPath: null, workspaceFolders: null });
  }
}

/** A client that is not started yet. */
export function createClient(program: string, output: vscode.LogOutputChannel, hooks: ClientHooks): LanguageClient {
  const trusted = vscode.workspace.isTrusted;
  const backoff = new Backoff();
  const server: ServerOptions = { command: program, args: ["lsp"], options: { env: process.env } };
  const options: LanguageClientOptions = {
    documentSelector: trusted ? DOCUMENTS : [],
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: {
      aiia: { events: true, showsResults: true, codeActions: config.codeActions(), editor: ANSWERS },
    },
    // Nothing that comes from a model may run a command.
    markdown: { isTrusted: false, supportHtml: false },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: async () => {
        const delay = backoff.next(Date.now());
        hooks.onLost(delay);
        if (delay === undefined) return { action: CloseAction.DoNotRestart, handled: true };
        await new Promise((resolve) => setTimeout(resolve, delay));
        return { action: CloseAction.Restart, handled: true };
      },
    },
  };
  return new Client(server, options, trusted);
}
