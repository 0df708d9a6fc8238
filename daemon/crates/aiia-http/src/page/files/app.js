// Ties the page together: what the user does, and what other clients change.

import { call } from "./api.js";
import { Conversation } from "./conversation.js";
import { follow } from "./events.js";
import { Sidebar } from "./sidebar.js";

const byId = (id) => document.getElementById(id);
const question = byId("question");
let conversation = null;
let refreshing = 0;

const sidebar = new Sidebar((chat) => attempt(() => openChat(chat)));

function showProblem(error) {
  byId("problem-text").textContent =
    error.status === 401 ? "This browser is signed out. Run `aiia open` in a terminal." : error.message;
  byId("problem").hidden = false;
}

/** Does something; what goes wrong is shown. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    showProblem(error);
  }
}

async function openChat(chat) {
  conversation?.close();
  byId("stop").hidden = true;
  sidebar.mark(chat);
  byId("title").textContent = chat ? chat.title || "New chat" : "No chat is open";
  byId("messages").replaceChildren();
  history.replaceState(null, "", chat ? `#${chat.id}` : "/");
  byId("sidebar").classList.remove("open");
  byId("menu").setAttribute("aria-expanded", "false");
  conversation = chat
    ? new Conversation(chat, {
        say: (sentence) => (byId("said").textContent = sentence),
        onRuns: (running) => (byId("stop").hidden = !running),
        onProblem: showProblem,
      })
    : null;
  await Promise.all([sidebar.refresh(), conversation?.refresh()]);
}

async function send() {
  const content = question.value.trim();
  if (!content) return;
  byId("send").disabled = true;
  try {
    if (!conversation) await openChat(await sidebar.addChat());
    await conversation.ask(content);
    // Kept until the daemon has it.
    question.value = "";
  } finally {
    byId("send").disabled = false;
    question.focus();
  }
}

/** A change that some client made. Many at once lead to one reading. */
function changed(event) {
  const open = conversation?.chat.id;
  if (event.entity === "chat" && event.id === open && event.change === "deleted") attempt(() => openChat(undefined));
  else if (event.chat_id === open || event.id === open) attempt(() => conversation?.refresh());
  if (event.entity === "chat" || event.entity === "project") refreshSoon();
}

function refreshSoon() {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => attempt(refreshLists), 150);
}

async function refreshLists() {
  await sidebar.refresh();
  if (!conversation) return;
  const chat = await call("GET", `/chats/${conversation.chat.id}`);
  byId("title").textContent = chat.title || "New chat";
}

async function start() {
  // A link may fill the box; only the user sends.
  const proposed = new URLSearchParams(location.search).get("q");
  if (proposed) question.value = proposed;
  const wanted = location.hash.slice(1);
  const chat = wanted ? await call("GET", `/chats/${encodeURIComponent(wanted)}`).catch(() => undefined) : undefined;
  await openChat(chat);
  const status = await call("GET", "/system/status");
  byId("model").textContent = status.default_model ?? "no model";
  if (status.model_problem) showProblem(new Error(status.model_problem));
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(send);
});
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!byId("send").disabled) attempt(send);
});
byId("stop").addEventListener("click", () => attempt(() => conversation?.stop()));
byId("project").addEventListener("change", (event) => attempt(() => sidebar.choose(event.target.value)));
byId("more-chats").addEventListener("click", () => attempt(() => sidebar.showMore()));
byId("new-chat").addEventListener("click", () => attempt(async () => openChat(await sidebar.addChat())));
byId("new-project").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("new-project-name");
  attempt(async () => {
    await sidebar.addProject(name.value.trim());
    name.value = "";
  });
});
byId("problem-close").addEventListener("click", () => (byId("problem").hidden = true));
byId("menu").addEventListener("click", () => {
  const open = byId("sidebar").classList.toggle("open");
  byId("menu").setAttribute("aria-expanded", String(open));
});

attempt(start);
// After a lost connection anything may have changed.
let connections = 0;
attempt(() =>
  follow(() => "/events", {
    onEvent: changed,
    onOpen: () => {
      connections += 1;
      if (connections === 1) return;
      refreshSoon();
      attempt(() => conversation?.refresh());
    },
    signal: new AbortController().signal,
  }),
);
