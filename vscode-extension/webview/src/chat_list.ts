/** The projects, their chats, and what is found in them. */

import type { Chat, Project } from "../../src/lib/api";
import { type ChatChange, changeChat, whatOthersDid } from "../../src/lib/changes";
import type { Core } from "./core";

const PAGE = 50;
/** More projects than this are no list to choose from. */
const MAX_PROJECTS = 2000;
/** A search waits for the end of typing. */
const SEARCH_MILLISECONDS = 200;

export class ChatList {
  #searching = 0;

  constructor(private readonly core: Core) {}

  private get state() {
    return this.core.state;
  }

  /** Chooses the project of the editor's folder, unless the user has chosen one. */
  async resolveProject(): Promise<void> {
    const { folder } = this.state;
    if (!folder || this.core.saved.projectId) return;
    const project = await this.core.transport.call("project.resolve", { folder });
    if (this.state.projectId) return;
    this.core.store.set({ projectId: project.id });
    await Promise.all([this.readProjects(), this.readChats()]);
  }

  async readProjects(): Promise<void> {
    const items: Project[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.core.transport.call("project.list", { limit: 200, cursor });
      items.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor && items.length < MAX_PROJECTS);
    const { projectId, folder } = this.state;
    const isKnown = items.some((project) => project.id === projectId);
    this.core.store.set({ projects: items });
    if (isKnown) return;
    // It was deleted, or none was chosen yet: the folder's own, if a folder is open.
    if (projectId === this.core.saved.projectId) this.core.saved.projectId = undefined;
    this.core.store.set({ projectId: folder ? undefined : items[0]?.id, chats: [], moreChats: undefined });
    if (folder && projectId) await this.resolveProject();
  }

  async readChats(): Promise<void> {
    const { projectId, showArchived } = this.state;
    if (!projectId) return;
    const { items, next_cursor } = await this.core.transport.call("chat.list", this.#page(projectId));
    if (projectId !== this.state.projectId || showArchived !== this.state.showArchived) return;
    this.core.store.set({ chats: items, moreChats: next_cursor ?? undefined });
  }

  #page(projectId: string) {
    const archived = this.core.has("chat.fork") && this.state.showArchived ? { archived: "only" as const } : {};
    return { project_id: projectId, limit: PAGE, ...archived };
  }

  async readMoreChats(): Promise<void> {
    const { projectId, moreChats, chats } = this.state;
    if (!projectId || !moreChats) return;
    const page = { ...this.#page(projectId), cursor: moreChats };
    const { items, next_cursor } = await this.core.transport.call("chat.list", page);
    if (this.state.chats !== chats) return;
    const known = new Set(chats.map((chat) => chat.id));
    this.core.store.set({
      chats: [...chats, ...items.filter((chat: Chat) => !known.has(chat.id))],
      moreChats: next_cursor ?? undefined,
    });
  }

  async selectProject(projectId: string): Promise<void> {
    this.core.store.set({ projectId, chats: [], moreChats: undefined, found: undefined, query: "" });
    this.core.saved.projectId = projectId;
    this.core.save();
    await this.readChats();
  }

  async createProject(name: string): Promise<void> {
    const project = await this.core.transport.call("project.create", { name });
    await this.readProjects();
    await this.selectProject(project.id);
  }

  /** The project that is shown; a first one where there is none yet. */
  async anyProject(): Promise<string> {
    if (this.state.projectId) return this.state.projectId;
    const project = await this.core.transport.call("project.create", { name: "My chats" });
    await this.readProjects();
    return project.id;
  }

  async toggleArchived(): Promise<void> {
    this.core.store.set({ showArchived: !this.state.showArchived, chats: [], moreChats: undefined });
    await this.readChats();
  }

  /** Narrows the list of chats; with full-text search, also finds what was said. */
  async search(query: string): Promise<void> {
    const number = ++this.#searching;
    this.core.store.set({ query, found: undefined });
    if (query.trim() === "" || !this.core.has("search.query")) return;
    await new Promise((resolve) => setTimeout(resolve, SEARCH_MILLISECONDS));
    if (number !== this.#searching) return;
    const { items } = await this.core.transport.call("search.query", { query, limit: 30 });
    if (number !== this.#searching) return;
    // Titles narrow the list above already, but only those of this project.
    const listed = new Set(this.state.chats.map((chat) => chat.id));
    this.core.store.set({ found: items.filter((hit) => hit.message_id || !listed.has(hit.chat_id)) });
  }

  /** Changes a chat that the user knows as `known`. Where others changed the same meanwhile, it is shown and the user decides. */
  async update(known: Chat, change: ChatChange): Promise<void> {
    const outcome = await changeChat((operation, params) => this.core.transport.call(operation, params), known, change);
    const { chat, conflicts } = outcome;
    if (this.state.chat?.id === chat.id) this.core.store.set({ chat });
    if (conflicts.length) {
      this.core.toast({
        text: `“${titleOf(known)}” ${whatOthersDid(outcome, this.state.projects)}`,
        kind: "question",
        action: { label: "Change it all the same", run: () => this.core.try(() => this.update(chat, change)) },
        close: "Leave it so",
      });
    }
    await this.readChats();
  }
}

export function titleOf(chat: Chat): string {
  return chat.title || "New chat";
}
