/** The pending edits of the files of this window. */

import type { Ctx } from "../ctx";
import type { PendingEdit, Schemas } from "../lib/api";
import { placesOfWindow } from "./review_tabs";

/** Those with a hunk in this state: accepted ones by when they were accepted, else by when they came, the last first. */
export async function editsHere(ctx: Ctx, hunks: Schemas["HunkStatus"]): Promise<PendingEdit[]> {
  const { items } = await ctx.call("edit.find", { paths: placesOfWindow(), hunks, limit: 200 });
  return items;
}
