/** The view as a whole: what it is told from outside, and how it stays true. It decides nothing that the daemon can decide. */

import { asProblem, type ChangeEvent } from "../../src/lib/api";
import { ChatList } from "./chat_list";
import { CodeBlocks } from "./code_blocks";
import { Conversation } from "./conversation";
import { Core } from "./core";
import { Drafts } from "./drafts";
import { Files } from "./files";
import { Imports } from "./imports";
import { Markdown } from "./markdown";
import type { Told, Transport } from "./transport";

/** Changes of a moment are read at once. */
const SETTLE_MILLISECONDS = 40;

export class App extends Core {
  readonly list = new ChatList(this);
  readonly drafts = new Drafts(this);
  readonly conversation = new Conversation(this, this.list, this.drafts);
  readonly code = new CodeBlocks(this);
  readonly files = new Files(this, this.drafts);
  readonly imports = new Imports(this, this.list);
  readonly markdown: Markdown;
  #settling: number | undefined;
  #stale = new Set<"projects" | "chats" | "messages">();
  #lastSeq: number | undefined;
  #read: () => void = () => {};
  /** Resolves when what was open the last time has been read, or cannot be. */
  readonly #isRead = new Promise<void>((resolve) => {
    this.#read = resolve;
  });

  constructor(transport: Transport) {
    super(transport);
    this.markdown = new Markdown(transport, {
      buttons: this.code.buttons(),
      run: (name, code, language, frame) => this.try(() => this.code.run(name, code, language, frame)),
    });
  }

  start(): void {
    this.store.set({ projectId: this.saved.projectId, sidebar: this.transport.kind === "browser" && innerWidth >= 800 });
    this.drafts.restore();
    this.transport.listen((told) => void this.#take(told).catch((error) => this.problem(error)));
  }

  async #take(told: Told): Promise<void> {
    switch (told.type) {
      case "connection": {
        const operations = new Set(told.operations);
        this.store.set({ connection: told.state, connectionDetail: told.detail, operations });
        // With an answer of the daemon it is untrue that there is none.
        if (told.state === "connected" || told.detail) this.reached();
        if (told.state !== "connected") return;
        this.markdown.enabled = operations.has("markdown.render");
        this.#lastSeq = undefined;
        return this.#connected();
      }
      case "workspace":
        this.store.set({ folder: told.folder, trusted: told.trusted });
        if (this.state.connection === "connected") await this.list.resolveProject();
        return;
      case "event":
        return this.#changed(told.event);
      case "show":
        if (this.state.connection === "connected") return this.conversation.open(told.chatId);
        this.saved.chatId = told.chatId;
        this.drafts.restore();
        return;
      case "new":
        return this.conversation.start();
      case "project":
        return this.list.selectProject(told.projectId);
      case "attach":
        this.drafts.attach(told.attachment);
        return;
      case "draft":
        return this.drafts.changedElsewhere(told.chatId, told.draft);
      case "nextModel":
        this.store.set({ nextModel: told.model ?? undefined });
        return;
      case "insertLast":
        // An editor asks for it as soon as it has opened the view.
        await this.#isRead;
        return this.code.insertLast(this.state.messages);
      case "focus":
        this.onFocusComposer();
    }
  }

  async #connected(): Promise<void> {
    const opened = this.#openWanted().finally(this.#read);
    const listed = Promise.all([this.list.readProjects(), this.list.resolveProject()]).then(() => this.list.readChats());
    await Promise.all([opened, listed]);
    // Asking which models there are may take a while.
    this.transport.call("model.list", {}).then(
      ({ items }) => this.store.set({ models: items }),
      () => {},
    );
  }

  /** Reads the chat that is open, or was the last time; a question may be on its way to it before the lists are there. */
  async #openWanted(): Promise<void> {
    const wanted = this.saved.chatId;
    if (!wanted || wanted === this.state.chat?.id) return this.conversation.readMessages();
    await this.conversation.open(wanted).catch((error) => {
      if (asProblem(error).code !== "not_found") throw error;
      if (this.saved.chatId === wanted) this.conversation.start();
    });
  }

  #changed(event: ChangeEvent): void {
    if (this.#lastSeq !== undefined && event.seq > this.#lastSeq + 1) {
      for (const what of ["projects", "chats", "messages"] as const) this.#stale.add(what);
    }
    this.#lastSeq = event.seq;
    const here = event.chat_id === this.state.chat?.id || event.id === this.state.chat?.id;
    if (event.entity === "project") this.#stale.add("projects");
    if (event.entity === "chat") this.#stale.add("chats");
    if (event.entity === "chat" && here && event.change === "deleted") this.conversation.deletedElsewhere();
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
      stale.has("projects") ? this.list.readProjects() : undefined,
      stale.has("chats") ? this.list.readChats() : undefined,
      stale.has("messages") ? this.conversation.readMessages() : undefined,
      stale.has("chats") && chat
        ? this.transport.call("chat.get", { chat_id: chat.id }).then((read) => {
            if (this.state.chat?.id === read.id) this.store.set({ chat: read });
          })
        : undefined,
    ]);
  }

  get theme(): string {
    return this.saved.theme ?? "system";
  }

  set theme(theme: string) {
    this.saved.theme = theme;
    this.save();
  }
}
