/** The view in a browser: the daemon's HTTP, signed in by a cookie that no script can read. */

import {
  asProblem,
  type ChangeEvent,
  type OperationName,
  type Params,
  type Problem,
  type Result,
  type RunEvent,
} from "../../src/lib/api";
import { ROUTES } from "../../src/lib/routes";
import { ended, exported, type Transfer } from "../../src/lib/transfers";
import type { HostAction } from "../../src/lib/view_protocol";
import { Keeping } from "./kept";
import { follow } from "./sse";
import type { Saved, Told, Transport } from "./transport";

const BASE = "/api/v1";

/** The address and the body of an operation. */
export function request(operation: string, params: Record<string, unknown>): { method: string; path: string; body?: string } {
  const [method, template] = ROUTES[operation];
  const rest = { ...params };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  if (method === "POST" || method === "PATCH") return { method, path, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) if (value !== undefined && value !== null) query.set(name, String(value));
  return { method, path: query.size ? `${path}?${query}` : path };
}

async function open(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch {
    if (init.signal?.aborted) throw problem("cancelled", "It was stopped.");
    throw problem("unavailable", "The daemon cannot be reached.", "It may have ended; `aiia open` starts it and signs in again.");
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => undefined);
  throw said ?? problem("internal", `The daemon answered ${response.status}.`);
}

function problem(code: Problem["code"], detail: string, hint?: string): Problem {
  return { type: "about:blank", code, title: code, status: 0, detail, hint };
}

export class BrowserTransport implements Transport {
  readonly kind = "browser";
  readonly #keeping = new Keeping(
    () => localStorage,
    () => sessionStorage,
  );

  async call<O extends OperationName>(operation: O, params: Params<O>): Promise<Result<O>> {
    const { method, path, body } = request(operation, params as Record<string, unknown>);
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await open(path, { method, body, headers });
    return (await response.json()) as Result<O>;
  }

  follow(runId: string, onEvent: (event: RunEvent) => void, onFailed: (problem: Problem) => void): () => void {
    const ended = new AbortController();
    let seq = 0;
    follow((path, signal) => open(path, { signal }), {
      path: () => `${BASE}/runs/${encodeURIComponent(runId)}/events?after=${seq}`,
      signal: ended.signal,
      page: document,
      onEvent: (event: RunEvent) => {
        if (event.seq <= seq && event.type !== "done") return false;
        seq = event.seq;
        onEvent(event);
        return event.type === "done";
      },
    }).catch((error) => onFailed(asProblem(error)));
    return () => ended.abort();
  }

  async act(what: HostAction): Promise<void> {
    if (what.action === "copy") return navigator.clipboard.writeText(what.text);
    if (what.action === "openLink") {
      window.open(what.url, "_blank", "noopener,noreferrer");
      return;
    }
    if (what.action === "export") {
      const file = await exported((operation, params) => this.call(operation, params), what.chatId, what.format);
      const link = document.createElement("a");
      link.href = `${BASE}/transfers/${encodeURIComponent(file.id)}/file`;
      link.download = file.name;
      link.click();
      return;
    }
    throw problem("invalid_params", "A browser cannot do that; an editor can.");
  }

  async picture(attachmentId: string): Promise<string> {
    return `${BASE}/attachments/${encodeURIComponent(attachmentId)}/file`;
  }

  async importFile(file: File, stop: AbortSignal, onProgress: (transfer: Transfer) => void): Promise<Transfer> {
    const response = await open(`${BASE}/imports/file`, { method: "POST", body: file, signal: stop });
    const started = (await response.json()) as Transfer;
    const cancel = () => void this.call("transfer.cancel", { transfer_id: started.id }).catch(() => {});
    stop.addEventListener("abort", cancel, { once: true });
    if (stop.aborted) cancel();
    try {
      return await ended((operation, params) => this.call(operation, params), started, onProgress);
    } finally {
      stop.removeEventListener("abort", cancel);
    }
  }

  async signOut(): Promise<void> {
    await open("/auth/sign-out", { method: "POST" });
    // What was typed but not sent belongs to who was signed in.
    this.#keeping.clear();
    location.assign("/");
  }

  listen(listener: (told: Told) => void): void {
    const signal = new AbortController().signal;
    let operations: string[] = [];
    const connection = (state: "connected" | "lost", detail = "") => listener({ type: "connection", state, detail, operations });
    const hello = async () => {
      operations = (await this.call("system.hello", { client: "browser" })).operations;
      connection("connected");
    };
    follow((path, signal) => open(path, { signal }), {
      path: () => `${BASE}/events`,
      signal,
      page: document,
      onEvent: (event: ChangeEvent) => {
        listener({ type: "event", event });
        return undefined;
      },
      onOpen: () => void hello().catch((error: Problem) => connection("lost", error.detail)),
      onLost: () => connection("lost", ""),
    }).catch((error: Problem) => connection("lost", `${error.detail} ${error.hint ?? ""}`));
    const route = () => {
      const chatId = new URLSearchParams(location.hash.slice(1)).get("chat");
      if (chatId) listener({ type: "show", chatId });
    };
    window.addEventListener("storage", ({ key }) => {
      const changed = this.#keeping.changed(key);
      if (changed) listener({ type: "draft", ...changed });
    });
    window.addEventListener("hashchange", route);
    route();
  }

  load(): Saved {
    return this.#keeping.load();
  }

  save(saved: Saved): void {
    this.#keeping.save(saved);
    const hash = saved.chatId ? `#chat=${saved.chatId}` : "#";
    if (location.hash !== hash) history.replaceState(null, "", hash);
  }
}
