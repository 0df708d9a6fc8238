/** What a page keeps in the browser. Each draft is kept by itself: tabs know nothing of each other and write what they changed alone. */

import type { Draft } from "./drafts";
import type { Saved } from "./transport";

const SHARED = "aiia";
const DRAFT = "aiia.draft.";

/** A draft as it is kept, and since when. */
interface Kept {
  at: number;
  draft: Draft;
}

export class Keeping {
  /** What this tab has read or written last: what is shared, and the drafts by chat. */
  #shared: Saved = {};
  readonly #drafts = new Map<string, Draft>();
  private readonly shared: Storage;
  private readonly own: Storage;

  /**
   * `shared` gives what all tabs have, `own` what this one has: the chat that is open, and the draft of one that does not exist yet.
   * Where either is refused, what is kept lasts as long as the page.
   */
  constructor(
    shared: () => Storage,
    own: () => Storage,
    private readonly now: () => number = Date.now,
  ) {
    this.shared = storageOf(shared);
    this.own = storageOf(own);
  }

  load(): Saved {
    const own = read<Saved>(this.own, SHARED);
    const { drafts: together = {}, ...shared } = read<Saved>(this.shared, SHARED) ?? {};
    this.#shared = shared;
    // All drafts were one thing once.
    const kept = Object.entries(together).map(([chatId, draft]): [string, Kept] => [chatId, { at: 0, draft }]);
    const take = (storage: Storage, chatId: string) => {
      const found = read<Kept>(storage, DRAFT + chatId);
      if (!found?.draft) return;
      this.#drafts.set(chatId, found.draft);
      kept.push([chatId, found]);
    };
    take(own ? this.own : this.shared, "");
    for (const key of draftsIn(this.shared)) if (key !== DRAFT) take(this.shared, key.slice(DRAFT.length));
    kept.sort(([, one], [, other]) => one.at - other.at);
    const drafts = Object.fromEntries(kept.map(([chatId, { draft }]) => [chatId, draft]));
    // A new tab begins where the last one was.
    return { ...shared, chatId: own ? own.chatId : shared.chatId, drafts };
  }

  save({ drafts = {}, ...rest }: Saved): void {
    try {
      for (const [chatId, draft] of Object.entries(drafts)) if (this.#drafts.get(chatId) !== draft) this.#write(chatId, draft);
      for (const chatId of [...this.#drafts.keys()]) if (!drafts[chatId]) this.#write(chatId, undefined);
      const { drafts: _, ...shared } = read<Saved>(this.shared, SHARED) ?? {};
      const changed = Object.entries(rest).filter(([name, value]) => this.#shared[name as keyof Saved] !== value);
      this.shared.setItem(SHARED, JSON.stringify({ ...shared, ...Object.fromEntries(changed) }));
      this.own.setItem(SHARED, JSON.stringify({ chatId: rest.chatId }));
      this.#shared = rest;
    } catch {
      // There is no room for it.
    }
  }

  #write(chatId: string, draft: Draft | undefined): void {
    for (const storage of chatId === "" ? [this.shared, this.own] : [this.shared]) {
      if (draft) storage.setItem(DRAFT + chatId, JSON.stringify({ at: this.now(), draft } satisfies Kept));
      else storage.removeItem(DRAFT + chatId);
    }
    if (draft) this.#drafts.set(chatId, draft);
    else this.#drafts.delete(chatId);
  }

  /** What another tab has changed under `key`, where that is a draft of a chat. */
  changed(key: string | null): { chatId: string; draft: Draft | undefined } | undefined {
    const chatId = key?.startsWith(DRAFT) ? key.slice(DRAFT.length) : "";
    if (chatId === "") return undefined;
    const draft = read<Kept>(this.shared, DRAFT + chatId)?.draft;
    if (draft) this.#drafts.set(chatId, draft);
    else this.#drafts.delete(chatId);
    return { chatId, draft };
  }

  /** Forgets everything: it belongs to who was signed in. */
  clear(): void {
    for (const storage of [this.shared, this.own]) for (const key of [SHARED, ...draftsIn(storage)]) storage.removeItem(key);
    this.#drafts.clear();
  }
}

/** The keys of drafts. */
function draftsIn(storage: Storage): string[] {
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
  return keys.filter((key) => key.startsWith(DRAFT));
}

/** The storage, or one that keeps nothing where the browser refuses it. */
function storageOf(get: () => Storage): Storage {
  try {
    return get();
  } catch {
    return { length: 0, clear() {}, getItem: () => null, key: () => null, removeItem() {}, setItem() {} };
  }
}

function read<T>(storage: Storage, key: string): T | undefined {
  try {
    return JSON.parse(storage.getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
