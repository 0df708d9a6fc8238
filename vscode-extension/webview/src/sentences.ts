/** The sentences of a text, for whoever listens. */
export function sentences(text: string): string[] {
  const plain = text.replace(/\s+/g, " ").trim();
  if (plain === "") return [];
  return plain.split(/(?<=[.!?…])\s+/);
}

/** What is read out of a finished block: its text; of code, which nobody can follow by ear, what it is and how long. */
export function spoken(block: HTMLElement): string {
  const copy = block.cloneNode(true) as HTMLElement;
  for (const frame of copy.querySelectorAll<HTMLElement>(".code")) {
    const pre = frame.querySelector("pre");
    const lines = (pre?.textContent ?? "").trimEnd().split("\n").length;
    frame.replaceWith(`${pre?.getAttribute("aria-label") ?? "Code"}, ${lines} ${lines === 1 ? "line" : "lines"}. `);
  }
  return copy.textContent ?? "";
}
