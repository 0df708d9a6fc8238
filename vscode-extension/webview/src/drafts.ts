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
  /** What of it is on its way to the daemon. */
  sending?: Sending;
}

/** What was handed to the daemon, which may have it although nobody was there any more to hear so. */
interface Sending {
  /** What was typed. */
  text: string;
  /** The newest message that the chat had, where that is known. */
  since?: string;
  /** The labels of the attachments, and the files. */
  attachments: string[];
  files: string[];
  /** The question that was worded anew. */
  wording?: string;
}

/** Where a draft is kept: the chat that it belongs to, empty for one that does not exist yet. It moves with the draft. */
export interface Place {
  chatId: string;
}

/** Drafts are kept for so many chats. */
const DRAFTS = 50;
/** What goes along is kept up to so much text in all drafts, in characters; what was typed is kept always. */
const MAX_KEPT = 1_000_000;
/** Larger texts do not belong into a question, in characters. */
const MAX_ATTACHED = 200_000;

export class Drafts {
  readonly #places = new Map<string, Place>();

  constructor(private readonly core: Core) {}

  /** Where what is typed now belongs to, also before its chat could be read. */
  get place(): Place {
    const chatId = this.core.saved.chatId ?? "";
    const place = this.#places.get(chatId) ?? { chatId };
    this.#places.set(chatId, place);
    return place;
  }

  get current(): Draft {
    return this.#of(this.place);
  }

  #of(place: Place): Draft {
    return { ...EMPTY, ...this.core.saved.drafts?.[place.chatId] };
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

  /** `draft` goes to the daemon now, into a chat whose newest message is `since`, empty where it has none. */
  begin(place: Place, { text, attachments, files, wording }: Draft, since: string | undefined): void {
    const sending: Sending = {
      text: wording ? wording.text : text,
      since,
      attachments: attachments.map((one) => one.label),
      files: files.map((one) => one.id),
      wording: wording?.message.id,
    };
    this.#keep({ sending }, place);
  }

  /** The daemon has what was begun: what was added meanwhile stays. */
  sent(place: Place): void {
    const { text, attachments, files, wording, sending } = this.#of(place);
    if (!sending) return;
    const isReworded = sending.wording !== undefined;
    this.#keep(
      {
        text: isReworded ? text : remainder(text, sending.text),
        attachments: attachments.filter((one) => !sending.attachments.includes(one.label)),
        files: files.filter((one) => !sending.files.includes(one.id)),
        wording: wording?.message.id === sending.wording ? undefined : wording,
        sending: undefined,
      },
      place,
    );
    if (place.chatId === this.place.chatId) this.core.onDraft(this.text);
  }

  /** The daemon does not have what was begun. */
  refused(place: Place): void {
    this.#keep({ sending: undefined }, place);
  }

  /** Looks for what was begun among the messages of its chat: the answer of the daemon may have come when the view was gone. */
  settle(chatId: string, messages: Message[]): void {
    const { text, since } = this.core.saved.drafts?.[chatId]?.sending ?? {};
    if (text === undefined || since === undefined) return;
    // Code and attachments may stand around it.
    const says = (content: string, words: string) => `\n\n${content}\n\n`.includes(`\n\n${words}\n\n`);
    // Identifiers of later messages are greater.
    const isIt = ({ id, role, content }: Message) =>
      role === "user" && id > since && (says(content, text) || says(content, text.trim()));
    if (messages.some(isIt)) this.sent({ chatId });
  }

  /** The chat that the draft was written for exists now. */
  moveTo(chatId: string, place: Place): void {
    const draft = this.#of(place);
    const isCurrent = place.chatId === this.place.chatId;
    delete this.core.saved.drafts?.[place.chatId];
    this.#places.delete(place.chatId);
    place.chatId = chatId;
    this.#places.set(chatId, place);
    if (isCurrent) this.core.saved.chatId = chatId;
    this.#keep(draft, place);
  }

  /** Moves what was typed for one chat to another where nothing is typed; empty for one that does not exist yet. Gives whether it did. */
  carryOver(from: string, to: string): boolean {
    const { [from]: draft, ...drafts } = this.core.saved.drafts ?? {};
    if (!draft || drafts[to]) return false;
    // Another wording needs the question that it is of.
    const { text, wording, attachments, files } = draft;
    this.core.saved.drafts = { ...drafts, [to]: { text: text || (wording?.text ?? ""), attachments, files } };
    this.core.save();
    return true;
  }

  /** Another window has changed a draft. */
  changedElsewhere(chatId: string, draft: Draft | undefined): void {
    const drafts = { ...this.core.saved.drafts };
    delete drafts[chatId];
    if (draft) drafts[chatId] = draft;
    this.core.saved.drafts = drafts;
    if (chatId === this.place.chatId) this.restore();
  }

  attach(attachment: Attachment): void {
    const { attachments, sending } = this.current;
    const all = withAttachment(attachments, attachment);
    if (attachment.text.length > MAX_ATTACHED || sizeOf(all) > MAX_KEPT) {
      const detail = attachment.text.length > MAX_ATTACHED ? "" : " with all else that goes along";
      this.core.toast({ text: `${attachment.label} is too large to attach${detail}.`, kind: "error" });
      return;
    }
    const label = all.at(-1)?.label;
    // Another text of what is being sent is not sent yet.
    const others = sending && { ...sending, attachments: sending.attachments.filter((one) => one !== label) };
    this.#keep({ attachments: all, sending: others });
    this.core.onFocusComposer();
  }

  detach(attachment: Attachment): void {
    this.#keep({ attachments: this.current.attachments.filter((other) => other.label !== attachment.label) });
  }

  addFile(file: StoredFile, place: Place = this.place): void {
    this.#keep({ files: [...this.#of(place).files.filter((other) => other.id !== file.id), file] }, place);
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

  #keep(change: Partial<Draft>, place: Place = this.place): void {
    const draft = { ...this.#of(place), ...change };
    const drafts = { ...this.core.saved.drafts };
    // The one that was changed last stands last.
    delete drafts[place.chatId];
    if (draft.text || draft.attachments.length || draft.files.length || draft.wording) drafts[place.chatId] = draft;
    this.core.saved.drafts = withinLimits(drafts);
    this.core.save();
    if (place.chatId === this.place.chatId) this.#show(draft);
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

function sizeOf(attachments: Attachment[]): number {
  return attachments.reduce((sum, one) => sum + one.text.length, 0);
}

function withinLimits(drafts: Record<string, Draft>): Record<string, Draft> {
  let size = 0;
  const kept = Object.entries(drafts)
    .slice(-DRAFTS)
    .reverse()
    .map(([chat, draft], index): [string, Draft] => {
      size += sizeOf(draft.attachments);
      // Of the newest nothing may go: it is what the field shows and what is sent.
      const isKept = index === 0 || size <= MAX_KEPT || draft.attachments.length === 0;
      return [chat, isKept ? draft : { ...draft, attachments: [] }];
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
