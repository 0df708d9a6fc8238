/**
 * What the chat view and the extension say to each other. The view is untrusted: it renders what a model wrote, so that every
 * message of it is checked here before anything is done.
 */

import type { ChangeEvent, OperationName, Problem, RunEvent } from "./api";

/** A part of a file that goes along with the next question. */
export interface Attachment {
  /** What people read, such as `parser.rs:10-24`. */
  label: string;
  /** Absolute path, or `untitled:NAME`; absent for pasted text. */
  path?: string;
  /** First and last line, counted from 1, inclusive. */
  lines?: { start: number; end: number };
  languageId?: string;
  text: string;
}

/** What only the editor around the view can do. */
export type HostAction =
  | { action: "insert"; text: string }
  | { action: "newFile"; text: string; language: string }
  | { action: "copy"; text: string }
  | { action: "review"; editId: string }
  | { action: "export"; chatId: string; format: "markdown" | "json" | "html" }
  | { action: "import" }
  | { action: "openLink"; url: string }
  | { action: "attachSelection" }
  /** Fails where what was attached is not what stands at its place now. */
  | { action: "checkAttached"; path: string; lines?: { start: number; end: number }; text: string }
  | { action: "attachUris"; uris: string[] }
  | { action: "restart" };

export type FromView =
  | { type: "ready" }
  | { type: "call"; id: number; operation: OperationName; params: Record<string, unknown> }
  | { type: "host"; id: number; what: HostAction }
  | { type: "current"; chatId: string | null };

export type Connection = "connecting" | "connected" | "lost" | "missing";

export type ToView =
  | { type: "result"; id: number; result: unknown }
  | { type: "problem"; id: number; problem: Problem }
  | { type: "event"; event: ChangeEvent }
  | { type: "run"; event: RunEvent }
  | { type: "connection"; state: Connection; detail: string; operations: string[] }
  | { type: "workspace"; folder: string | null; trusted: boolean }
  | { type: "show"; chatId: string }
  | { type: "new" }
  | { type: "project"; projectId: string }
  | { type: "attach"; attachment: Attachment }
  | { type: "insertLast" }
  /** The model that the next new chat is started with; null for the default. */
  | { type: "nextModel"; model: string | null }
  | { type: "focus" };

/**
 * The operations that the view may ask for: what its own controls do, and nothing that signs in, configures or deletes in bulk. Where an
 * operation can do more than the view does, the parameters that the view may give are named.
 */
const ALLOWED: Record<string, "any" | readonly string[]> = {
  "system.status": "any",
  "project.list": "any",
  "project.create": ["name"],
  "project.resolve": ["folder"],
  "chat.list": "any",
  "chat.create": ["project_id", "model"],
  "chat.get": "any",
  "chat.update": ["chat_id", "title", "project_id", "model", "tags", "pinned", "favourite", "archived", "if_version"],
  "chat.delete": ["chat_id", "if_version"],
  "chat.restore": "any",
  "chat.fork": ["chat_id", "message_id"],
  "message.list": "any",
  "message.answer": ["message_id"],
  "message.continue": ["message_id"],
  "message.choose": "any",
  "message.delete": ["message_id", "if_version"],
  "message.restore": "any",
  "run.start": ["chat_id", "content", "attachments", "replaces"],
  "run.get": "any",
  "run.cancel": "any",
  "run.events": "any",
  "action.start": ["kind", "instruction", "document", "selection", "chat_id"],
  "attachment.create": "any",
  "attachment.get": "any",
  "edit.get": "any",
  "edit.propose": ["message_id", "block"],
  "model.list": "any",
  "markdown.render": "any",
  "template.list": "any",
  "template.preview": "any",
  "template.start": ["template_id", "revision", "project_id", "values"],
  "search.query": "any",
};

/** What an untrusted folder is not asked for: it would be read, or changed. */
const NEEDS_TRUST = new Set(["action.start", "edit.propose", "project.resolve"]);

