/** The pending edits of the files of this window. */

import type { Ctx } from "../ctx";
import type { PendingEdit, Schemas } from "../lib/api";
import { isWithin } from "../lib/places";
import { placesOfWindow } from "./review_tabs";

/** Those with a hunk in this state, the one that was changed last first. */
export async function editsHere(ctx: Ctx, hunks: Schemas["HunkStatus"]): Promise<PendingEdit[]> {
  const places = placesOfWindow();
  const status = hunks === "pending" ? "pending" : undefined;
  const { items } = await ctx.call("edit.list", { status, limit: 200 });
  return items
    .filter((edit) => edit.files.some((file) => places.some((place) => isWithin(file.path, place))))
    .filter((edit) => edit.files.some((file) => file.hunks.some((hunk) => hunk.status === hunks)))
    .sort((one, other) => other.updated_at.localeCompare(one.updated_at));
}
