/** The open chat: what is read of it, asked in it, and follows from that. */

import { asProblem, type Chat, type Message, type Params, type Problem, type Run, type SearchHit } from "../../src/lib/api";
import { isOutdated } from "../../src/lib/changes";
import { fenced } from "../../src/lib/text";
import type { Attachment } from "../../src/lib/view_protocol";
import { type ChatList, titleOf } from "./chat_list";
import type { Core } from "./core";
import type { Drafts, Place } from "./drafts";
import { LiveRun } from "./live_run";
import { sentences } from "./sentences";
import { merge } from "./state";

const PAGE = 50;
/** So long may the last word of an answer be on its way when its message says already that it has ended. */
const LAST_WORD_MILLISECONDS = 1000;

export class Conversation {
  /** Runs that go on, by the message that they write. */
  readonly live = new Map<string, LiveRun>();
  /** Readings of messages; a later one wins. */
  #reading = 0;
  /** Choices of a chat; the last one wins. */
  #opening = 0;
  #readingOlder: Promise<void> | undefined;
  /** Chats that are being deleted from here. */
  readonly #deleting = new Set<string>();

  constructor(
    private readonly core: Core,
    private readonly list: ChatList,
    private readonly drafts: Drafts,
  ) {}

  private get state() {
    return this.core.state;
  }

  // Opening and reading

  start(): void {
    this.#opening++;
    this.#endRuns();
    this.#reading++;
    this.core.store.set({ chat: undefined, messages: [], older: undefined, loading: false, busy: false });
    this.#closeDrawer();
    this.core.saved.chatId = undefined;
    this.core.save();
    this.drafts.restore();
    this.core.onFocusComposer();
  }

  /** Shows a chat. What is open stays when it cannot be had. */
  async open(chatId: string): Promise<void> {
    const number = ++this.#opening;
    const chat = await this.core.transport.call("chat.get", { chat_id: chatId });
    if (number !== this.#opening) return;
    const isOther = this.state.chat?.id !== chatId;
    const isElsewhere = chat.project_id !== this.state.projectId;
    if (isOther) {
      this.#endRuns();
      this.core.store.set({ messages: [], older: undefined, loading: true });
    }
    this.core.store.set({ chat, projectId: chat.project_id });
    const wasWanted = this.core.saved.chatId === chatId;
    this.core.saved.chatId = chatId;
    this.core.save();
    // What is typed while the chat of the last time is being read belongs to it already.
    if (!wasWanted) this.drafts.restore();
    this.#closeDrawer();
    await Promise.all([this.readMessages(), isElsewhere ? this.list.readChats() : undefined]);
    if (number === this.#opening) this.core.onScrollToEnd();
  }

  /** Opens the chat of a hit where it was found. */
  async openFound(hit: SearchHit): Promise<void> {
    await this.open(hit.chat_id);
    const wanted = hit.message_id;
    if (!wanted) return;
    const isHere = () => this.state.messages.some((message) => message.id === wanted);
    await this.#readUntil(isHere);
    if (this.state.chat?.id !== hit.chat_id) return;
    // What is on no page of this path is on another branch.
    if (!isHere() && this.core.has("message.choose")) await this.choose(wanted);
    await this.#readUntil(isHere);
    this.core.onShowMessage(wanted);
  }

  /** Reads older messages of the open chat until there is what is wanted, or nothing more. */
  async #readUntil(isHere: () => boolean): Promise<void> {
    const { chat } = this.state;
    while (!isHere() && this.state.chat?.id === chat?.id && this.state.older) await this.readOlder();
  }

  /** Deletes a chat that the user knows as `chat`; where it is another one by now, the user is asked. */
  async delete(chat: Chat): Promise<void> {
    this.#deleting.add(chat.id);
    try {
      await this.core.transport.call("chat.delete", { chat_id: chat.id, if_version: chat.version });
      if (this.state.chat?.id === chat.id) this.start();
    } catch (error) {
      if (!isOutdated(error)) throw error;
      return await this.#askToDelete(chat);
    } finally {
      this.#deleting.delete(chat.id);
    }
    await this.list.readChats();
    this.#offerBack(chat, "was deleted.");
  }

  async #askToDelete(known: Chat): Promise<void> {
    const chat = await this.core.transport.call("chat.get", { chat_id: known.id });
    if (this.state.chat?.id === chat.id) this.core.store.set({ chat });
    await this.list.readChats();
    const more = chat.message_count - known.message_count;
    const how = more > 0 ? `has ${more} new ${more === 1 ? "message" : "messages"}` : "was changed elsewhere meanwhile";
    this.core.toast({
      text: `“${titleOf(chat)}” ${how} and was not deleted.`,
      kind: "question",
      action: { label: "Delete it all the same", run: () => this.core.try(() => this.delete(chat)) },
      close: "Keep it",
    });
  }

