/** The open chat: what is read of it, asked in it, and follows from that. */

import type { Chat, Message, Params, SearchHit } from "../../src/lib/api";
import { fenced } from "../../src/lib/text";
import type { Attachment } from "../../src/lib/view_protocol";
import { type ChatList, titleOf } from "./chat_list";
import type { Core } from "./core";
import { LiveRun } from "./live_run";
import { sentences } from "./sentences";
import { merge } from "./state";

const PAGE = 50;
/** Larger texts do not belong into a question, in characters. */
const MAX_ATTACHED = 200_000;
/** Unsent texts are kept for so many chats. */
const DRAFTS = 50;

export class Conversation {
  /** Runs that go on, by the message that they write. */
  readonly live = new Map<string, LiveRun>();
  /** Chats whose messages are being read; a later reading wins. */
  #reading = 0;

  constructor(
    private readonly core: Core,
    private readonly list: ChatList,
  ) {}

  private get state() {
    return this.core.state;
  }

  // Opening and reading

  start(): void {
    this.#endRuns();
    this.#reading++;
    this.core.store.set({ chat: undefined, messages: [], older: undefined, editing: undefined, loading: false, busy: false });
    this.#closeDrawer();
    this.core.saved.chatId = undefined;
    this.core.save();
    this.core.onDraft(this.draft);
    this.core.onFocusComposer();
  }

  async open(chatId: string): Promise<void> {
    if (this.state.chat?.id !== chatId) {
      this.#endRuns();
      this.core.store.set({ messages: [], older: undefined, editing: undefined, loading: true });
    }
    const chat = await this.core.transport.call("chat.get", { chat_id: chatId });
    const other = chat.project_id !== this.state.projectId;
    this.core.store.set({ chat, projectId: chat.project_id });
    this.core.saved.chatId = chatId;
    this.core.save();
    this.core.onDraft(this.draft);
    this.#closeDrawer();
    await Promise.all([this.readMessages(), other ? this.list.readChats() : undefined]);
    this.core.onScrollToEnd();
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
    if (!isHere() && this.core.has("message.choose")) await this.choose(wanted);
    while (!isHere() && this.state.chat?.id === hit.chat_id && this.state.older) await this.readOlder();
    this.core.onShowMessage(wanted);
  }

  async delete(chat: Chat): Promise<void> {
    await this.core.transport.call("chat.delete", { chat_id: chat.id });
    if (this.state.chat?.id === chat.id) this.start();
    await this.list.readChats();
    const restore = async () => {
      await this.core.transport.call("chat.restore", { chat_id: chat.id });
      await this.list.readChats();
      await this.open(chat.id);
    };
    const action = this.core.has("chat.restore") ? { label: "Undo", run: () => this.core.try(restore) } : undefined;
    this.core.toast({ text: `“${titleOf(chat)}” was deleted.`, kind: "information", action });
  }

