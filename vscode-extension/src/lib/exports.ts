/** Exports: started, waited for, and where their file is. */

import type { OperationName, Params, Result, Schemas } from "./api";

type Call = <O extends OperationName>(operation: O, params: Params<O>) => Promise<Result<O>>;
type Format = Schemas["ExportFormat"];

/** Has the daemon export a chat; gives the file once it is written. Throws a problem where that failed. */
export async function exported(call: Call, chatId: string, format: Format): Promise<Schemas["ExportedFile"] & { id: string }> {
  let transfer = await call("export.start", { chat_id: chatId, format });
  while (transfer.status === "running") transfer = await call("transfer.get", { transfer_id: transfer.id, wait: true });
  if (transfer.status === "completed" && transfer.file) return { ...transfer.file, id: transfer.id };
  throw transfer.problem ?? new Error("The export was stopped.");
}
