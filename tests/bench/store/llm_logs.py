"""Searches the same messages with `llm logs`: fills its database from a store and asks both the command and the function behind it.

    llm/bin/python llm_logs.py STORE/aiia.db FOLDER QUERY…

Prints a line of JSON for each query: rows, milliseconds of the whole command and of the function in a running program.
"""
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time

import sqlite_utils
from llm import Message
from llm.logs import LogStore, merged_log_rows
from llm.parts import TextPart

ROWS = 50
COMMANDS = 7
CALLS = 40


def fill(path, ours):
    """Two messages of a chat that follow each other are a prompt and its response."""
    db = sqlite_utils.Database(path)
    store = LogStore(db)
    db.execute("pragma synchronous = off")
    turns, waiting, tips = [], {}, {}
    with db.atomic():
        for chat, content in ours.execute("select chat_id, content from messages order by key"):
            if chat not in waiting:
                waiting[chat] = content
                continue
            prompt = waiting.pop(chat)
            said = [Message(role=role, parts=[TextPart(text=text)]) for role, text in (("user", prompt), ("assistant", content))]
            parent = store.ensure_chain(said[:1], parent=tips.get(chat))
            tips[chat] = store.ensure_chain(said[1:], parent=parent)
            turns.append((f"{len(turns):026}", chat, parent, tips[chat], prompt, content))
        when = "2026-01-01T00:00:00"
        db.conn.executemany(
            "insert into threads (id, tip_message_hash, datetime_utc) values (?, ?, ?)",
            [(chat, tip, when) for chat, tip in tips.items()],
        )
        db.conn.executemany(
            "insert into turns (id, thread_id, parent_message_hash, tip_message_hash, model, datetime_utc) values (?, ?, ?, ?, 'm', ?)",
            [(*turn[:4], when) for turn in turns],
        )
        db.conn.executemany(
            "insert into turn_search (turn_id, prompt, response) values (?, ?, ?)", [(turn[0], *turn[4:]) for turn in turns]
        )
    db.close()


def took(times, work):
    start = time.perf_counter()
    result = work()
    times.append((time.perf_counter() - start) * 1000)
    return result


def main(ours, folder, queries):
    os.makedirs(folder, exist_ok=True)
    os.environ["LLM_USER_PATH"] = folder
    path = os.path.join(folder, "logs.db")
    fill(path, sqlite3.connect(f"file:{ours}?mode=ro", uri=True))
    program = os.path.join(os.path.dirname(sys.executable), "llm")
    store = LogStore(sqlite_utils.Database(path))
    for query in queries:
        command = [program, "logs", "list", "-d", path, "-q", query, "-l", "-n", str(ROWS), "--json"]
        whole, inside = [], []
        for _ in range(COMMANDS):
            found = json.loads(took(whole, lambda: subprocess.run(command, capture_output=True, check=True)).stdout)
        for _ in range(CALLS):
            took(inside, lambda: merged_log_rows(store, count=ROWS, query=query, latest=True))
        line = {"query": query, "rows": len(found), "command_ms": statistics.median(whole)}
        # The 95th percentile, as of the store.
        print(json.dumps(line | {"inside_ms": sorted(inside)[int((CALLS - 1) * 0.95)]}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