  /** The open chat was deleted by another client. What was typed there goes on into a new one, where nothing is typed yet. */
  deletedElsewhere(): void {
    const { chat } = this.state;
    if (!chat || this.#deleting.has(chat.id)) return;
    const isMoved = this.drafts.carryOver(chat.id, "");
    this.start();
    this.#offerBack(chat, "was deleted elsewhere.", () => isMoved && this.drafts.carryOver("", chat.id));
  }

  /** Says that a chat is gone, and brings it back where that is wanted; `first` is done before it is opened again. */
  #offerBack(chat: Chat, how: string, first = () => false): void {
    const restore = async () => {
      await this.core.transport.call("chat.restore", { chat_id: chat.id });
      first();
      await this.list.readChats();
      await this.open(chat.id);
    };
    const action = this.core.has("chat.restore") ? { label: "Undo", run: () => this.core.try(restore) } : undefined;
    this.core.toast({ text: `“${titleOf(chat)}” ${how}`, kind: "information", action });
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
    this.#endStale(messages);
    this.drafts.settle(chat.id, messages);
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

  /** Reads the page before; whoever wants it meanwhile waits for the same. */
  readOlder(): Promise<void> {
    this.#readingOlder ??= this.#readOlder().finally(() => {
      this.#readingOlder = undefined;
    });
    return this.#readingOlder;
  }

  async #readOlder(): Promise<void> {
    const { chat, older } = this.state;
    if (!chat || !older) return;
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

  /** The model of the open chat, or of the one that the next question begins; "" for the default. */
  get model(): string {
    return (this.state.chat ? this.state.chat.model : this.state.nextModel) ?? "";
  }

  async chooseModel(model: string): Promise<void> {
    const { chat } = this.state;
    if (chat) await this.list.update(chat, { model: model || null });
    else this.core.store.set({ nextModel: model || undefined });
  }

  /** Sends what is composed; it stays what it is until the daemon has it. Gives whether it was sent. */
  async send(): Promise<boolean> {
    const draft = this.drafts.current;
    // The user may open another chat meanwhile.
    const { place } = this.drafts;
    const { text, attachments, files } = draft.wording ? { ...draft, text: draft.wording.text } : draft;
    if ((text.trim() === "" && files.length === 0) || this.state.busy) return false;
    try {
      const chat = await this.#chatOf(place);
      this.drafts.begin(place, draft, this.#newestOf(chat));
      const code = draft.wording || files.length ? undefined : await this.#codeInPlace(attachments);
      const run = code?.path
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
            ...(draft.wording ? { replaces: draft.wording.message.id } : {}),
          });
      this.drafts.sent(place);
      await this.#show(run);
      return true;
    } catch (error) {
      const { status } = asProblem(error);
      // Over a connection that was lost the daemon may have got it.
      if (status >= 400 && status < 500) this.drafts.refused(place);
      this.core.problem(error);
      return false;
    }
  }

  /** The newest message of a chat, empty where it has none; undefined where that is not known. */
  #newestOf(chat: Chat): string | undefined {
    const { messages, loading } = this.state;
    const isRead = this.state.chat?.id === chat.id && !(loading && messages.length === 0);
    return isRead ? (messages.at(-1)?.id ?? "") : undefined;
  }

  /** The attached code that the daemon can read at its place: where it is what was attached; as a text it goes along always. */
  async #codeInPlace(attachments: Attachment[]): Promise<Attachment | undefined> {
    const code = attachments.find((one) => one.path);
    if (!code?.path || !this.state.trusted) return undefined;
    const { path, lines, text } = code;
    return this.core.transport.act({ action: "checkAttached", path, lines, text }).then(
      () => code,
      () => undefined,
    );
  }

  /** Shows the answer of a run that was just started, where its chat is still the open one. */
  async #show(run: Run): Promise<void> {
    if (this.state.chat?.id !== run.chat_id) return;
    this.#follow(run.message_id, run.id);
    await this.readMessages();
    if (this.state.chat?.id === run.chat_id) this.core.onScrollToEnd();
  }

  /** Starts a chat from a template: its system prompt, model and first question. */
  async startTemplate(filled: Pick<Params<"template.start">, "template_id" | "revision" | "values">): Promise<void> {
    const project_id = await this.list.anyProject();
    const { chat } = await this.core.transport.call("template.start", { ...filled, project_id });
    await this.open(chat.id);
    this.core.onFocusComposer();
  }

  /** The chat that a draft belongs to: one that could not be read yet is read, one that is not there any more is made. */
  async #chatOf(place: Place): Promise<Chat> {
    const { chat } = this.state;
    if (chat && chat.id === place.chatId) return chat;
    if (place.chatId) {
      try {
        await this.open(place.chatId);
      } catch (error) {
        if (asProblem(error).code !== "not_found") throw error;
        return this.#createChat(place);
      }
      return this.state.chat?.id === place.chatId
        ? this.state.chat
        : await this.core.transport.call("chat.get", { chat_id: place.chatId });
    }
    return this.#createChat(place);
  }

  async #createChat(place: Place): Promise<Chat> {
    const projectId = await this.list.anyProject();
    const model = this.state.nextModel ? { model: this.state.nextModel } : {};
    const chat = await this.core.transport.call("chat.create", { project_id: projectId, ...model });
    const isOpen = place.chatId === this.drafts.place.chatId;
    this.drafts.moveTo(chat.id, place);
    if (isOpen) this.core.store.set({ chat, projectId, nextModel: undefined });
    return chat;
  }

  async stop(): Promise<void> {
    const { transport } = this.core;
    await Promise.all([...this.live.values()].map((run) => transport.call("run.cancel", { run_id: run.runId })));
    // A run that ended with its daemon has nothing more to say.
    await this.readMessages();
  }

  async regenerate(message: Message): Promise<void> {
    const { items } = await this.core.transport.call("message.answer", { message_id: message.id });
    if (this.state.chat?.id !== message.chat_id) return;
    for (const run of items) this.#follow(run.message_id, run.id);
    await this.readMessages();
  }

  /** Lets the model go on where an answer broke off. */
  async goOn(message: Message): Promise<void> {
    await this.#show(await this.core.transport.call("message.continue", { message_id: message.id }));
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

  /** Deletes a message that the user knows as `message`, and what follows from it; where it is another one by now, the user is asked. */
  async deleteBranch(message: Message): Promise<void> {
    const params = { message_id: message.id, if_version: message.version };
    const deleted = await this.core.transport.call("message.delete", params).catch((error) => {
      if (!isOutdated(error)) throw error;
    });
    await this.readMessages();
    if (!deleted) {
      const now = this.state.messages.find(({ id }) => id === message.id);
      const text = "The message was changed elsewhere meanwhile and was not deleted.";
      const again = () => this.core.try(() => (now ? this.deleteBranch(now) : undefined));
      const action = now && { label: "Delete it all the same", run: again };
      this.core.toast({ text, kind: "question", action, close: "Keep it" });
      return;
    }
    const { messages } = deleted;
    const restore = async () => {
      await this.core.transport.call("message.restore", { message_id: message.id });
      await this.readMessages();
    };
    const text = messages === 1 ? "The message was deleted." : `${messages} messages were deleted.`;
    this.core.toast({ text, kind: "information", action: { label: "Undo", run: () => this.core.try(restore) } });
  }

  // Runs

  #follow(messageId: string, runId: string): void {
    if (this.live.has(messageId)) return;
    const onEnd = (ended: LiveRun) => {
      if (ended.end?.problem) this.core.problem(ended.end.problem);
      if (!ended.isDrawn) for (const sentence of [...sentences(ended.text), ended.lastWord]) this.core.onSay(sentence);
      this.#forget(messageId);
      this.core.try(() => this.readMessages());
    };
    const onFailed = (problem: Problem) => {
      this.core.problem(problem);
      this.#forget(messageId);
    };
    this.live.set(messageId, new LiveRun(runId, this.core.transport, onEnd, onFailed));
    this.core.store.set({ busy: true });
  }

  #forget(messageId: string): void {
    this.live.get(messageId)?.dispose();
    this.live.delete(messageId);
    this.core.store.set({ busy: this.live.size > 0 });
  }

  /** Answers that ended while nobody was told, because their daemon ended. The last word of others may still be on its way. */
  #endStale(messages: Message[]): void {
    for (const { id, status } of messages) {
      const run = this.live.get(id);
      if (!run || status === "streaming") continue;
      setTimeout(() => {
        if (this.live.get(id) === run) this.#forget(id);
      }, LAST_WORD_MILLISECONDS);
    }
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
