#!/usr/bin/env python3
"""A language server of one trick, to test the Neovim configuration and its driver without the daemon.

`Toy: fix` opens a review document outside of the workspace; `Toy: accept` in there changes the first line of the file.
The command `toy.state` answers what the server knows: root, workspace folders, open documents.
"""

import json
import sys
import tempfile
from pathlib import Path

documents, folders, callbacks = {}, [], {}
review_folder = Path(tempfile.mkdtemp(prefix="toy-state-")) / "review"
last_fixed = None
NAME = "0190a0a0-0000-7000-8000-000000000000.diff"


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def request(method, params, callback):
    number = f"toy-{len(callbacks)}"
    callbacks[number] = callback
    send({"id": number, "method": method, "params": params})


def receive():
    length = 0
    while (line := sys.stdin.buffer.readline()) not in (b"", b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def initialize(params):
    folders.extend(folder["uri"] for folder in params.get("workspaceFolders") or [])
    return {
        "serverInfo": {"name": "toy"},
        "capabilities": {
            "positionEncoding": "utf-8",
            "textDocumentSync": {"openClose": True, "change": 2},
            "codeActionProvider": True,
            "executeCommandProvider": {"commands": ["toy.fix", "toy.accept", "toy.state", "toy.lose", "aiia.ask", "aiia.edit"]},
            "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
        },
    }


def code_actions(params):
    uri = params["textDocument"]["uri"]
    name = "accept" if uri.endswith(".diff") else "fix"
    line = params["range"]["start"]["line"]
    command = {"title": name, "command": f"toy.{name}", "arguments": [uri, line]}
    return [
        {"title": f"Toy: {name}", "kind": "refactor.rewrite", "command": command},
        {"title": "Toy: state", "command": {"title": "state", "command": "toy.state"}},
    ]


def execute(params):
    global last_fixed
    arguments = params.get("arguments") or []
    if params["command"] == "toy.fix":
        last_fixed = arguments[0]
        review_folder.mkdir(parents=True, exist_ok=True)
        review = review_folder / NAME
        review.write_text(f"--- {last_fixed}\n+++ {last_fixed}\n@@ -1 +1 @@\n-old\n+new\n", encoding="utf-8")
        request("window/showDocument", {"uri": review.as_uri(), "takeFocus": True}, lambda answer: tell("shown", answer))
    elif params["command"] == "toy.accept":
        edit = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "newText": "fixed "}
        change = {"textDocument": {"uri": last_fixed, "version": documents[last_fixed]}, "edits": [edit]}
        request("workspace/applyEdit", {"label": "toy", "edit": {"documentChanges": [change]}}, lambda answer: tell("applied", answer))
        change_review()
    elif params["command"] == "toy.lose":
        sys.exit(3)
    elif params["command"].startswith("aiia."):
        tell(params["command"], {"result": arguments})
    return {"folders": folders, "documents": sorted(documents)}


def change_review():
    edit = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "newText": "accepted\n"}
    changes = {(review_folder / NAME).as_uri(): [edit]}
    request("workspace/applyEdit", {"label": "toy", "edit": {"changes": changes}}, lambda answer: tell("review", answer))


def tell(what, answer):
    send({"method": "window/showMessage", "params": {"type": 3, "message": f"{what} {json.dumps(answer.get('result'))}"}})


def notified(method, params):
    document = params.get("textDocument") or {}
    if method in ("textDocument/didOpen", "textDocument/didChange"):
        documents[document["uri"]] = document["version"]
    elif method == "textDocument/didClose":
        documents.pop(document["uri"], None)
    elif method == "workspace/didChangeWorkspaceFolders":
        folders.extend(folder["uri"] for folder in params["event"]["added"])


requests = {
    "initialize": initialize,
    "shutdown": lambda _: None,
    "textDocument/codeAction": code_actions,
    "workspace/executeCommand": execute,
}

while (message := receive()) is not None and message.get("method") != "exit":
    method, number, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method is None:
        callbacks[number](message)
    elif number is None:
        notified(method, params)
    elif method in requests:
        send({"id": number, "result": requests[method](params)})
    else:
        send({"id": number, "error": {"code": -32601, "message": f"no {method}"}})
