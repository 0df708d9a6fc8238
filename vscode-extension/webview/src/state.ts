/** What the view shows, and how its parts hear of changes. */

import type { Chat, Message, Model, Project, SearchHit } from "../../src/lib/api";
import type { Attachment, Connection } from "../../src/lib/view_protocol";
import type { StoredFile } from "./files";

export interface Toast {
  id: number;
  text: string;
  /** A question stays until it is answered. */
  kind: "information" | "error" | "question";
  /** Whether it says that the daemon cannot be reached. */
  isUnreachable?: boolean;
  /** A button: what it says and does. */
  action?: { label: string; run: () => void };
  /** What closing it means, where that is more than closing. */
  close?: string;
}

export interface State {
  connection: Connection;
  connectionDetail: string;
  /** The operations that the daemon has; a control is there when its operation is. */
  operations: ReadonlySet<string>;
  /** The folder that is open in the editor. */
  folder: string | null;
  trusted: boolean;
  projects: Project[];
  projectId: string | undefined;
  chats: Chat[];
  moreChats: string | undefined;
  showArchived: boolean;
  /** What the list of chats is narrowed to. */
  query: string;
  /** Where else in chats and messages it was found. */
  found: SearchHit[] | undefined;
  chat: Chat | undefined;
  /** The end of the path that is shown, the oldest first. */
  messages: Message[];
  /** Where older messages are. */
  older: string | undefined;
  loading: boolean;
  models: Model[];
  /** The model that was chosen for a chat that does not exist yet. */
  nextModel: string | undefined;
  attachments: Attachment[];
  /** Files that the daemon has and that go along with the next question. */
  files: StoredFile[];
  /** How far an import is. */
  importing: string | undefined;
  /** What the last import did. */
  imported: { summary: string; remarks: string[] } | undefined;
  /** The question that is being worded anew. */
  editing: Message | undefined;
  sidebar: boolean;
  toasts: Toast[];
  busy: boolean;
}

export const EMPTY: State = {
  connection: "connecting",
  connectionDetail: "",
  operations: new Set(),
  folder: null,
  trusted: true,
  projects: [],
  projectId: undefined,
  chats: [],
  moreChats: undefined,
  showArchived: false,
  query: "",
  found: undefined,
  chat: undefined,
  messages: [],
  older: undefined,
  loading: false,
  models: [],
  nextModel: undefined,
  attachments: [],
  files: [],
  importing: undefined,
  imported: undefined,
  editing: undefined,
  sidebar: false,
  toasts: [],
  busy: false,
};

export class Store {
  #state = EMPTY;
  readonly #listeners = new Set<() => void>();

  get(): State {
    return this.#state;
  }

  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/**
 * The messages after the newest page was read again: what is before the page stays when the page goes on from it, and is dropped
 * when the page is of another branch.
 */
export function merge(known: Message[], page: Message[], olderOfPage: string | undefined, older: string | undefined) {
  const at = page.length ? known.findIndex((message) => message.id === page[0].id) : -1;
  if (at < 0) return { messages: page, older: olderOfPage };
  return { messages: [...known.slice(0, at), ...page], older: at > 0 ? older : olderOfPage };
}
