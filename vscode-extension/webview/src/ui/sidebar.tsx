/** The projects and their chats. */

import { useEffect, useState } from "preact/hooks";
import type { Chat } from "../../../src/lib/api";
import type { ChatChange } from "../../../src/lib/changes";
import { titleOf } from "../chat_list";
import { focusLater, useApp, useAppState } from "./hooks";
import { type Entry, Menu } from "./menu";

export function Sidebar() {
  const app = useApp();
  const state = useAppState();
  const [renaming, setRenaming] = useState<string>();
  const wanted = state.query.trim().toLowerCase();
  const chats = state.chats.filter((chat) => titleOf(chat).toLowerCase().includes(wanted));
  return (
    <nav id="sidebar" aria-label="Projects and chats">
      <Projects />
      <input
        type="search"
        aria-label="Search chats"
        placeholder="Search"
        value={state.query}
        onInput={(event) => app.try(() => app.list.search(event.currentTarget.value))}
      />
      <ul class="chats" aria-label="Chats">
        {chats.map((chat) => (
          <li key={chat.id}>
            {renaming === chat.id ? (
              <Rename chat={chat} done={() => setRenaming(undefined)} />
            ) : (
              <ChatEntry chat={chat} rename={() => setRenaming(chat.id)} />
            )}
          </li>
        ))}
      </ul>
      {chats.length === 0 && (
        <p class="empty">{wanted ? "No chat has that in its title." : "There is no chat yet. Ask something."}</p>
      )}
      {state.moreChats && !wanted && (
        <button type="button" onClick={() => app.try(() => app.list.readMoreChats())}>
          Older chats
        </button>
      )}
      {state.found && (
        <section aria-label="Found in messages">
          <h2>In all chats</h2>
          <ul class="chats">
            {state.found.map((hit) => (
              <li key={hit.message_id ?? hit.chat_id}>
                <button type="button" class="entry found" onClick={() => app.try(() => app.conversation.openFound(hit))}>
                  <span>{hit.chat_title || "New chat"}</span>
                  <small>
                    {hit.snippet.map((part, index) => (part.found ? <mark key={index}>{part.text}</mark> : part.text))}
                  </small>
                </button>
              </li>
            ))}
          </ul>
          {state.found.length === 0 && <p class="empty">Nothing was said with these words.</p>}
        </section>
      )}
      <div class="buttons">
        <button type="button" aria-pressed={state.showArchived} onClick={() => app.try(() => app.list.toggleArchived())}>
          Archived
        </button>
        {app.imports.canRun && <Import />}
      </div>
      <Imported />
    </nav>
  );
}

/** Takes in the chats of another program, or of an export. */
function Import() {
  const app = useApp();
  const { importing } = useAppState();
  if (app.transport.kind === "editor") {
    return (
      <button type="button" onClick={() => app.try(() => app.transport.act({ action: "import" }))}>
        Import…
      </button>
    );
  }
  return (
    <label class="file" title="An export of aiia, ChatGPT, Claude or Open WebUI, as JSON or ZIP">
      Import…
      <input
        type="file"
        accept=".json,.zip,application/json,application/zip"
        class="visually-hidden"
        disabled={importing !== undefined}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) app.try(() => app.imports.run(file));
        }}
      />
    </label>
  );
}

function Imported() {
  const app = useApp();
  const { importing, imported } = useAppState();
  if (importing !== undefined) {
    return (
      <div class="imported" role="status">
        <p>{importing}</p>
        <button type="button" onClick={() => app.imports.stop()}>
          Stop
        </button>
      </div>
    );
  }
  if (!imported) return null;
  return (
    <section class="imported" aria-label="Imported" aria-live="polite">
      <p>{imported.summary}</p>
      {imported.remarks.length > 0 && (
        <ul>
          {imported.remarks.map((remark, index) => (
            <li key={index}>{remark}</li>
          ))}
        </ul>
      )}
      <button type="button" onClick={() => app.imports.dismiss()}>
        Close
      </button>
    </section>
  );
}

