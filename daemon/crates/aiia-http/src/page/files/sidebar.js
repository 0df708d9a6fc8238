// The projects and their chats.

import { call, list } from "./api.js";

const CHATS_AT_ONCE = 50;

export class Sidebar {
  #project = "";
  #chat = "";
  #shown = CHATS_AT_ONCE;

  /** `onOpen` is called with the chat that the user chose, or with undefined when it is gone. */
  constructor(onOpen) {
    this.onOpen = onOpen;
    this.projects = document.getElementById("project");
    this.chats = document.getElementById("chats");
    this.more = document.getElementById("more-chats");
  }

  get project() {
    return this.#project;
  }

  /** Reads the projects and chats again. */
  async refresh() {
    const { items } = await list("/projects");
    if (!items.some((project) => project.id === this.#project)) this.#project = items[0]?.id ?? "";
    this.projects.replaceChildren(...items.map((project) => new Option(project.name, project.id, false, project.id === this.#project)));
    this.projects.disabled = items.length === 0;
    await this.#readChats();
  }

  async choose(project) {
    this.#project = project;
    this.#shown = CHATS_AT_ONCE;
    await this.#readChats();
  }

  async showMore() {
    this.#shown += CHATS_AT_ONCE;
    await this.#readChats();
  }

  async addProject(name) {
    const project = await call("POST", "/projects", { name });
    this.#project = project.id;
    await this.refresh();
  }

  /** Makes a chat, in a project of its own where there is none yet. */
  async addChat() {
    if (!this.#project) await this.addProject("My chats");
    const chat = await call("POST", "/chats", { project_id: this.#project });
    this.mark(chat);
    await this.#readChats();
    return chat;
  }

  /** Shows which chat is open. */
  mark(chat) {
    this.#chat = chat?.id ?? "";
    if (chat) this.#project = chat.project_id;
  }

  async #readChats() {
    const project = this.#project;
    const { items, cursor } = project ? await list("/chats", { project_id: project }, this.#shown) : { items: [] };
    if (project !== this.#project) return;
    this.projects.value = project;
    this.more.hidden = !cursor;
    this.chats.replaceChildren(...items.map((chat) => this.#entry(chat)));
  }

  #entry(chat) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = chat.title || "New chat";
    button.title = button.textContent;
    button.setAttribute("aria-current", String(chat.id === this.#chat));
    button.addEventListener("click", () => this.onOpen(chat));
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  }
}
