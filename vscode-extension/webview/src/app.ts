/** What the view does: reads, asks, follows, and keeps what it shows true. It decides nothing that the daemon can decide. */

import {
  asProblem,
  type ChangeEvent,
  type Chat,
  type Message,
  type Params,
  type Project,
  type SearchHit,
  sentence,
} from "../../src/lib/api";
import { fenced } from "../../src/lib/text";
import type { Attachment } from "../../src/lib/view_protocol";
import { LiveRun } from "./live_run";
import { Markdown } from "./markdown";
import { sentences } from "./sentences";
import { merge, type State, Store, type Toast } from "./state";
import type { Saved, Told, Transport } from "./transport";

const PAGE = 50;
/** Changes of a moment are read at once. */
const SETTLE_MILLISECONDS = 40;
const TOAST_MILLISECONDS = 8000;
/** Larger files do not belong into a question, in characters. */
const MAX_ATTACHED = 200_000;
/** A search waits for the end of typing. */
const SEARCH_MILLISECONDS = 200;

export class App {
  readonly store = new Store();
  readonly markdown: Markdown;
  /** Runs that go on, by the message that they write. */
  readonly live = new Map<string, LiveRun>();
  /** What is read out, sentence by sentence. */
  onSay: (text: string) => void = () => {};
  onFocusComposer: () => void = () => {};
  onScrollToEnd: () => void = () => {};
  onShowMessage: (messageId: string) => void = () => {};
  onDraft: (text: string) => void = () => {};
  #saved: Saved;
  #settling: number | undefined;
  #stale = new Set<"projects" | "chats" | "messages">();
  #toast = 0;
  #searching = 0;
  #lastSeq: number | undefined;
  /** Chats whose messages are being read; a later reading wins. */
  #reading = 0;

  constructor(readonly transport: Transport) {
    this.#saved = transport.load();
    const editor = transport.kind === "editor";
    this.markdown = new Markdown(transport, {
      buttons: [
        { name: "copy", label: "Copy" },
        ...(editor
          ? [
              { name: "insert", label: "Insert" },
              { name: "apply", label: "Apply" },
              { name: "newFile", label: "New file" },
            ]
          : []),
      ],
      run: (name, code, language, frame) => void this.codeAction(name, code, language, frame),
    });
  }

  get state(): State {
    return this.store.get();
  }

  has(operation: string): boolean {
    return this.state.operations.has(operation);
  }

