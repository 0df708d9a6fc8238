/** Texts that the extension shows, made from what the daemon says. */

import type { Result, Schemas } from "./api";

/** How a part of a file is called: `parser.rs:10-24`. */
export function placeLabel(path: string, lines?: { start: number; end: number }): string {
  const name = path.split(/[\\/]/).pop() || path;
  if (!lines) return name;
  return lines.start === lines.end ? `${name}:${lines.start}` : `${name}:${lines.start}-${lines.end}`;
}

/** A fence that the text cannot end. */
export function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** Markdown that says `text` in one line and nothing else: what comes from files, chats and servers makes no link and loads no image. */
export function unformatted(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>!&#|~]/g, "\\$&");
}

/** What a model would see, to read. */
export function contextDocument(place: string, bundle: Result<"context.get">): string {
  const head = [
    `# Context of ${unformatted(place)}`,
    "",
    `${bundle.used} of ${bundle.budget} tokens, ${bundle.pieces.length} pieces` +
      (bundle.redactions ? `, ${bundle.redactions} secrets replaced` : ""),
  ];
  const pieces = bundle.pieces.map((piece) => {
    const where = placeLabel(piece.path, { start: piece.start_line, end: piece.end_line });
    const head = unformatted(piece.symbol ? `${where}: ${piece.symbol}` : where);
    const about = `${piece.kind}, ${piece.tokens} tokens: ${unformatted(piece.reason)}`;
    return `\n## ${head}\n\n${about}\n\n${unformatted(piece.path)}\n\n${fenced(piece.text)}`;
  });
  return `${[...head, ...pieces].join("\n")}\n`;
}

const MARKS: Record<Schemas["CheckStatus"], string> = { ok: "ok", warning: "warning", failed: "failed" };

/** The result of the doctor, to read. */
export function doctorDocument(doctor: Result<"system.doctor">): string {
  const checks = doctor.checks.map((check) => {
    const hint = check.hint ? `\\\n  ${unformatted(check.hint)}` : "";
    return `- **${unformatted(check.name)}**: ${MARKS[check.status]}. ${unformatted(check.detail)}${hint}`;
  });
  return `# aiia: doctor\n\n${checks.join("\n")}\n`;
}

/** What an import left out, to read. */
export function remarksDocument(remarks: string[]): string {
  return `# Import\n\n${remarks.map((remark) => `- ${unformatted(remark)}`).join("\n")}\n`;
}

/** A pending edit in one line. */
export function editSummary(edit: Schemas["PendingEdit"]): string {
  const hunks = edit.files.flatMap((file) => file.hunks);
  const waiting = hunks.filter((hunk) => hunk.status === "pending").length;
  const names = edit.files.map((file) => placeLabel(file.path)).join(", ");
  return `${waiting} of ${hunks.length} ${hunks.length === 1 ? "hunk" : "hunks"} waiting in ${names}`;
}

/** What the log has of a message that is traced. */
export function traced(text: string): string {
  return text.includes("aiia/key/set") ? "A message with an API key (aiia/key/set) is left out." : text;
}
