/** Changes of what somebody else may change at the same time: nothing is overwritten unseen. */

import { asProblem, type Chat, type OperationName, type Params, type Project, type Result } from "./api";

type Call = <O extends OperationName>(operation: O, params: Params<O>) => Promise<Result<O>>;

/** What the clients change of a chat. */
export type ChatChange = Partial<
  Pick<Params<"chat.update">, "title" | "project_id" | "model" | "tags" | "pinned" | "favourite" | "archived">
>;
type Field = keyof ChatChange;

/** What became of a change: the chat as it is now and, where it was not made, what others made of the same parts of it. */
export interface Outcome {
  chat: Chat;
  conflicts: Field[];
}

/** So often is a change repeated on a chat that others keep changing elsewhere. */
const ATTEMPTS = 5;

/** Whether an error says that what was to be changed is not what was known any more. */
export function isOutdated(error: unknown): boolean {
  return asProblem(error).code === "precondition_failed";
}

/**
 * Changes a chat that is known as `known`. What others did meanwhile to other parts of it stays and stands in nobody's way; where
 * they changed the same, nothing is done, and the outcome says what.
 */
export async function changeChat(call: Call, known: Chat, change: ChatChange): Promise<Outcome> {
  let { version } = known;
  for (let attempt = 1; ; attempt++) {
    try {
      return { chat: await call("chat.update", { chat_id: known.id, ...change, if_version: version }), conflicts: [] };
    } catch (error) {
      if (!isOutdated(error) || attempt === ATTEMPTS) throw error;
    }
    const chat = await call("chat.get", { chat_id: known.id });
    const conflicts = (Object.keys(change) as Field[]).filter((field) => isContested(field, known, chat, change));
    if (conflicts.length) return { chat, conflicts };
    version = chat.version;
  }
}

/** Whether somebody made something else of a part than `known` and what is wanted. */
function isContested(field: Field, known: Chat, now: Chat, change: ChatChange): boolean {
  // Nobody has chosen a title that was made of the first question.
  if (field === "title" && now.title_is_automatic) return false;
  const [before, after, wanted] = [known[field], now[field], change[field]].map((value) => JSON.stringify(value ?? null));
  return after !== before && after !== wanted;
}

/** What others made of a chat, as the end of a sentence: “… was renamed to “X” elsewhere meanwhile.” */
export function whatOthersDid({ chat, conflicts }: Outcome, projects: Pick<Project, "id" | "name">[]): string {
  const done = conflicts.map((field) => {
    switch (field) {
      case "title":
        return `renamed to “${chat.title}”`;
      case "project_id": {
        const name = projects.find((project) => project.id === chat.project_id)?.name;
        return `moved to ${name ? `“${name}”` : "another project"}`;
      }
      case "model":
        return chat.model ? `given the model ${chat.model}` : "given the default model";
      case "tags":
        return chat.tags?.length ? `tagged ${chat.tags.join(", ")}` : "freed of its tags";
      default:
        return `changed (${field})`;
    }
  });
  return `was ${done.join(" and ")} elsewhere meanwhile.`;
}