  start(): void {
    this.store.set({ projectId: this.#saved.projectId, sidebar: this.transport.kind === "browser" && innerWidth >= 800 });
    this.transport.listen((told) => void this.#take(told).catch((error) => this.problem(error)));
  }

  async #take(told: Told): Promise<void> {
    switch (told.type) {
      case "connection": {
        const operations = new Set(told.operations);
        this.store.set({ connection: told.state, connectionDetail: told.detail, operations });
        if (told.state !== "connected") return;
        this.markdown.enabled = operations.has("markdown.render");
        this.#lastSeq = undefined;
        return this.#connected();
      }
      case "workspace":
        this.store.set({ folder: told.folder, trusted: told.trusted });
        if (this.state.connection === "connected") await this.#resolveProject();
        return;
      case "event":
        return this.#changed(told.event);
      case "show":
        this.#saved.chatId = told.chatId;
        if (this.state.connection === "connected") await this.open(told.chatId);
        return;
      case "new":
        return this.newChat();
      case "project":
        return this.selectProject(told.projectId);
      case "attach":
        this.attach(told.attachment);
        return;
      case "insertLast":
        return this.#insertLast();
      case "focus":
        this.onFocusComposer();
    }
  }

  async #connected(): Promise<void> {
    await Promise.all([this.#readProjects(), this.#resolveProject()]);
    await this.#readChats();
    const wanted = this.#saved.chatId;
    if (wanted && wanted !== this.state.chat?.id) await this.open(wanted).catch(() => this.#forget());
    else if (this.state.chat) await this.#readMessages();
    // Asking which models there are may take a while.
    this.transport.call("model.list", {}).then(
      ({ items }) => this.store.set({ models: items }),
      () => {},
    );
  }

  // Projects and chats

  async #resolveProject(): Promise<void> {
    const { folder } = this.state;
    if (!folder || this.#saved.projectId) return;
    const project = await this.transport.call("project.resolve", { folder });
    if (this.state.projectId) return;
    this.store.set({ projectId: project.id });
    await Promise.all([this.#readProjects(), this.#readChats()]);
  }

  async #readProjects(): Promise<void> {
    const { items } = await this.transport.call("project.list", { limit: 200 });
    const known = items.some((project: Project) => project.id === this.state.projectId);
    this.store.set({ projects: items, projectId: known || this.state.folder ? this.state.projectId : items[0]?.id });
  }

  async #readChats(): Promise<void> {
    const { projectId, showArchived } = this.state;
    if (!projectId) return;
    const archived = this.has("chat.fork") && showArchived ? { archived: "only" as const } : {};
    const { items, next_cursor } = await this.transport.call("chat.list", { project_id: projectId, limit: PAGE, ...archived });
    if (projectId !== this.state.projectId) return;
    this.store.set({ chats: items, moreChats: next_cursor ?? undefined });
  }

  async readMoreChats(): Promise<void> {
    const { projectId, moreChats, chats } = this.state;
    if (!projectId || !moreChats) return;
    const { items, next_cursor } = await this.transport.call("chat.list", {
      project_id: projectId,
      limit: PAGE,
      cursor: moreChats,
    });
    const known = new Set(chats.map((chat) => chat.id));
    this.store.set({
      chats: [...chats, ...items.filter((chat: Chat) => !known.has(chat.id))],
      moreChats: next_cursor ?? undefined,
    });
  }

  async selectProject(projectId: string): Promise<void> {
    this.store.set({ projectId, chats: [], moreChats: undefined, found: undefined, query: "" });
    this.#saved.projectId = projectId;
    this.#save();
    await this.#readChats();
  }

  async createProject(name: string): Promise<void> {
    const project = await this.transport.call("project.create", { name });
    await this.#readProjects();
    await this.selectProject(project.id);
  }

  async toggleArchived(): Promise<void> {
    this.store.set({ showArchived: !this.state.showArchived, chats: [], moreChats: undefined });
    await this.#readChats();
  }

  /** Narrows the list of chats; with full-text search, also finds what was said. */
  async search(query: string): Promise<void> {
    const number = ++this.#searching;
    this.store.set({ query, found: undefined });
    if (query.trim() === "" || !this.has("search.query")) return;
    await new Promise((resolve) => setTimeout(resolve, SEARCH_MILLISECONDS));
    if (number !== this.#searching) return;
    const { items } = await this.transport.call("search.query", { query, limit: 30 });
    if (number !== this.#searching) return;
    // Titles narrow the list above already, but only those of this project.
    const listed = new Set(this.state.chats.map((chat) => chat.id));
    this.store.set({ found: items.filter((hit) => hit.message_id || !listed.has(hit.chat_id)) });
  }

  /** Opens the chat of a hit where it was found. */
  async openFound(hit: SearchHit): Promise<void> {
    await this.open(hit.chat_id);
    const wanted = hit.message_id;
    if (!wanted) return;
    const isHere = () => this.state.messages.some((message) => message.id === wanted);
    while (!isHere() && this.state.chat?.id === hit.chat_id && this.state.older) await this.readOlder();
    if (this.state.chat?.id !== hit.chat_id) return;
    // What is on no page of this path is on another branch.
    if (!isHere() && this.has("message.choose")) await this.choose(wanted);
    while (!isHere() && this.state.chat?.id === hit.chat_id && this.state.older) await this.readOlder();
    this.onShowMessage(wanted);
  }

  async updateChat(chat: Chat, change: Record<string, unknown>): Promise<void> {
    const changed = await this.transport.call("chat.update", { chat_id: chat.id, ...change });
    if (this.state.chat?.id === chat.id) this.store.set({ chat: changed });
    await this.#readChats();
  }

  async deleteChat(chat: Chat): Promise<void> {
    await this.transport.call("chat.delete", { chat_id: chat.id });
    if (this.state.chat?.id === chat.id) this.#forget();
    await this.#readChats();
    const restore = async () => {
      await this.transport.call("chat.restore", { chat_id: chat.id });
      await this.#readChats();
      await this.open(chat.id);
    };
    const action = this.has("chat.restore") ? { label: "Undo", run: () => this.try(restore) } : undefined;
    this.toast({ text: `“${titleOf(chat)}” was deleted.`, kind: "information", action });
  }

  // One chat

  newChat(): void {
    this.#endRuns();
    this.#reading++;
    this.store.set({ chat: undefined, messages: [], older: undefined, editing: undefined, loading: false, busy: false });
    this.#closeDrawer();
    this.#saved.chatId = undefined;
    this.#save();
    this.onDraft(this.draft);
    this.onFocusComposer();
  }

  async open(chatId: string): Promise<void> {
    if (this.state.chat?.id !== chatId) {
      this.#endRuns();
      this.store.set({ messages: [], older: undefined, editing: undefined, loading: true });
    }
    const chat = await this.transport.call("chat.get", { chat_id: chatId });
    const other = chat.project_id !== this.state.projectId;
    this.store.set({ chat, projectId: chat.project_id });
    this.#saved.chatId = chatId;
    this.#save();
    this.onDraft(this.draft);
    this.#closeDrawer();
    await Promise.all([this.#readMessages(), other ? this.#readChats() : undefined]);
    this.onScrollToEnd();
  }

  /** On a narrow view the list covers the chat. */
  #closeDrawer(): void {
    if (this.transport.kind === "editor" || innerWidth < 800) this.store.set({ sidebar: false });
  }

  #forget(): void {
    this.newChat();
  }

  async #readMessages(): Promise<void> {
    const { chat } = this.state;
    if (!chat) return;
    const number = ++this.#reading;
    const page = await this.#page(chat.id, undefined);
    if (number !== this.#reading || this.state.chat?.id !== chat.id) return;
    const { messages, older } = merge(this.state.messages, page.messages, page.older, this.state.older);
    this.store.set({ messages, older, loading: false });
    for (const message of messages)
      if (message.status === "streaming" && message.run_id) this.#follow(message.id, message.run_id);
  }

  /** A page of messages, oldest first; the newest page without a cursor. */
  async #page(chatId: string, cursor: string | undefined): Promise<{ messages: Message[]; older: string | undefined }> {
    const newestFirst = this.has("message.choose");
    const order = newestFirst ? { order: "newest" as const } : {};
    const limit = newestFirst ? PAGE : 200;
    const { items, next_cursor } = await this.transport.call("message.list", {
      chat_id: chatId,
      limit,
      cursor,
      ...order,
    } as never);
    return { messages: newestFirst ? [...items].reverse() : items, older: newestFirst ? (next_cursor ?? undefined) : undefined };
  }

  async readOlder(): Promise<void> {
    const { chat, older, loading } = this.state;
    if (!chat || !older || loading) return;
    this.store.set({ loading: true });
    try {
      const page = await this.#page(chat.id, older);
      if (this.state.chat?.id !== chat.id || this.state.older !== older) return;
      this.store.set({ messages: [...page.messages, ...this.state.messages], older: page.older });
    } finally {
      this.store.set({ loading: false });
    }
  }

  // Asking

  get draft(): string {
    return this.#saved.drafts?.[this.state.chat?.id ?? this.#saved.chatId ?? ""] ?? "";
  }

  /** Keeps what is typed, so that nothing is lost when the view or the daemon goes away. */
  keepDraft(text: string): void {
    const drafts = { ...this.#saved.drafts };
    const key = this.state.chat?.id ?? "";
    if (text === "") delete drafts[key];
    else drafts[key] = text;
    this.#saved.drafts = Object.fromEntries(Object.entries(drafts).slice(-50));
    this.#save();
  }

  attach(attachment: Attachment): void {
    if (attachment.text.length > MAX_ATTACHED) {
      this.toast({ text: `${attachment.label} is too large to attach.`, kind: "error" });
      return;
    }
    const others = this.state.attachments.filter((other) => other.label !== attachment.label);
    this.store.set({ attachments: [...others, attachment] });
    this.onFocusComposer();
  }

  detach(attachment: Attachment): void {
    this.store.set({ attachments: this.state.attachments.filter((other) => other !== attachment) });
  }

  /** Sends a question. What was typed comes back when it cannot be sent. */
  async send(text: string): Promise<boolean> {
    const { attachments, editing } = this.state;
    if (text.trim() === "" || this.state.busy) return false;
    try {
      const chat = this.state.chat ?? (await this.#createChat());
      const code = attachments.find((one) => one.path);
      const run =
        code?.path && this.state.trusted && !editing
          ? await this.transport.call("action.start", {
              kind: "ask",
              instruction: withTexts(
                text,
                attachments.filter((one) => one !== code),
              ),
              document: { path: code.path, language_id: code.languageId },
              selection: code.lines ? { lines: code.lines } : null,
              chat_id: chat.id,
            })
          : await this.transport.call("run.start", {
              chat_id: chat.id,
              content: withTexts(text, attachments),
              ...(editing ? this.#anew(editing) : {}),
            });
      this.store.set({ attachments: [], editing: undefined, chat: this.state.chat ?? chat });
      this.keepDraft("");
      this.#follow(run.message_id, run.id);
      await this.#readMessages();
      this.onScrollToEnd();
      return true;
    } catch (error) {
      this.problem(error);
      return false;
    }
  }

  #anew(message: Message): Record<string, unknown> {
    return this.has("message.choose") ? { replaces: message.id } : { parent_id: message.parent_id };
  }

  /** Starts a chat from a template: its system prompt, model and first question. */
  async startTemplate(filled: Omit<Params<"template.start">, "project_id">): Promise<void> {
    const projectId = await this.#anyProject();
    const { chat } = await this.transport.call("template.start", {
      ...filled,
      project_id: projectId,
    } as Params<"template.start">);
    await this.open(chat.id);
    this.onFocusComposer();
  }

  /** The project that is shown; a first one where there is none yet. */
  async #anyProject(): Promise<string> {
    if (this.state.projectId) return this.state.projectId;
    const project = await this.transport.call("project.create", { name: "My chats" });
    await this.#readProjects();
    return project.id;
  }

  async #createChat(): Promise<Chat> {
    const projectId = await this.#anyProject();
    const chat = await this.transport.call("chat.create", { project_id: projectId });
    const draft = this.draft;
    this.store.set({ chat, projectId });
    this.#saved.chatId = chat.id;
    delete this.#saved.drafts?.[""];
    this.keepDraft(draft);
    return chat;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.live.values()].map((run) => this.transport.call("run.cancel", { run_id: run.runId })));
  }

  async regenerate(message: Message): Promise<void> {
    if (this.has("message.answer")) {
      const { items } = await this.transport.call("message.answer", { message_id: message.id });
      for (const run of items) this.#follow(run.message_id, run.id);
    } else {
      const question = this.state.messages.find((one) => one.id === message.parent_id);
      if (!question) return;
      const run = await this.transport.call("run.start", {
        chat_id: message.chat_id,
        content: question.content,
        parent_id: question.parent_id ?? null,
      });
      this.#follow(run.message_id, run.id);
    }
    await this.#readMessages();
  }

  async choose(messageId: string): Promise<void> {
    this.store.set({ chat: await this.transport.call("message.choose", { message_id: messageId }) });
    await this.#readMessages();
  }

  edit(message: Message | undefined): void {
    this.store.set({ editing: message });
    this.onDraft(message?.content ?? this.draft);
    if (message) this.onFocusComposer();
  }

  #follow(messageId: string, runId: string): void {
    if (this.live.has(messageId)) return;
    const run = new LiveRun(runId, this.transport, (ended) => {
      if (ended.end?.problem) this.problem(ended.end.problem);
      if (!ended.isDrawn) for (const sentence of [...sentences(ended.text), ended.lastWord]) this.onSay(sentence);
      this.live.delete(messageId);
      this.store.set({ busy: this.live.size > 0 });
      this.try(() => this.#readMessages());
    });
    this.live.set(messageId, run);
    this.store.set({ busy: true });
  }

  #endRuns(): void {
    for (const run of this.live.values()) run.dispose();
    this.live.clear();
    this.store.set({ busy: false });
  }

  // Code blocks

  async codeAction(name: string, code: string, language: string, frame: HTMLElement): Promise<void> {
    try {
      if (name === "copy") {
        await this.transport.act({ action: "copy", text: code });
        this.toast({ text: "The code was copied.", kind: "information" });
      }
      if (name === "insert") await this.transport.act({ action: "insert", text: code });
      if (name === "newFile") await this.transport.act({ action: "newFile", text: code, language });
      if (name === "apply") await this.#apply(frame);
    } catch (error) {
      this.problem(error);
    }
  }

  async #apply(frame: HTMLElement): Promise<void> {
    const article = frame.closest<HTMLElement>("article[data-message]");
    if (!article?.dataset.message) return;
    const block = [...article.querySelectorAll(".code")].indexOf(frame) + 1;
    const edit = await this.transport.call("edit.propose", { message_id: article.dataset.message, block });
    await this.review(edit.id);
  }

  async review(editId: string): Promise<void> {
    await this.transport.act({ action: "review", editId });
  }

  async #insertLast(): Promise<void> {
    const pre = [...document.querySelectorAll<HTMLElement>("article.assistant pre")].at(-1);
    if (pre) await this.transport.act({ action: "insert", text: pre.textContent ?? "" });
    else this.toast({ text: "The open chat has no code.", kind: "information" });
  }

