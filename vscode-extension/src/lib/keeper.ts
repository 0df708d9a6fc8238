/**
 * Keeps one connection: makes it, makes it again when it is lost, and never two at once. It is said what it is like; who needs it waits for
 * it, or hears at once that it cannot be had.
 */

import { Backoff } from "./backoff";
import type { Connection } from "./view_protocol";

/** A connection as it is kept. */
export interface Link {
  /** Resolves when it can be used. */
  open(): Promise<void>;
  /** Ends it, in whatever state it is. */
  close(): Promise<void>;
}

export interface Status {
  connection: Connection;
  /** Why, where something is wrong that does not mend itself. */
  detail: string;
}

/** There is nothing to connect to; the message says what to do. */
export class Missing extends Error {}

export interface Surroundings<L extends Link> {
  /** Makes a connection that is not started yet. `onClosed` is called when its other end is gone. Throws [`Missing`]. */
  make(onClosed: () => void): Promise<L>;
  onStatus(status: Status): void;
  /** An error in words. */
  describe(error: unknown): string;
  /** It does not mend itself: the user has to do something. */
  onGivenUp(status: Status): void;
  now(): number;
  /** Calls back after so many milliseconds; gives what stops that. */
  later(milliseconds: number, work: () => void): () => void;
}

/** A start may take so long, in milliseconds: a daemon may have to bring its data up to date. */
export const START_LIMIT = 60_000;
/** Who needs the connection waits so long for it, in milliseconds. */
export const WAIT_LIMIT = 20_000;

const AGAIN_AND_AGAIN = "The daemon ended again and again; the log says why.";
const NOT_THERE = "The daemon is not there. Run “aiia: Restart”, or read its log with “aiia: Show Log”.";

export class Keeper<L extends Link> {
  #status: Status = { connection: "connecting", detail: "" };
  #link: L | undefined;
  /** Counts the wishes for a new connection: what belongs to an older one is not listened to any more. */
  #wish = 0;
  #turn: Promise<void> = Promise.resolve();
  #abandon: () => void = () => {};
  #stopRetry: () => void = () => {};
  readonly #backoff = new Backoff();
  readonly #listeners = new Set<() => void>();

  constructor(private readonly around: Surroundings<L>) {}

  get status(): Status {
    return this.#status;
  }

  /** The connection, where it can be used now. */
  get link(): L | undefined {
    return this.#status.connection === "connected" ? this.#link : undefined;
  }

  /** Ends what there is and makes a new connection. Says, rather than throws, when that does not work. */
  start(): Promise<void> {
    this.#backoff.reset();
    return this.#begin("connecting");
  }

  /** Ends what there is; nothing is made any more. */
  stop(): Promise<void> {
    this.#next();
    this.#turn = this.#turn.then(() => this.#end());
    return this.#turn;
  }

  /** The connection. Waits while it is being made; throws at once where it cannot be had. */
  async get(): Promise<L> {
    let stopWaiting = () => {};
    const limit = new Promise<"late">((resolve) => {
      stopWaiting = this.around.later(WAIT_LIMIT, () => resolve("late"));
    });
    try {
      for (;;) {
        const { link } = this;
        if (link) return link;
        const { connection, detail } = this.#status;
        if (connection === "missing" || detail !== "") throw new Error(detail || NOT_THERE);
        let listener = () => {};
        const change = new Promise<void>((resolve) => {
          listener = resolve;
          this.#listeners.add(listener);
        });
        const late = (await Promise.race([change, limit])) === "late";
        this.#listeners.delete(listener);
        if (late) throw new Error(NOT_THERE);
      }
    } finally {
      stopWaiting();
    }
  }

  #next(): number {
    this.#stopRetry();
    this.#abandon();
    return ++this.#wish;
  }

  #begin(connection: Connection): Promise<void> {
    const wish = this.#next();
    this.#set({ connection, detail: "" });
    this.#turn = this.#turn.then(() => this.#end()).then(() => (wish === this.#wish ? this.#attempt(wish) : undefined));
    return this.#turn;
  }

  async #end(): Promise<void> {
    const old = this.#link;
    this.#link = undefined;
    await old?.close().catch(() => {});
  }

  async #attempt(wish: number): Promise<void> {
    let closed = false;
    let stopLimit = () => {};
    try {
      const link = await this.around.make(() => {
        if (closed || wish !== this.#wish) return;
        closed = true;
        this.#lost();
      });
      if (wish !== this.#wish) return await link.close().catch(() => {});
      this.#link = link;
      // A start that hangs, or is not wanted any more, does not keep others from starting.
      const abandoned = new Promise<void>((_, reject) => {
        this.#abandon = () => reject(new Error("Not wanted any more."));
        stopLimit = this.around.later(START_LIMIT, () => reject(new Error("The daemon does not answer.")));
      });
      await Promise.race([link.open(), abandoned]);
      if (wish === this.#wish && !closed) this.#set({ connection: "connected", detail: "" });
    } catch (error) {
      if (wish !== this.#wish || closed) return;
      const connection = error instanceof Missing ? "missing" : "lost";
      this.#giveUp({ connection, detail: this.around.describe(error) || NOT_THERE });
    } finally {
      stopLimit();
      this.#abandon = () => {};
    }
  }

  /** The other end is gone: again after a while, unless that happens again and again. */
  #lost(): void {
    const delay = this.#backoff.next(this.around.now());
    if (delay === undefined) {
      this.#giveUp({ connection: "lost", detail: AGAIN_AND_AGAIN });
      return;
    }
    this.#set({ connection: "lost", detail: "" });
    this.#stopRetry = this.around.later(delay, () => void this.#begin("lost"));
  }

  #giveUp(status: Status): void {
    const wish = this.#wish;
    this.#set(status);
    if (wish === this.#wish) this.around.onGivenUp(status);
  }

  #set(status: Status): void {
    const same = status.connection === this.#status.connection && status.detail === this.#status.detail;
    this.#status = status;
    if (!same || status.connection === "connected") this.around.onStatus(status);
    for (const listener of [...this.#listeners]) listener();
  }
}
