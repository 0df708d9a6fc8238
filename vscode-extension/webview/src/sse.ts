/** Server-Sent Events by fetch, so that a stream can be resumed at any number and its errors can be read. */

/** Turns the text of a stream, in any pieces, into the data of its events. */
export class EventParser {
  #rest = "";

  /** The data of the events that `text` completes. */
  push(text: string): unknown[] {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks
      .map((block) =>
        block
          .split("\n")
          .filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5).replace(/^ /, ""))
          .join("\n"),
      )
      .filter((data) => data !== "")
      .map((data) => JSON.parse(data));
  }
}

export interface Following {
  /** The address to go on at. */
  path: () => string;
  /** Gives true when the stream is over. */
  onEvent: (event: never) => boolean | undefined;
  onOpen?: () => void;
  onLost?: () => void;
  signal: AbortSignal;
  /** Whether anybody can see what comes; while nobody can, no connection is held. */
  page?: Page;
}

/** The document, as far as it tells whether it can be seen. */
export type Page = Pick<Document, "hidden" | "addEventListener" | "removeEventListener">;

const RETRY_MILLISECONDS = 1500;

/**
 * Hands over every event and connects again where the connection is lost, until it is over or aborted. A browser has six connections
 * to one place for all its tabs: those of a page that nobody sees would keep the others from working.
 */
export async function follow(
  open: (path: string, signal: AbortSignal) => Promise<Response>,
  following: Following,
): Promise<void> {
  const { path, onEvent, onOpen, onLost, signal, page } = following;
  while (!signal.aborted) {
    await shown(page, signal);
    if (signal.aborted) return;
    const attempt = new AbortController();
    let isHidden = false;
    const stopWatching = watch(page, signal, () => {
      isHidden ||= page?.hidden === true;
      if (signal.aborted || isHidden) attempt.abort();
    });
    try {
      const response = await open(path(), attempt.signal);
      onOpen?.();
      if (await read(response, onEvent)) return;
    } catch (error) {
      if (signal.aborted) return;
      const status = (error as { status?: number }).status ?? 0;
      // Only what may pass is worth another try.
      if (status >= 400 && status < 500) throw error;
    } finally {
      stopWatching();
    }
    if (signal.aborted) return;
    if (isHidden) continue;
    onLost?.();
    await pause(RETRY_MILLISECONDS, signal);
  }
}

/** Resolves when the page can be seen, or what is followed is not wanted any more. */
function shown(page: Page | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!page?.hidden || signal.aborted) return resolve();
    const stop = watch(page, signal, () => {
      if (!signal.aborted && page.hidden) return;
      stop();
      resolve();
    });
  });
}

/** Calls back when the page is hidden or shown, and when the signal is given. The result ends it. */
function watch(page: Page | undefined, signal: AbortSignal, listener: () => void): () => void {
  page?.addEventListener("visibilitychange", listener);
  signal.addEventListener("abort", listener);
  return () => {
    page?.removeEventListener("visibilitychange", listener);
    signal.removeEventListener("abort", listener);
  };
}

async function read(response: Response, onEvent: (event: never) => boolean | undefined): Promise<boolean> {
  if (!response.body) return false;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      for (const event of parser.push(value)) if (onEvent(event as never)) return true;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