  /** On a narrow view the list covers the chat. */
  #closeDrawer(): void {
    if (this.core.transport.kind === "editor" || innerWidth < 800) this.core.store.set({ sidebar: false });
  }

  async readMessages(): Promise<void> {
    const { chat } = this.state;
    if (!chat) return;
    const number = ++this.#reading;
    const page = await this.#page(chat.id, undefined);
    if (number !== this.#reading || this.state.chat?.id !== chat.id) return;
    const { messages, older } = merge(this.state.messages, page.messages, page.older, this.state.older);
    this.core.store.set({ messages, older, loading: false });
    for (const message of messages)
      if (message.status === "streaming" && message.run_id) this.#follow(message.id, message.run_id);
  }

  /** A page of messages, oldest first; the newest page without a cursor. */
  async #page(chatId: string, cursor: string | undefined): Promise<{ messages: Message[]; older: string | undefined }> {
    const { items, next_cursor } = await this.core.transport.call("message.list", {
      chat_id: chatId,
      limit: PAGE,
      cursor,
      order: "newest",
    });
    return { messages: [...items].reverse(), older: next_cursor ?? undefined };
  }

  async readOlder(): Promise<void> {
    const { chat, older, loading } = this.state;
    if (!chat || !older || loading) return;
    this.core.store.set({ loading: true });
    try {
      const page = await this.#page(chat.id, older);
      if (this.state.chat?.id !== chat.id || this.state.older !== older) return;
      this.core.store.set({ messages: [...page.messages, ...this.state.messages], older: page.older });
    } finally {
      this.core.store.set({ loading: false });
    }
  }

  // Asking

  get draft(): string {
    const { chatId, drafts } = this.core.saved;
    return drafts?.[this.state.chat?.id ?? chatId ?? ""] ?? "";
  }

  /** Keeps what is typed, so that nothing is lost when the view or the daemon goes away. */
  keepDraft(text: string): void {
    const drafts = { ...this.core.saved.drafts };
    const key = this.state.chat?.id ?? "";
    if (text === "") delete drafts[key];
    else drafts[key] = text;
    this.core.saved.drafts = Object.fromEntries(Object.entries(drafts).slice(-DRAFTS));
    this.core.save();
  }

  attach(attachment: Attachment): void {
    if (attachment.text.length > MAX_ATTACHED) {
      this.core.toast({ text: `${attachment.label} is too large to attach.`, kind: "error" });
      return;
    }
    const others = this.state.attachments.filter((other) => other.label !== attachment.label);
    this.core.store.set({ attachments: [...others, attachment] });
    this.core.onFocusComposer();
  }

  detach(attachment: Attachment): void {
    this.core.store.set({ attachments: this.state.attachments.filter((other) => other !== attachment) });
  }

  /** The model of the open chat, or of the one that the next question begins; "" for the default. */
  get model(): string {
    return (this.state.chat ? this.state.chat.model : this.state.nextModel) ?? "";
  }

  async chooseModel(model: string): Promise<void> {
    const { chat } = this.state;
    if (chat) await this.list.update(chat, { model: model || null });
    else this.core.store.set({ nextModel: model || undefined });
  }

  /** Sends a question. What was typed comes back when it cannot be sent. */
  async send(text: string): Promise<boolean> {
    const { attachments, files, editing } = this.state;
    if ((text.trim() === "" && files.length === 0) || this.state.busy) return false;
    try {
      const chat = this.state.chat ?? (await this.#createChat());
      const code = attachments.find((one) => one.path);
      const run =
        code?.path && this.state.trusted && !editing && files.length === 0
          ? await this.core.transport.call("action.start", {
              kind: "ask",
              instruction: withTexts(
                text,
                attachments.filter((one) => one !== code),
              ),
              document: { path: code.path, language_id: code.languageId },
              selection: code.lines ? { lines: code.lines } : null,
              chat_id: chat.id,
            })
          : await this.core.transport.call("run.start", {
              chat_id: chat.id,
              content: withTexts(text, attachments),
              ...(files.length ? { attachments: files.map((file) => file.id) } : {}),
              ...(editing ? { replaces: editing.id } : {}),
            });
      this.core.store.set({ attachments: [], files: [], editing: undefined, chat: this.state.chat ?? chat });
      this.keepDraft("");
      this.#follow(run.message_id, run.id);
      await this.readMessages();
      this.core.onScrollToEnd();
      return true;
    } catch (error) {
      this.core.problem(error);
      return false;
    }
  }

  /** Starts a chat from a template: its system prompt, model and first question. */
  async startTemplate(filled: Omit<Params<"template.start">, "project_id">): Promise<void> {
    const projectId = await this.list.anyProject();
    const params = { ...filled, project_id: projectId } as Params<"template.start">;
    const { chat } = await this.core.transport.call("template.start", params);
    await this.open(chat.id);
    this.core.onFocusComposer();
  }

  async #createChat(): Promise<Chat> {
    const projectId = await this.list.anyProject();
    const model = this.state.nextModel ? { model: this.state.nextModel } : {};
    const chat = await this.core.transport.call("chat.create", { project_id: projectId, ...model });
    const draft = this.draft;
    this.core.store.set({ chat, projectId, nextModel: undefined });
    this.core.saved.chatId = chat.id;
    delete this.core.saved.drafts?.[""];
    this.keepDraft(draft);
    return chat;
  }

  async stop(): Promise<void> {
    const { transport } = this.core;
    await Promise.all([...this.live.values()].map((run) => transport.call("run.cancel", { run_id: run.runId })));
  }

  async regenerate(message: Message): Promise<void> {
    const { items } = await this.core.transport.call("message.answer", { message_id: message.id });
    for (const run of items) this.#follow(run.message_id, run.id);
    await this.readMessages();
  }

  /** Lets the model go on where an answer broke off. */
  async goOn(message: Message): Promise<void> {
    const run = await this.core.transport.call("message.continue", { message_id: message.id });
    this.#follow(run.message_id, run.id);
    await this.readMessages();
    this.core.onScrollToEnd();
  }

  // Branches

  async choose(messageId: string): Promise<void> {
    this.core.store.set({ chat: await this.core.transport.call("message.choose", { message_id: messageId }) });
    await this.readMessages();
  }

  /** Opens a new chat with what was said up to `message`. */
  async fork(message: Message): Promise<void> {
    const chat = await this.core.transport.call("chat.fork", { chat_id: message.chat_id, message_id: message.id });
    await Promise.all([this.open(chat.id), this.list.readChats()]);
    this.core.toast({ text: "This is a new chat; the old one stays as it was.", kind: "information" });
  }

  /** Deletes a message and what follows from it. */
  async deleteBranch(message: Message): Promise<void> {
    const { messages } = await this.core.transport.call("message.delete", { message_id: message.id });
    await this.readMessages();
    const restore = async () => {
      await this.core.transport.call("message.restore", { message_id: message.id });
      await this.readMessages();
    };
    const text = messages === 1 ? "The message was deleted." : `${messages} messages were deleted.`;
    this.core.toast({ text, kind: "information", action: { label: "Undo", run: () => this.core.try(restore) } });
  }

  edit(message: Message | undefined): void {
    this.core.store.set({ editing: message });
    this.core.onDraft(message?.content ?? this.draft);
    if (message) this.core.onFocusComposer();
  }

  // Runs

  #follow(messageId: string, runId: string): void {
    if (this.live.has(messageId)) return;
    const run = new LiveRun(runId, this.core.transport, (ended) => {
      if (ended.end?.problem) this.core.problem(ended.end.problem);
      if (!ended.isDrawn) for (const sentence of [...sentences(ended.text), ended.lastWord]) this.core.onSay(sentence);
      this.live.delete(messageId);
      this.core.store.set({ busy: this.live.size > 0 });
      this.core.try(() => this.readMessages());
    });
    this.live.set(messageId, run);
    this.core.store.set({ busy: true });
  }

  #endRuns(): void {
    for (const run of this.live.values()) run.dispose();
    this.live.clear();
    this.core.store.set({ busy: false });
  }
}

/** The question with the texts that go along. */
function withTexts(text: string, attachments: Attachment[]): string {
  return [text, ...attachments.map((one) => `\`${one.label}\`:\n\n${fenced(one.text, one.languageId)}`)].join("\n\n");
}
