/** Exports and imports: waited for until they end, and what they say. */

import type { OperationName, Params, Result, Schemas } from "./api";

type Call = <O extends OperationName>(operation: O, params: Params<O>) => Promise<Result<O>>;
type Format = Schemas["ExportFormat"];
export type Transfer = Schemas["Transfer"];
export type ImportReport = Schemas["ImportReport"];

/** How long it takes until progress is asked for again. */
const STEP_MS = 500;

const step = () => new Promise<void>((resolve) => setTimeout(resolve, STEP_MS));

/** Waits until a transfer has ended; `onProgress` hears of it after each `pause` as long as it runs. */
export async function ended(
  call: Call,
  started: Transfer,
  onProgress?: (transfer: Transfer) => void,
  pause: () => Promise<void> = step,
): Promise<Transfer> {
  let transfer = started;
  while (transfer.status === "running") {
    if (onProgress) {
      onProgress(transfer);
      await pause();
    }
    // With `wait` the daemon answers at the end, or after many seconds: too late to tell anybody how far it is.
    transfer = await call("transfer.get", { transfer_id: transfer.id, wait: !onProgress });
  }
  return transfer;
}

/** Has the daemon export a chat; gives the file once it is written. Throws a problem where that failed. */
export async function exported(call: Call, chatId: string, format: Format): Promise<Schemas["ExportedFile"] & { id: string }> {
  const transfer = await ended(call, await call("export.start", { chat_id: chatId, format }));
  if (transfer.status === "completed" && transfer.file) return { ...transfer.file, id: transfer.id };
  throw transfer.problem ?? new Error("The export was stopped.");
}

const SOURCES: Record<ImportReport["source"], string> = {
  aiia: "aiia",
  chat_gpt: "ChatGPT",
  claude: "Claude",
  open_web_ui: "Open WebUI",
};

/** What an import did, in a sentence. What is 0 is not said, except that nothing came. */
export function importSummary(report: ImportReport): string {
  const counts = [
    [report.created, "new"],
    [report.updated, "brought up to date"],
    [report.unchanged, "there already"],
    [report.skipped, "left out"],
    [report.failed, "failed"],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, word]) => `${count.toLocaleString()} ${word}`);
  return `From ${SOURCES[report.source]}: ${said.join(", ") || "nothing"}; ${report.messages.toLocaleString()} messages.`;
}

/** The items that somebody should know of: left out, failed, or not whole. */
export function importRemarks(report: ImportReport): string[] {
  const worth = report.items.filter((item) => item.outcome === "failed" || item.outcome === "skipped" || item.detail);
  return worth.map((item) => `${item.title}: ${item.outcome}${item.detail ? `. ${item.detail}` : ""}`);
}
