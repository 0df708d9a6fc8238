/** What is being composed: text, and what goes along, chat by chat; nothing of it is lost when the view or the daemon goes away. */

import type { Message } from "../../src/lib/api";
import { placeLabel } from "../../src/lib/text";
import type { Attachment } from "../../src/lib/view_protocol";
import type { Core } from "./core";
import type { StoredFile } from "./files";

export interface Draft {
  text: string;
  attachments: Attachment[];
  /** Files that the daemon has already. */
  files: StoredFile[];
  /** A question of the past that is being worded anew, and how. */
  wording?: { message: Message; text: string };
}

/** Drafts are kept for so many chats. */
const DRAFTS = 50;
/** What goes along is kept up to so much text in all drafts, in characters; what was typed is kept always. */
const MAX_KEPT = 1_000_000;
/** Larger texts do not belong into a question, in characters. */
const MAX_ATTACHED = 200_000;

export class Drafts {
  constructor(private readonly core: Core) {}

  /** The chat that what is typed now belongs to, also before it could be read; empty for one that does not exist yet. */
  get #key(): string {
    return this.core.saved.chatId ?? "";
  }

  get current(): Draft {
    return { ...EMPTY, ...this.core.saved.drafts?.[this.#key] };
  }

  /** What the field shows. */
  get text(): string {
    const { text, wording } = this.current;
    return wording ? wording.text : text;
  }

  /** Shows the draft of the chat that is open now. */
  restore(): void {
    this.#show(this.current);
    this.core.onDraft(this.text);
  }

  type(text: string): void {
    const { wording } = this.current;
    this.#keep(wording ? { wording: { ...wording, text } } : { text });
  }

  /** After `draft` was sent: what was added meanwhile stays. Gives what the field shows now. */
  sent(draft: Draft): string {
    const { text, attachments, files, wording } = this.current;
    this.#keep({
      text: draft.wording ? text : remainder(text, draft.text),
      attachments: attachments.filter((one) => !draft.attachments.includes(one)),
      files: files.filter((one) => !draft.files.some((other) => other.id === one.id)),
      wording: wording?.message.id === draft.wording?.message.id ? undefined : wording,
    });
    return this.text;
  }

  /** The chat that the draft was written for exists now. */
  moveTo(chatId: string): void {
    const draft = this.current;
    delete this.core.saved.drafts?.[this.#key];
    this.core.saved.chatId = chatId;
    this.#keep(draft);
  }

  attach(attachment: Attachment): void {
    if (attachment.text.length > MAX_ATTACHED) {
      this.core.toast({ text: `${attachment.label} is too large to attach.`, kind: "error" });
      return;
    }
    this.#keep({ attachments: withAttachment(this.current.attachments, attachment) });
    this.core.onFocusComposer();
  }

  detach(attachment: Attachment): void {
    this.#keep({ attachments: this.current.attachments.filter((other) => other.label !== attachment.label) });
  }

  addFile(file: StoredFile): void {
    this.#keep({ files: [...this.current.files.filter((other) => other.id !== file.id), file] });
  }

  removeFile(file: StoredFile): void {
    this.#keep({ files: this.current.files.filter((other) => other.id !== file.id) });
  }

  /** Begins, or with nothing ends, another wording of a question. */
  reword(message: Message | undefined): void {
    this.#keep({ wording: message && { message, text: message.content } });
    this.core.onDraft(this.text);
    if (message) this.core.onFocusComposer();
  }

  #keep(change: Partial<Draft>): void {
    const draft = { ...this.current, ...change };
    const drafts = { ...this.core.saved.drafts };
    // The one that was changed last stands last.
    delete drafts[this.#key];
    if (draft.text || draft.attachments.length || draft.files.length || draft.wording) drafts[this.#key] = draft;
    this.core.saved.drafts = withinLimits(drafts);
    this.core.save();
    this.#show(draft);
  }

  #show({ attachments, files, wording }: Draft): void {
    const { state } = this.core;
    const isShown = state.attachments === attachments && state.files === files && state.editing === wording?.message;
    if (!isShown) this.core.store.set({ attachments, files, editing: wording?.message });
  }
}

const EMPTY: Draft = { text: "", attachments: [], files: [] };

/** What was typed after `sent`. */
function remainder(text: string, sent: string): string {
  return text.startsWith(sent) ? text.slice(sent.length).trimStart() : text;
}

function withinLimits(drafts: Record<string, Draft>): Record<string, Draft> {
  let size = 0;
  const kept = Object.entries(drafts)
    .slice(-DRAFTS)
    .reverse()
    .map(([chat, draft]): [string, Draft] => {
      size += draft.attachments.reduce((sum, one) => sum + one.text.length, 0);
      return [chat, size <= MAX_KEPT ? draft : { ...draft, attachments: [] }];
    });
  return Object.fromEntries(kept.reverse());
}

/** The attachments with one more: the same place replaces itself; what is another thing has another name. */
export function withAttachment(attachments: Attachment[], added: Attachment): Attachment[] {
  const isSame = (other: Attachment) =>
    added.path !== undefined && other.path === added.path && JSON.stringify(other.lines) === JSON.stringify(added.lines);
  const others = attachments.filter((other) => !isSame(other));
  const taken = new Set(others.map((other) => other.label));
  const names = candidates(added);
  let label = added.label;
  while (taken.has(label)) label = names.next().value as string;
  return [...others, { ...added, label }];
}

/** Names that tell ever more: folders of a path, then numbers. */
function* candidates({ label, path, lines }: Attachment): Generator<string> {
  const folders = (path ?? "").split(/[\\/]/).filter(Boolean).slice(0, -1);
  for (let depth = 1; depth <= folders.length; depth++)
    yield `${folders.slice(-depth).join("/")}/${placeLabel(path ?? "", lines)}`;
  for (let number = 2; ; number++) yield `${label} (${number})`;
}
