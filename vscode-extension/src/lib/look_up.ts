/** Questions to the editor with a limit of time: what is there by then is the answer. */

/** The results of all questions in their order; `null` for one that fails or is not answered within `milliseconds`. */
export async function within<T>(milliseconds: number, questions: Thenable<T>[]): Promise<(T | null)[]> {
  const answers: (T | null)[] = questions.map(() => null);
  const asked = questions.map(async (question, index) => {
    try {
      answers[index] = (await question) ?? null;
    } catch {
      // A language server that fails knows nothing.
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.all(asked), limit]);
  clearTimeout(timer);
  return [...answers];
}
