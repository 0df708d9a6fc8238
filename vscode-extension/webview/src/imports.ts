/** An import in a browser: a file is handed over, and what came of it is said item by item. */

import { importRemarks, importSummary } from "../../src/lib/transfers";
import type { ChatList } from "./chat_list";
import type { Core } from "./core";

/** So many remarks are shown; an export of years can have thousands. */
const REMARKS = 200;

export class Imports {
  #running: AbortController | undefined;

  constructor(
    private readonly core: Core,
    private readonly list: ChatList,
  ) {}

  get canRun(): boolean {
    return this.core.has("import.start");
  }

  async run(file: File): Promise<void> {
    const { store, transport } = this.core;
    if (!transport.importFile || this.#running) return;
    this.#running = new AbortController();
    store.set({ importing: `Sending ${file.name}…`, imported: undefined });
    try {
      const transfer = await transport.importFile(file, this.#running.signal, ({ done, total }) => {
        const of = total == null ? "" : ` of ${total.toLocaleString()}`;
        store.set({ importing: `Importing: ${done.toLocaleString()}${of} chats` });
      });
      if (transfer.report) {
        const remarks = importRemarks(transfer.report);
        const more = remarks.length - REMARKS;
        store.set({
          imported: {
            summary: `${transfer.status === "cancelled" ? "Stopped. " : ""}${importSummary(transfer.report)}`,
            remarks: more > 0 ? [...remarks.slice(0, REMARKS), `and ${more.toLocaleString()} more`] : remarks,
          },
        });
      }
      if (transfer.problem) throw transfer.problem;
    } finally {
      this.#running = undefined;
      store.set({ importing: undefined });
      await Promise.all([this.list.readProjects(), this.list.readChats()]);
    }
  }

  /** Stops it; what came until then stays. */
  stop(): void {
    this.#running?.abort();
  }

  dismiss(): void {
    this.core.store.set({ imported: undefined });
  }
}
