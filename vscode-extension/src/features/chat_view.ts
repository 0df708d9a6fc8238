/**
 * The chat view in the sidebar. It shows what the daemon says; this side carries its calls, and does for it what only the
 * editor can. Nothing secret ever reaches it.
 */

import * as vscode from "vscode";
import { type Ctx, showProblem } from "../ctx";
import { asProblem, type Chat, type OperationName, type Params, type Project, type RunEvent } from "../lib/api";
import { type ChatChange, changeChat, whatOthersDid } from "../lib/changes";
import { isAsAttached, pathOf, placeOf } from "../lib/places";
import { placeLabel, remarksDocument } from "../lib/text";
import { ended, exported, importRemarks, importSummary } from "../lib/transfers";
import {
  type Attachment,
  type FromView,
  type HostAction,
  needsTrust,
  parseFromView,
  type ToView,
  waitingFor,
} from "../lib/view_protocol";
import { chatPage } from "./chat_page";
import type { Reports } from "./reports";
import type { Reviews } from "./reviews";

const VIEW = "aiia.chatView";
/** Files that are attached by a drop are not larger, in bytes. */
const MAX_ATTACHED = 1_000_000;
const MODEL = "model";

export class ChatView implements vscode.Disposable, vscode.WebviewViewProvider {
  #view: vscode.WebviewView | undefined;
  #ready = false;
  /** Counts the pages of the view: VSCode takes a hidden one away, and what it asked for is not the next one's. */
  #page = 0;
  /** What is to be told to the view once it is there. */
  #waiting: ToView[] = [];
  #chatId: string | undefined;
  /** The folder that the view was told of. */
  #told: string | undefined;
  readonly #onModel = new vscode.EventEmitter<void>();
  /** Another model was chosen. */
  readonly onModel = this.#onModel.event;
  /** The files that the view was handed; it may name no others. */
  readonly #handed = new Set<string>();
  readonly #disposables: vscode.Disposable[];

