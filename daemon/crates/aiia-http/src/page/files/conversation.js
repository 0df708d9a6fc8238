// The messages of one chat. Texts of the model and of the user only ever become text nodes.

import { call, list, ProblemError } from "./api.js";
import { follow } from "./events.js";

const STATES = {
  interrupted: "The daemon ended before the answer was complete.",
  cancelled: "Stopped.",
  failed: "The answer failed.",
};

export class Conversation {
  #articles = new Map();
  #runs = new Map();
  #closed = new AbortController();
  #reading = null;
  #again = false;

  /** `say` gets sentences for screen readers, `onRuns` whether a run goes on, `onProblem` what went wrong. */
  constructor(chat, { say, onRuns, onProblem }) {
    this.chat = chat;
    this.say = say;
    this.onRuns = onRuns;
    this.onProblem = onProblem;
    this.view = document.getElementById("messages");
    this.view.replaceChildren();
  }

  close() {
    this.#closed.abort();
  }

  /** Reads the messages again; calls while it reads make it read once more. */
  refresh() {
    this.#again = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async ask(content) {
    const run = await call("POST", `/chats/${this.chat.id}/runs`, { content });
    this.#follow(run.id);
    await this.refresh();
    this.#scroll(true);
  }

  async stop() {
    await Promise.all([...this.#runs.keys()].map((run) => call("DELETE", `/runs/${run}`)));
  }

  async #read() {
    while (this.#again && !this.#closed.signal.aborted) {
      this.#again = false;
      const { items } = await list(`/chats/${this.chat.id}/messages`);
      if (this.#closed.signal.aborted) return;
      const atEnd = this.#isAtEnd();
      this.view.replaceChildren(...items.filter((message) => message.role !== "system").map((message) => this.#show(message)));
      this.#scroll(atEnd);
    }
  }

  #show(message) {
    const article = this.#articles.get(message.id) ?? this.#article(message);
    const following = message.run_id && message.status === "streaming";
    if (following) this.#follow(message.run_id, article);
    else if (!this.#runs.has(message.run_id)) article.content.textContent = message.content;
    article.state.textContent = STATES[message.status] ?? "";
    return article.element;
  }

  #article(message) {
    const part = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
    const element = part("article", message.role);
    const who = message.role === "user" ? "You" : message.model || "aiia";
    const content = part("div", "content");
    const notes = part("div", "notes");
    const state = part("p", "note");
    element.append(part("h3", "", who), content, notes, state);
    const article = { element, content, notes, state };
    this.#articles.set(message.id, article);
    return article;
  }

  /** Shows what a run writes while it writes it, from its first event on. */
  #follow(run, article) {
    const known = this.#runs.get(run);
    if (known) {
      if (article && !known.article) this.#attach(known, article);
      return;
    }
    const state = { seq: 0, text: "", reasoning: "", notes: [], status: "", article: null };
    this.#runs.set(run, state);
    if (article) this.#attach(state, article);
    this.onRuns(true);
    const path = () => `/runs/${run}/events?after=${state.seq}`;
    const onEvent = (event) => this.#take(state, event);
    follow(path, { onEvent, signal: this.#closed.signal })
      .catch((error) => this.onProblem(error))
      .finally(() => {
        this.#runs.delete(run);
        if (this.#closed.signal.aborted) return;
        this.onRuns(this.#runs.size > 0);
        this.refresh().catch((error) => this.onProblem(error));
      });
  }

  #attach(state, article) {
    state.article = article;
    article.content.textContent = state.text;
    article.element.setAttribute("aria-busy", "true");
  }

  #take(state, event) {
    const atEnd = this.#isAtEnd();
    state.seq = event.seq;
    if (event.type === "status") state.status = event.text;
    if (event.type === "text") state.text += event.text;
    if (event.type === "reasoning") state.reasoning += event.text;
    if (event.type === "complaint") state.notes.push(event.message);
    if (event.type === "context") state.notes.push(contextNote(event));
    if (event.type === "edit") this.#showEdit(state, event);
    this.#draw(state, event);
    this.#scroll(atEnd);
    if (event.type !== "done") return false;
    state.article?.element.removeAttribute("aria-busy");
    if (event.problem) this.onProblem(new ProblemError(event.problem));
    this.say(event.status === "completed" ? "The answer is complete." : STATES[event.status] ?? "The run ended.");
    return true;
  }

  #draw(state, event) {
    const article = state.article;
    if (!article) return;
    if (event.type === "text") {
      // Only what is new is added; what is there is not laid out again.
      if (article.content.textContent.length + event.text.length === state.text.length) article.content.append(event.text);
      else article.content.textContent = state.text;
    }
    article.state.textContent = event.type === "done" ? STATES[event.status] ?? "" : state.text ? "" : state.status;
    if (event.type === "complaint" || event.type === "context") {
      article.notes.append(Object.assign(document.createElement("p"), { className: "note", textContent: state.notes.at(-1) }));
    }
    if (event.type === "reasoning") {
      article.reasoning ??= fold(article, "Thinking");
      article.reasoning.textContent = state.reasoning;
    }
  }

  async #showEdit(state, event) {
    const files = event.files.map((file) => `${file.path} (+${file.added} −${file.removed})`).join(", ");
    state.notes.push(`Proposed change: ${files}. Review it in the editor.`);
    try {
      const edit = await call("GET", `/edits/${event.edit_id}`);
      if (state.article) fold(state.article, state.notes.at(-1)).textContent = edit.diff;
    } catch (error) {
      this.onProblem(error);
    }
  }

  #isAtEnd() {
    return this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < 40;
  }

  /** Follows the text only when the reader is at its end. */
  #scroll(atEnd) {
    if (atEnd) this.view.scrollTop = this.view.scrollHeight;
  }
}

function fold(article, title) {
  const details = document.createElement("details");
  const content = document.createElement("pre");
  details.append(Object.assign(document.createElement("summary"), { textContent: title }), content);
  article.notes.append(details);
  return content;
}

function contextNote(event) {
  const secrets = event.redactions ? ` ${event.redactions} secrets were replaced.` : "";
  return `Sent ${event.tokens} tokens of context.${secrets}`;
}
