/** The sentences of a text, for whoever listens. */
export function sentences(text: string): string[] {
  const plain = text.replace(/\s+/g, " ").trim();
  if (plain === "") return [];
  return plain.split(/(?<=[.!?…])\s+/);
}