  constructor(
    private readonly ctx: Ctx,
    private readonly reviews: Reviews,
    private readonly reports: Reports,
  ) {
    this.#disposables = [
      this.#onModel,
      vscode.window.registerWebviewViewProvider(VIEW, this),
      ctx.onStatus(() => this.#tellConnection()),
      // What a hidden view misses it reads when it is shown again.
      ctx.onEvent((event) => this.#tell({ type: "event", event })),
      ctx.onRun((event: RunEvent) => this.#tell({ type: "run", event })),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#tellWorkspace()),
      vscode.window.onDidChangeActiveTextEditor(() => {
        if (this.#folder !== this.#told) this.#tellWorkspace();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#tellWorkspace()),
    ];
  }

  /** The model that the user has chosen in this workspace; undefined for the daemon's default. */
  get model(): string | undefined {
    return this.ctx.extension.workspaceState.get<string>(MODEL);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    this.#leave();
    view.webview.options = { enableScripts: true, enableCommandUris: false, enableForms: true, localResourceRoots: [] };
    view.webview.onDidReceiveMessage((message: unknown) => {
      const parsed = parseFromView(message);
      if (parsed) void this.#take(parsed);
      else this.#drop(message);
    });
    view.onDidChangeVisibility(() => {
      if (!view.visible && view === this.#view) this.#leave();
    });
    view.onDidDispose(() => {
      if (view !== this.#view) return;
      this.#view = undefined;
      this.#leave();
    });
    view.webview.html = chatPage(this.ctx.extension.extensionPath);
  }

  /** Says that a message is none that the view may send: whoever waits for the answer would wait for ever. */
  #drop(message: unknown): void {
    this.ctx.output.warn("a message of the chat view was dropped");
    const id = waitingFor(message);
    if (id === undefined) return;
    const problem = asProblem(new Error("The editor does not do that for the chat; it may be too large."));
    this.#tell({ type: "problem", id, problem });
  }

  /** The page of the view is gone. */
  #leave(): void {
    this.#ready = false;
    this.#page++;
  }

  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    this.#send({ type: "focus" });
  }

  /** Opens a chat. */
  async show(chatId: string): Promise<void> {
    this.#send({ type: "show", chatId });
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }

  async startNew(): Promise<void> {
    this.#send({ type: "new" });
    await this.focus();
  }

  /** Attaches the selection of the active editor to the next question. */
  async attachSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor) this.#attach(editor.document, editor.selection);
    await this.focus();
  }

  #attach(document: vscode.TextDocument, selection: vscode.Selection): void {
    const whole = selection.isEmpty;
    const end =
      selection.end.character === 0 && selection.end.line > selection.start.line ? selection.end.line : selection.end.line + 1;
    const lines = whole ? undefined : { start: selection.start.line + 1, end };
    const text = whole ? document.getText() : document.getText(selection.with(selection.start.with({ character: 0 })));
    const path = pathOf(document.uri);
    this.#hand({
      label: placeLabel(path, lines),
      path,
      lines,
      languageId: document.languageId,
      text: text.slice(0, MAX_ATTACHED),
    });
  }

  #hand(attachment: Attachment): void {
    if (attachment.path) this.#handed.add(attachment.path);
    this.#send({ type: "attach", attachment });
  }

  /** Throws where the place of an attachment is not known, or its lines say something else by now. */
  async #checkAttached({ path, lines, text }: Extract<HostAction, { action: "checkAttached" }>): Promise<void> {
    if (!this.#handed.has(path)) throw new Error("That file was not attached.");
    const open = vscode.workspace.textDocuments.find((document) => pathOf(document.uri) === path);
    const place = placeOf(path);
    const document = open ?? ("file" in place ? await vscode.workspace.openTextDocument(vscode.Uri.file(place.file)) : undefined);
    if (!document) throw new Error("That buffer is not open any more.");
    const all = lines && new vscode.Range(lines.start - 1, 0, lines.end, 0);
    if (!isAsAttached(document.getText(all), text, lines !== undefined)) throw new Error("That code is another one by now.");
  }

  /** Inserts `text`, or the last code of the open chat, at the cursor of the active editor. */
  async insertAtCursor(text?: string): Promise<void> {
    if (typeof text !== "string") {
      this.#send({ type: "insertLast" });
      if (!this.#ready) await vscode.commands.executeCommand(`${VIEW}.focus`);
      return;
    }
    if (!vscode.workspace.isTrusted) throw new Error("Trust this folder first: aiia changes nothing in an untrusted one.");
    const editor =
      vscode.window.activeTextEditor ?? (await vscode.window.showTextDocument(await vscode.workspace.openTextDocument()));
    const done = await editor.edit((builder) => {
      for (const selection of editor.selections) builder.replace(selection, text);
    });
    if (!done) throw new Error("The editor did not take the text; it may be read-only.");
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
  }

  async switchProject(): Promise<void> {
    const { items } = await this.ctx.call("project.list", { limit: 200 });
    const picks = items.map((project: Project) => ({
      label: project.name,
      description: project.folders.join(", "),
      id: project.id,
    }));
    const chosen = await vscode.window.showQuickPick(picks, { title: "aiia: Project of the Chats", matchOnDescription: true });
    if (!chosen) return;
    this.#send({ type: "project", projectId: chosen.id });
    await this.focus();
  }

  async selectModel(): Promise<void> {
    const chatId = this.#chatId;
    const [{ items, unavailable }, known] = await Promise.all([
      this.ctx.call("model.list", {}),
      chatId ? this.#chat(chatId) : undefined,
    ]);
    const picks: (vscode.QuickPickItem & { id: string | undefined })[] = items.map((model) => ({
      label: model.id,
      description: [model.default ? "default" : "", model.local ? "stays on this machine" : "sends code away"]
        .filter(Boolean)
        .join(", "),
      detail: model.context_window ? `${model.context_window.toLocaleString()} tokens` : undefined,
      id: model.id,
    }));
    picks.unshift({ label: "Default", description: "what the project or the daemon uses", id: undefined });
    const missing = unavailable.map((one) => `${one.provider}: ${one.reason}`).join("; ");
    const chosen = await vscode.window.showQuickPick(picks, { title: "aiia: Model", placeHolder: missing || undefined });
    if (!chosen) return;
    await this.ctx.extension.workspaceState.update(MODEL, chosen.id);
    this.#onModel.fire();
    if (known) await this.#change(known, { model: chosen.id ?? null });
    else this.#tellModel();
  }

  /** A chat; undefined where it is not there any more. */
  async #chat(chatId: string): Promise<Chat | undefined> {
    return this.ctx.call("chat.get", { chat_id: chatId }).catch((error) => {
      if (asProblem(error).code !== "not_found") throw error;
      return undefined;
    });
  }

  /** Changes a chat that the user knows as `known`; where others changed the same meanwhile, the user decides. */
  async #change(known: Chat, change: ChatChange): Promise<void> {
    const outcome = await changeChat((operation, params) => this.ctx.call(operation, params), known, change);
    if (!outcome.conflicts.length) return;
    const text = `aiia: “${known.title || "New chat"}” ${whatOthersDid(outcome, [])}`;
    const again = "Change It All the Same";
    if ((await vscode.window.showWarningMessage(text, again, "Leave It So")) === again) await this.#change(outcome.chat, change);
  }

  async #take(message: FromView): Promise<void> {
    switch (message.type) {
      case "ready": {
        this.#ready = true;
        this.#tellWorkspace();
        this.#tellModel();
        this.#tellConnection();
        for (const waiting of this.#waiting.splice(0)) this.#tell(waiting);
        return;
      }
      case "current":
        this.#chatId = message.chatId ?? undefined;
        if (!this.#chatId) this.#tellModel();
        return;
      case "call":
        return this.#answer(message.id, () => this.#call(message.operation, message.params));
      case "host":
        return this.#answer(message.id, () => this.#act(message.what));
    }
  }

  async #answer(id: number, work: () => Promise<unknown>): Promise<void> {
    const page = this.#page;
    const answer: ToView = await work().then(
      (result) => ({ type: "result", id, result: result ?? null }),
      (error) => ({ type: "problem", id, problem: asProblem(error) }),
    );
    if (page === this.#page) this.#tell(answer);
  }

  async #call(operation: OperationName, params: Record<string, unknown>): Promise<unknown> {
    const path = (params.document as { path?: unknown } | undefined)?.path;
    if (path !== undefined && !this.#handed.has(String(path))) throw new Error("That file was not attached.");
    if (operation === "project.resolve" && params.folder !== this.#folder) throw new Error("That folder is not open.");
    if (needsTrust(operation) && !vscode.workspace.isTrusted)
      throw new Error("Trust this folder first: aiia reads nothing of an untrusted one by itself, and changes nothing there.");
    if (operation === "edit.propose") return this.#propose(params as Params<"edit.propose">);
    return this.ctx.call(operation, params as never);
  }

  /** Makes code of an answer a change; what fits no file that the answer names is meant for the one that is in front. */
  #propose(params: Params<"edit.propose">): Promise<unknown> {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.uri.scheme !== "file") return this.ctx.call("edit.propose", params);
    const active = { path: pathOf(document.uri), text: document.getText(), language_id: document.languageId };
    return this.ctx.call("edit.propose", { ...params, active });
  }

  async #act(what: HostAction): Promise<void> {
    switch (what.action) {
      case "insert":
        return this.insertAtCursor(what.text);
      case "copy":
        return vscode.env.clipboard.writeText(what.text);
      case "newFile": {
        const languages = await vscode.languages.getLanguages();
        const language = languages.includes(what.language) ? what.language : undefined;
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: what.text, language }));
        return;
      }
      case "review":
        return this.reviews.open(what.editId);
      case "export":
        return this.#export(what.chatId, what.format);
      case "import":
        return this.#import();
      case "openLink":
        // As a Uri the address would be decoded and encoded again, which makes another one of it; the editor takes it as it is, too.
        await vscode.env.openExternal(what.url as unknown as vscode.Uri);
        return;
      case "attachSelection":
        return this.attachSelection();
      case "checkAttached":
        return this.#checkAttached(what);
      case "attachUris":
        return this.#attachUris(what.uris);
      case "restart":
        return this.ctx.start();
    }
  }

  /** Writes a chat to where the user says. */
  async #export(chatId: string, format: "markdown" | "json" | "html"): Promise<void> {
    const file = await exported((operation, params) => this.ctx.call(operation, params), chatId, format);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const defaultUri = folder ? vscode.Uri.joinPath(folder, file.name) : vscode.Uri.file(file.name);
    const target = await vscode.window.showSaveDialog({ defaultUri, title: "aiia: Export the Chat" });
    if (target) await vscode.workspace.fs.copy(vscode.Uri.file(file.path), target, { overwrite: true });
  }

  /** Takes in chats from a file that the user chooses; progress with a way to stop, and what became of each item. */
  async #import(): Promise<void> {
    const filters = { "Exports of aiia, ChatGPT, Claude, Open WebUI": ["json", "zip"] };
    const [file] = (await vscode.window.showOpenDialog({ filters, title: "aiia: Import Chats" })) ?? [];
    if (!file) return;
    const options = { location: vscode.ProgressLocation.Notification, title: "aiia: importing", cancellable: true };
    const transfer = await vscode.window.withProgress(options, async (progress, token) => {
      const started = await this.ctx.call("import.start", { path: file.fsPath });
      token.onCancellationRequested(() => {
        this.ctx.call("transfer.cancel", { transfer_id: started.id }).catch(showProblem);
      });
      return ended(
        (operation, params) => this.ctx.call(operation, params),
        started,
        ({ done, total }) => progress.report({ message: `${done}${total == null ? "" : ` of ${total}`} chats` }),
      );
    });
    if (transfer.report) {
      const remarks = importRemarks(transfer.report);
      const show = remarks.length ? ["What Was Left Out"] : [];
      void vscode.window.showInformationMessage(`aiia: ${importSummary(transfer.report)}`, ...show).then((chosen) => {
        if (!chosen) return;
        this.reports.show("aiia import", remarksDocument(remarks)).catch(showProblem);
      });
    }
    if (transfer.problem) throw transfer.problem;
  }

  /** Files that were dropped from the explorer; only those of the opened folders. */
  async #attachUris(uris: string[]): Promise<void> {
    await this.#attachAll(uris.map((text) => vscode.Uri.parse(text, true)));
  }

  /** Attaches files that were chosen in the explorer. */
  async attachFiles(uris: vscode.Uri[]): Promise<void> {
    const active = vscode.window.activeTextEditor?.document.uri;
    await this.#attachAll(uris.length ? uris : active ? [active] : []);
    await this.focus();
  }

  async #attachAll(uris: vscode.Uri[]): Promise<void> {
    for (const uri of uris) {
      if (!vscode.workspace.getWorkspaceFolder(uri)) throw new Error(`${uri.fsPath} is in none of the opened folders.`);
      const { size, type } = await vscode.workspace.fs.stat(uri);
      if (type & vscode.FileType.Directory) throw new Error(`${uri.fsPath} is a folder; attach files.`);
      if (size > MAX_ATTACHED)
        throw new Error(`${uri.fsPath} has ${size} bytes; files of up to ${MAX_ATTACHED} can be attached.`);
      const document = await vscode.workspace.openTextDocument(uri);
      this.#attach(document, new vscode.Selection(0, 0, 0, 0));
    }
  }

  /** The folder whose project is shown; none where the folders are not trusted. */
  get #folder(): string | undefined {
    if (!vscode.workspace.isTrusted) return undefined;
    const active = vscode.window.activeTextEditor?.document.uri;
    const own = active && vscode.workspace.getWorkspaceFolder(active);
    const folders = [own, ...(vscode.workspace.workspaceFolders ?? [])];
    const isKnown = folders.some((folder) => folder?.uri.fsPath === this.#told);
    // An editor that belongs to no folder does not change it.
    if (!own && isKnown && this.#told !== undefined) return this.#told;
    return folders.find((folder) => folder?.uri.scheme === "file")?.uri.fsPath;
  }

  #tellWorkspace(): void {
    this.#told = this.#folder;
    this.#tell({ type: "workspace", folder: this.#told ?? null, trusted: vscode.workspace.isTrusted });
  }

  #tellModel(): void {
    this.#tell({ type: "nextModel", model: this.model ?? null });
  }

  #tellConnection(): void {
    const { connection, detail } = this.ctx.status;
    this.#tell({ type: "connection", state: connection, detail, operations: this.ctx.operations });
  }

  /** Tells the view now or, where it is not there yet, once it is. */
  #send(message: ToView): void {
    if (this.#ready && this.#view) this.#tell(message);
    else this.#waiting.push(message);
  }

  #tell(message: ToView): void {
    if (this.#ready) void this.#view?.webview.postMessage(message);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}
