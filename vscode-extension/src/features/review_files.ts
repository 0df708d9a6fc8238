/**
 * The sides of a review as files of VSCode. The proposed side can be typed in: saving hands the text to the daemon, which gives the lines
 * to the hunks that they belong to.
 */

import * as vscode from "vscode";
import { asProblem, sentence } from "../lib/api";

export const SCHEME = "aiia-review";

/** What is shown under an address. */
export interface Side {
  text: string;
  /** Whether it can be typed in. */
  writable: boolean;
  /** Hands over what the user made of `shown`. */
  rewrite: (shown: string, text: string) => Promise<void>;
}

export class ReviewFiles implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #onDidChange = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #registration: vscode.Disposable;
  readonly onDidChangeFile = this.#onDidChange.event;
  /** What was handed out under an address, and since when; what is typed is typed into that. */
  readonly #shown = new Map<string, { text: string; since: number }>();
  #clock = 0;

  /** `side` gives what is known, `load` asks for it: a window that was loaded again has tabs of which nothing is known yet. */
  constructor(
    private readonly side: (uri: vscode.Uri) => Side | undefined,
    private readonly load: (uri: vscode.Uri) => Promise<unknown>,
  ) {
    // VSCode listens at once, so that everything else must be there.
    this.#registration = vscode.workspace.registerFileSystemProvider(SCHEME, this);
  }

  /** Tells VSCode that the texts under these addresses may be others now. */
  changed(uris: vscode.Uri[]): void {
    const differ = uris.filter((uri) => this.#shown.get(uri.toString())?.text !== this.side(uri)?.text);
    if (differ.length) this.#onDidChange.fire(differ.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const side = await this.#find(uri);
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: this.#note(uri, side.text),
      size: Buffer.byteLength(side.text),
      permissions: side.writable ? undefined : vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const side = await this.#find(uri);
    this.#note(uri, side.text);
    return Buffer.from(side.text);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const side = await this.#find(uri);
    if (!side.writable) throw vscode.FileSystemError.NoPermissions("Edit the file itself, beside the change.");
    try {
      await side.rewrite(this.#shown.get(uri.toString())?.text ?? side.text, Buffer.from(content).toString());
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(sentence(asProblem(error)));
    }
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions("A review has no folders.");
  }

  delete(): void {
    throw vscode.FileSystemError.NoPermissions("Reject the change instead.");
  }

  rename(): void {
    throw vscode.FileSystemError.NoPermissions("A review has no files of its own.");
  }

  async #find(uri: vscode.Uri): Promise<Side> {
    try {
      if (!this.side(uri)) await this.load(uri);
    } catch (error) {
      throw vscode.FileSystemError.Unavailable(sentence(asProblem(error)));
    }
    const side = this.side(uri);
    if (!side) throw vscode.FileSystemError.FileNotFound("This change waits no more.");
    return side;
  }

  /** Since when the text has been this one. */
  #note(uri: vscode.Uri, text: string): number {
    const key = uri.toString();
    const known = this.#shown.get(key);
    if (known?.text === text) return known.since;
    const since = ++this.#clock;
    this.#shown.set(key, { text, since });
    return since;
  }

  dispose(): void {
    this.#registration.dispose();
    this.#onDidChange.dispose();
  }
}
