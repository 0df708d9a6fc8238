// The daemon's operations over HTTP. What goes wrong becomes an error whose message a person can read.

const PREFIX = "/api/v1";

export class ProblemError extends Error {
  constructor(problem) {
    super([problem.detail, problem.hint].filter(Boolean).join(" "));
    this.code = problem.code;
    this.status = problem.status;
  }
}

/** Calls one operation and gives its result. */
export async function call(method, path, body) {
  const response = await send(method, path, {
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return response.json();
}

/** Opens a stream; `signal` closes it. */
export function open(path, signal) {
  return send("GET", path, { headers: { accept: "text/event-stream" }, signal });
}

/** All items of a list up to `limit`, page by page, with the cursor of what is left. */
export async function list(path, query = {}, limit = 2000) {
  const items = [];
  let cursor = query.cursor;
  do {
    const search = new URLSearchParams({ ...query, limit: String(Math.min(200, limit)) });
    if (cursor) search.set("cursor", cursor);
    const page = await call("GET", `${path}?${search}`);
    items.push(...page.items);
    cursor = page.has_more ? page.next_cursor : undefined;
  } while (cursor && items.length < limit);
  return { items, cursor };
}

async function send(method, path, options) {
  let response;
  try {
    response = await fetch(PREFIX + path, { method, credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ProblemError({ code: "unavailable", status: 0, detail: "The daemon does not answer.", hint: "Run `aiia open`." });
  }
  if (response.ok) return response;
  const unknown = { code: "internal", status: response.status, detail: `The daemon answered ${response.status}.` };
  throw new ProblemError(await response.json().catch(() => unknown));
}
