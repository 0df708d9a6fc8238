/** Where the hunks of a preview are. */

import type { EditPreview, Schemas } from "./api";

type FilePreview = Schemas["FilePreview"];
type HunkPreview = Schemas["HunkPreview"];

/** A hunk that waits, and how many lines of a side it has. */
export interface Placed {
  number: number;
  /** The first line, counted from 1. */
  start: number;
  /** None, where it only takes lines away (or, before it, only brings some). */
  lines: number;
  /** Why it does not fit. */
  conflict: string | undefined;
}

/** The hunks of a file that wait, on one side. */
export function placed({ edit }: EditPreview, file: FilePreview, side: "before" | "after"): Placed[] {
  const rows = edit.files.find((one) => one.path === file.path)?.hunks ?? [];
  return file.hunks.map((hunk: HunkPreview) => {
    const row = rows.find((one) => one.number === hunk.number);
    const [start, lines] = side === "before" ? [hunk.before_line, row?.old_lines] : [hunk.after_line, row?.new_lines];
    return { number: hunk.number, start, lines: lines ?? 0, conflict: hunk.conflict ?? undefined };
  });
}

/** The hunk that a line is in, counted from 1. One without lines is at the line where they would be, and the one before. */
export function hunkAt(hunks: Placed[], line: number): Placed | undefined {
  const fitting = hunks.filter((hunk) => hunk.conflict === undefined);
  const within = fitting.find(({ start, lines }) => start <= line && line < start + lines);
  return within ?? fitting.find(({ start, lines }) => lines === 0 && (line === start || line === start - 1));
}

/** The hunk to look at after `line`: the next one, else the first. */
export function nextHunk(hunks: Placed[], line: number): Placed | undefined {
  const fitting = hunks.filter((hunk) => hunk.conflict === undefined);
  return fitting.find((hunk) => hunk.start >= line) ?? fitting[0];
}

/** Why a hunk does not fit, without what stands beside it already: which hunk, and in which file. */
export function complaint(conflict: string, path: string): string {
  const at = conflict.indexOf(`${path}: `);
  return (at < 0 ? conflict : conflict.slice(at + path.length + 2)).replace(/\.$/, "");
}
