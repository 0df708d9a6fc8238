"""What aider's repository map finds, for the same cases and by the same score.

    aider_map.py REPOSITORY CASES.json [CASES]

Adds to each of the first CASES (default 60) cases what the map of `get_ranked_tags_map` scores at 1,024 and 4,096 tokens, with the
file as chat file and the words of the signature as mentioned identifiers; the body is taken out of a copy of the repository first.
Prints the median seconds of a map, and those of the first. Needs PyPI's aider-chat.
"""

import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time

import litellm
import numpy

os.environ.setdefault("TIKTOKEN_CACHE_DIR", os.path.join(os.path.dirname(litellm.__file__), "litellm_core_utils", "tokenizers"))

import tiktoken
from aider.io import InputOutput
from aider.repomap import RepoMap

BUDGETS = (1024, 4096)
encoding = tiktoken.get_encoding("cl100k_base")


class Model:
    def token_count(self, text):
        return len(encoding.encode(text, disallowed_special=()))


def shown_lines(text):
    """{path: lines} of a rendered map."""
    lines, path = {}, None
    for line in text.split("\n"):
        if line.startswith("│"):
            lines.setdefault(path, []).append(line[1:].strip())
        elif line.endswith(":") and not line.startswith("⋮"):
            path = line[:-1]
    return lines


def score(case, files, text):
    shown = shown_lines(text or "")
    found, tokens = 0, 0
    for needed in case["needed"]:
        there = shown.get(needed["path"], [])
        lines = files(needed["path"])[needed["line"] - 1 : needed["end_line"]]
        is_there = [line.strip()[:90] in [one[:90] for one in there] for line in lines]
        found += bool(is_there and is_there[0])
        tokens += sum(Model().token_count(line) for line, there in zip(lines, is_there) if there)
    return {"recall": found / len(case["needed"]), "precision": tokens / max(1, Model().token_count(text or ""))}


def main():
    root, path = sys.argv[1:3]
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    data = json.load(open(path))
    copy = tempfile.mkdtemp()
    shutil.copytree(root, copy, dirs_exist_ok=True)
    sources = [
        os.path.join(folder, name)
        for folder, folders, names in os.walk(copy)
        for name in names
        if name.endswith((".rs", ".py")) and "/target/" not in folder
    ]
    cache = {}

    def files(name):
        if name not in cache:
            cache[name] = open(os.path.join(root, name), encoding="utf-8", errors="replace", newline="").read().split("\n")
        return cache[name]

    seconds = []
    for case in data["cases"][:limit]:
        file = os.path.join(copy, case["path"])
        whole = open(file, "rb").read()
        stub = b"{\n}" if case["path"].endswith(".rs") else b"..."
        with open(file, "wb") as out:
            out.write(whole[: case["start"]] + stub + whole[case["end"] :])
        before = whole[: case["start"]].decode("utf-8", "replace").split("\n")
        signature = "\n".join(before[case["line"] - 1 :])
        words = set(re.findall(r"[A-Za-z_]\w+", signature))
        peers = case.setdefault("peers", {})
        for budget in BUDGETS:
            started = time.time()
            map = RepoMap(map_tokens=budget, root=copy, main_model=Model(), io=InputOutput(yes=True, pretty=False))
            others = [source for source in sources if source != file]
            text = map.get_ranked_tags_map([file], others, budget, set(), words)
            seconds.append(time.time() - started)
            peers[f"aider@{budget}"] = score(case, files, text)
        with open(file, "wb") as out:
            out.write(whole)
    json.dump(data, open(path, "w"), indent=1)
    for budget in BUDGETS:
        scores = [case["peers"][f"aider@{budget}"] for case in data["cases"][:limit]]
        recall, precision = (numpy.mean([one[key] for one in scores]) for key in ("recall", "precision"))
        print(f"{data['repository']} {budget}: recall {recall:.3f}, precision {precision:.4f}")
    print(f"{data['repository']}: first map {seconds[0]:.1f} s, then {statistics.median(seconds[1:]):.2f} s")
    shutil.rmtree(copy)


main()
