/** The view in VSCode: messages to the extension. It has no address of the daemon and no token. */

import { asProblem, type OperationName, type Params, type Problem, type Result, type RunEvent } from "../../src/lib/api";
import type { FromView, HostAction, ToView } from "../../src/lib/view_protocol";
import type { Saved, Told, Transport } from "./transport";

interface VsCodeApi {
  postMessage(message: FromView): void;
  getState(): Saved | undefined;
  setState(state: Saved): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** A run whose events are wanted. */
interface Following {
  ask(): void;
  take(event: RunEvent): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(problem: Problem): void;
}

export class EditorTransport implements Transport {
  readonly kind = "editor";
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<number, Waiting>();
  readonly #runs = new Map<string, Following>();
  #listener: (told: Told) => void = () => {};
  readonly #pictures = new Map<string, Promise<string>>();
  /** Answers to an earlier view, which was hidden meanwhile, must not be taken for answers to this one. */
  #next = Math.floor(Math.random() * 2 ** 48);

  constructor() {
    window.addEventListener("message", (message: MessageEvent<ToView>) => {
      // Only the extension may speak; frames of others have another origin.
      if (message.origin !== window.origin) return;
      this.#take(message.data);
    });
  }

  #take(told: ToView): void {
    if (told?.type === "run") {
      this.#runs.get(told.event.run_id)?.take(told.event);
    } else if (told?.type === "result" || told?.type === "problem") {
      const waiting = this.#waiting.get(told.id);
      this.#waiting.delete(told.id);
      if (told.type === "result") waiting?.resolve(told.result);
      else waiting?.reject(told.problem);
    } else if (told) {
      // A new connection knows nothing of what the last one followed.
      if (told.type === "connection" && told.state === "connected") for (const following of this.#runs.values()) following.ask();
      this.#listener(told);
    }
  }

  #ask(message: (id: number) => FromView): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#api.postMessage(message(id));
    });
  }

  /** The view may load nothing, so that a picture comes as a message and is kept by the view itself. */
  picture(attachmentId: string): Promise<string> {
    let address = this.#pictures.get(attachmentId);
    if (!address) {
      address = this.call("attachment.get", { attachment_id: attachmentId }).then(({ content, media_type }) => {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        return URL.createObjectURL(new Blob([bytes], { type: media_type }));
      });
      address.catch(() => this.#pictures.delete(attachmentId));
      this.#pictures.set(attachmentId, address);
    }
    return address;
  }

  call<O extends OperationName>(operation: O, params: Params<O>): Promise<Result<O>> {
    return this.#ask((id) => ({ type: "call", id, operation, params: params as Record<string, unknown> })) as Promise<Result<O>>;
  }

  follow(runId: string, onEvent: (event: RunEvent) => void, onFailed: (problem: Problem) => void): () => void {
    let seq = 0;
    let asked = 0;
    let isAnswered = false;
    const following: Following = {
      ask: () => {
        const number = ++asked;
        isAnswered = false;
        this.call("run.events", { run_id: runId, after: seq }).then(
          () => {
            if (number === asked) isAnswered = true;
          },
          (error) => {
            const problem = asProblem(error);
            // Where it is the connection that failed, it is asked for again as soon as there is one.
            const isFinal = problem.status >= 400 && problem.status < 500;
            if (number === asked && isFinal) onFailed(problem);
          },
        );
      },
      take: (event) => {
        // Until the answer comes, events are those of an earlier following, which may be far ahead.
        if (!isAnswered || (event.seq <= seq && event.type !== "done")) return;
        seq = event.seq;
        onEvent(event);
      },
    };
    this.#runs.set(runId, following);
    following.ask();
    return () => {
      if (this.#runs.get(runId) === following) this.#runs.delete(runId);
    };
  }

  async act(what: HostAction): Promise<void> {
    await this.#ask((id) => ({ type: "host", id, what }));
  }

  listen(listener: (told: Told) => void): void {
    this.#listener = listener;
    this.#api.postMessage({ type: "ready" });
  }

  load(): Saved {
    return this.#api.getState() ?? {};
  }

  save(saved: Saved): void {
    this.#api.setState(saved);
    this.#api.postMessage({ type: "current", chatId: saved.chatId ?? null });
  }
}
