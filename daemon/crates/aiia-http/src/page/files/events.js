// Server-Sent Events by fetch, so that a stream can be resumed at any number and its errors can be read.

import { open, ProblemError } from "./api.js";

const RETRY_MILLISECONDS = 3000;

/** Turns the text of a stream, in any pieces, into the data of its events. */
export class EventParser {
  #rest = "";

  /** The data of the events that `text` completes. */
  push(text) {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop();
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

/**
 * Hands every event of a stream to `onEvent` and connects again when the connection is lost, until `onEvent` gives true
 * or `signal` is aborted. `path` gives the address to continue at; `onOpen` is told of each new connection.
 */
export async function follow(path, { onEvent, onOpen = () => {}, signal }) {
  while (!signal.aborted) {
    try {
      const response = await open(path(), signal);
      onOpen();
      if (await read(response, onEvent)) return;
    } catch (error) {
      if (signal.aborted) return;
      // Only what may pass is worth another try.
      if (error instanceof ProblemError && error.status >= 400 && error.status < 500) throw error;
    }
    await pause(RETRY_MILLISECONDS, signal);
  }
}

async function read(response, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      for (const event of parser.push(value)) if (onEvent(event) === true) return true;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