/** The operations that [`parseFromView`] lets through. */
export const VIEW_OPERATIONS: readonly string[] = Object.keys(ALLOWED);

/** Whether an operation waits until the folder is trusted. */
export function needsTrust(operation: string): boolean {
  return NEEDS_TRUST.has(operation);
}

/** The largest message that is read, in characters. */
const MAX_MESSAGE = 8_000_000;
/** Files that are attached by one message. */
export const MAX_URIS = 20;

/** The message, where it is one that the view may send; undefined for everything else. */
export function parseFromView(message: unknown): FromView | undefined {
  if (!isObject(message) || size(message) > MAX_MESSAGE) return undefined;
  switch (message.type) {
    case "ready":
      return { type: "ready" };
    case "current":
      if (message.chatId === null) return { type: "current", chatId: null };
      return isId(message.chatId) ? { type: "current", chatId: message.chatId } : undefined;
    case "call": {
      const { id, operation, params } = message;
      if (!isNumber(id) || typeof operation !== "string" || !isObject(params)) return undefined;
      const known = Object.hasOwn(ALLOWED, operation) ? ALLOWED[operation] : undefined;
      if (!known || (known !== "any" && Object.keys(params).some((name) => !known.includes(name)))) return undefined;
      // The view asks about code; the actions that change it are started by the editor.
      if (operation === "action.start" && params.kind !== "ask") return undefined;
      return { type: "call", id, operation: operation as OperationName, params };
    }
    case "host": {
      if (!isNumber(message.id) || !isObject(message.what)) return undefined;
      const what = parseAction(message.what);
      return what && { type: "host", id: message.id, what };
    }
    default:
      return undefined;
  }
}

/** The number under which a message waits for an answer, where it does: also one that is not taken gets one. */
export function waitingFor(message: unknown): number | undefined {
  if (!isObject(message) || (message.type !== "call" && message.type !== "host")) return undefined;
  return isNumber(message.id) ? message.id : undefined;
}

function parseAction(what: Record<string, unknown>): HostAction | undefined {
  const text = (value: unknown): value is string => typeof value === "string";
  switch (what.action) {
    case "insert":
    case "copy":
      return text(what.text) ? { action: what.action, text: what.text } : undefined;
    case "newFile":
      return text(what.text) && text(what.language) && /^[\w+#.-]{0,40}$/.test(what.language)
        ? { action: "newFile", text: what.text, language: what.language }
        : undefined;
    case "export": {
      const { chatId, format } = what;
      const known = format === "markdown" || format === "json" || format === "html";
      return isId(chatId) && known ? { action: "export", chatId, format } : undefined;
    }
    case "review":
      return isId(what.editId) ? { action: "review", editId: what.editId } : undefined;
    case "openLink":
      return text(what.url) && isWebLink(what.url) ? { action: "openLink", url: what.url } : undefined;
    case "attachUris":
      return Array.isArray(what.uris) && what.uris.length <= MAX_URIS && what.uris.every(text)
        ? { action: "attachUris", uris: what.uris }
        : undefined;
    case "checkAttached": {
      const { path, lines } = what;
      if (!text(path) || !text(what.text)) return undefined;
      if (lines === undefined) return { action: "checkAttached", path, text: what.text };
      if (!isObject(lines) || !isNumber(lines.start) || !isNumber(lines.end) || lines.start < 1) return undefined;
      return { action: "checkAttached", path, lines: { start: lines.start, end: lines.end }, text: what.text };
    }
    case "import":
    case "attachSelection":
    case "restart":
      return { action: what.action };
    default:
      return undefined;
  }
}

/** Whether a link leads to the web: no command, no file, no other program. */
export function isWebLink(url: string): boolean {
  try {
    const { protocol, username, password } = new URL(url);
    return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,100}$/.test(value);
}

function size(message: Record<string, unknown>): number {
  try {
    return JSON.stringify(message).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