  // Changes of others

  #changed(event: ChangeEvent): void {
    if (this.#lastSeq !== undefined && event.seq > this.#lastSeq + 1) {
      for (const what of ["projects", "chats", "messages"] as const) this.#stale.add(what);
    }
    this.#lastSeq = event.seq;
    const here = event.chat_id === this.state.chat?.id || event.id === this.state.chat?.id;
    if (event.entity === "project") this.#stale.add("projects");
    if (event.entity === "chat") this.#stale.add("chats");
    if (event.entity === "chat" && here && event.change === "deleted") this.#forget();
    else if (here && event.entity !== "edit") this.#stale.add("messages");
    if (this.#stale.size && this.#settling === undefined) {
      this.#settling = window.setTimeout(() => {
        this.#settling = undefined;
        this.try(() => this.#readStale());
      }, SETTLE_MILLISECONDS);
    }
  }

  async #readStale(): Promise<void> {
    const stale = this.#stale;
    this.#stale = new Set();
    const { chat } = this.state;
    await Promise.all([
      stale.has("projects") ? this.#readProjects() : undefined,
      stale.has("chats") ? this.#readChats() : undefined,
      stale.has("messages") ? this.#readMessages() : undefined,
      stale.has("chats") && chat
        ? this.transport.call("chat.get", { chat_id: chat.id }).then((read) => {
            if (this.state.chat?.id === read.id) this.store.set({ chat: read });
          })
        : undefined,
    ]);
  }

  // Telling

  /** Does `work` and shows what does not. */
  try(work: () => Promise<unknown> | undefined): void {
    work()?.catch((error: unknown) => this.problem(error));
  }

  problem(error: unknown): void {
    const problem = asProblem(error);
    if (problem.code === "cancelled") return;
    this.toast({ text: sentence(problem), kind: "error" });
  }

  toast(toast: Omit<Toast, "id">): void {
    const id = ++this.#toast;
    const same = this.state.toasts.filter((other) => other.text !== toast.text);
    this.store.set({ toasts: [...same.slice(-2), { id, ...toast }] });
    if (toast.kind === "information") setTimeout(() => this.dismiss(id), TOAST_MILLISECONDS);
  }

  dismiss(id: number): void {
    this.store.set({ toasts: this.state.toasts.filter((toast) => toast.id !== id) });
  }

  get theme(): string {
    return this.#saved.theme ?? "system";
  }

  set theme(theme: string) {
    this.#saved.theme = theme;
    this.#save();
  }

  #save(): void {
    this.transport.save({ ...this.#saved });
  }
}

/** The question with the texts that go along. */
function withTexts(text: string, attachments: Attachment[]): string {
  return [text, ...attachments.map((one) => `\`${one.label}\`:\n\n${fenced(one.text, one.languageId)}`)].join("\n\n");
}

export function titleOf(chat: Chat): string {
  return chat.title || "New chat";
}