function Projects() {
  const app = useApp();
  const { projects, projectId } = useAppState();
  const [naming, setNaming] = useState(false);
  const stopNaming = () => {
    setNaming(false);
    focusLater(".projects select");
  };
  return (
    <div class="projects">
      <select
        aria-label="Project"
        value={projectId ?? ""}
        disabled={projects.length === 0}
        onChange={(event) => app.try(() => app.list.selectProject(event.currentTarget.value))}
      >
        {projects.length === 0 && <option value="">No project yet</option>}
        {projects.map((project) => (
          <option key={project.id} value={project.id}>
            {project.name}
          </option>
        ))}
      </select>
      <button type="button" aria-label="New project" aria-expanded={naming} onClick={() => setNaming(!naming)}>
        +
      </button>
      {naming && (
        <Name
          label="Name of the new project"
          value=""
          cancel={stopNaming}
          done={(name) => {
            stopNaming();
            app.try(() => app.list.createProject(name));
          }}
        />
      )}
    </div>
  );
}

function ChatEntry({ chat, rename }: { chat: Chat; rename: () => void }) {
  const app = useApp();
  const { chat: open, projects } = useAppState();
  const marks = app.has("chat.fork");
  const update = (change: ChatChange) => app.try(() => app.list.update(chat, change));
  const entries: Entry[] = [{ label: "Rename", run: rename }];
  if (marks) {
    entries.push({ label: chat.pinned ? "Unpin" : "Pin", run: () => update({ pinned: !chat.pinned }) });
    entries.push({ label: chat.archived ? "Unarchive" : "Archive", run: () => update({ archived: !chat.archived }) });
  }
  for (const project of projects.filter((project) => project.id !== chat.project_id)) {
    entries.push({ label: `Move to ${project.name}`, run: () => update({ project_id: project.id }) });
  }
  if (app.has("export.start")) {
    for (const [format, label] of [
      ["markdown", "Export as Markdown"],
      ["html", "Export as a web page"],
      ["json", "Export as JSON"],
    ] as const) {
      entries.push({ label, run: () => app.try(() => app.transport.act({ action: "export", chatId: chat.id, format })) });
    }
  }
  entries.push({ label: "Delete", run: () => app.try(() => app.conversation.delete(chat)) });
  return (
    <>
      <button
        type="button"
        class="entry"
        data-chat={chat.id}
        aria-current={chat.id === open?.id ? "page" : undefined}
        title={titleOf(chat)}
        onClick={() => app.try(() => app.conversation.open(chat.id))}
      >
        <span>
          {chat.pinned && <span class="mark">pinned </span>}
          {titleOf(chat)}
        </span>
      </button>
      <Menu label={`More for ${titleOf(chat)}`} entries={entries} />
    </>
  );
}

function Rename({ chat, done }: { chat: Chat; done: () => void }) {
  const app = useApp();
  // What the user saw when the renaming began: what others do meanwhile is hidden by the field.
  const [known] = useState(chat);
  // The field takes the place of the entry that had the focus, and gives it back.
  useEffect(() => () => focusLater(`[data-chat="${CSS.escape(chat.id)}"]`), [chat.id]);
  return (
    <Name
      label="New title"
      value={titleOf(known)}
      cancel={done}
      done={(title) => {
        done();
        app.try(() => app.list.update(known, { title }));
      }}
    />
  );
}

/** A field for one name: Enter takes it, Escape leaves it. */
function Name({
  label,
  value,
  done,
  cancel,
}: {
  label: string;
  value: string;
  done: (name: string) => void;
  cancel: () => void;
}) {
  return (
    <form
      class="name"
      onSubmit={(event) => {
        event.preventDefault();
        const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
        if (name) done(name);
        else cancel();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        cancel();
      }}
    >
      <input
        name="name"
        aria-label={label}
        placeholder={label}
        defaultValue={value}
        maxLength={200}
        ref={(input) => input?.focus()}
      />
      <button type="submit">Save</button>
    </form>
  );
}
