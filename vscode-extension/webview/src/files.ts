/** Files that go along with the next question: handed to the daemon at once, named by their identifiers when the question is sent. */

import type { Schemas } from "../../src/lib/api";
import type { Core } from "./core";
import type { Drafts } from "./drafts";

export type StoredFile = Schemas["Attachment"];

/** Larger files are refused by the daemon; they need not be read first. In bytes. */
const MAX_FILE = 5 << 20;
/** A longer text is no part of a question, in bytes. */
const MAX_TEXT = 200_000;

export class Files {
  constructor(
    private readonly core: Core,
    private readonly drafts: Drafts,
  ) {}

  get canAttach(): boolean {
    return this.core.has("attachment.create");
  }

  /** Hands files over, one after the other; the first that is refused ends it. */
  async attach(files: File[]): Promise<void> {
    // The user may open another chat meanwhile.
    const { place } = this.drafts;
    for (const file of files) {
      const limit = file.type.startsWith("image/") ? MAX_FILE : MAX_TEXT;
      if (file.size > limit) {
        const [size, most] = [file.size.toLocaleString(), limit.toLocaleString()];
        throw new Error(`${file.name} has ${size} bytes; files of up to ${most} can be attached.`);
      }
      const content = await base64(file);
      const stored = await this.core.transport.call("attachment.create", { name: nameOf(file), content });
      this.drafts.addFile(stored, place);
    }
    this.core.onFocusComposer();
  }
}

/** A picture from the clipboard may have no name. */
function nameOf(file: File): string {
  return file.name || `pasted.${file.type.split("/")[1] ?? "txt"}`;
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}
