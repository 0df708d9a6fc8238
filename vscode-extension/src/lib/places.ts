/** What the daemon calls a document: its path, or `untitled:NAME` for what is no file. */

export interface UriLike {
  readonly scheme: string;
  readonly fsPath: string;
  toString(): string;
}

const UNSAVED = "untitled:";

/** The daemon's name of a document. A buffer that was never saved is named by its address alone, all else that is no file by its address within. */
export function pathOf(uri: UriLike): string {
  if (uri.scheme === "file") return uri.fsPath.replace(/^[a-z]:/, (drive) => drive.toUpperCase());
  return uri.scheme === "untitled" ? uri.toString() : `${UNSAVED}${uri}`;
}

/** The place with this name: the path of a file, or the address of something else. */
export function placeOf(path: string): { file: string } | { uri: string } {
  if (!path.startsWith(UNSAVED)) return { file: path };
  const within = path.slice(UNSAVED.length);
  return { uri: /^[a-z][\w+.-]*:\/\//i.test(within) ? within : path };
}

/** Whether code that was attached is still what its place says. `now` is the whole file or, with `isPart`, all of the attached lines. */
export function isAsAttached(now: string, attached: string, isPart: boolean): boolean {
  if (!isPart) return now === attached;
  // A selection may end within its last line.
  return now.startsWith(attached) && !/\n[\s\S]/.test(now.slice(attached.length));
}
