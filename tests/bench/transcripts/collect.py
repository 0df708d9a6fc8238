"""Makes cases of real replies: `collect.py RELEASES CASES.json`.

RELEASES is a folder with wheels of aider-chat, and a source release with `tests/fixtures/chat-history.md`: weeks of its author's talks
with models about aider's own code. Each session names the version it began with: the base is the release before, what was
committed is the release after.

An edit counts if its new lines stand in the later release once, as they were written, and all that differs there from the
earlier release lies within them. Its result is the earlier file with just those differences. That asks nothing of how the edit is
found in the file. Other edits are cut out of the reply; all of the rest of it stays.
"""

import json
import re
import sys
import tarfile
import zipfile
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

HISTORY = "tests/fixtures/chat-history.md"
VERSION = re.compile(r"^> Aider v(\d+)\.(\d+)\.(\d+)")
BLOCK = re.compile(
    r"^(?P<name>[^\n]*)\n(?P<fence>`{3,})[^\n]*\n<{5,9} SEARCH[^\n]*\n(?P<old>.*?)^={5,9}[ ]*\n(?P<new>.*?)^>{5,9} REPLACE[ ]*\n(?P=fence)",
    re.M | re.S,
)


def release(path):
    """The version of a wheel, and its text files."""
    version = tuple(int(part) for part in path.name.split("-")[1].split("."))
    files = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            try:
                files[entry.filename] = archive.read(entry).decode()
            except UnicodeDecodeError:
                pass
    return version, files


def history_of(path):
    with tarfile.open(path) as archive:
        name = next(name for name in archive.getnames() if name.endswith(HISTORY))
        return archive.extractfile(name).read().decode()


def replies(history):
    """What models answered, with the version that the session began with."""
    version, reply = None, []
    for line in [*history.split("\n"), "#### "]:
        if line.startswith(("#### ", "> ", "# aider chat started")) or line in ("####", ">"):
            if found := VERSION.match(line):
                version = tuple(int(part) for part in found.groups())
            text = "\n".join(reply).strip("\n") + "\n"
            if version and BLOCK.search(text):
                yield version, text
            reply = []
        else:
            reply.append(line)


def differences(before, after):
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [step for step in matcher.get_opcodes() if step[0] != "equal"]


def written(old, new):
    """The new lines of an edit without those that it only quotes around them."""
    front = 0
    while front < min(len(old), len(new)) and old[front] == new[front]:
        front += 1
    back = 0
    while back < min(len(old), len(new)) - front and old[-1 - back] == new[-1 - back]:
        back += 1
    return new[front : len(new) - back]


def committed(old, new, before, after):
    """The differences between two releases of a file that are this edit, or why that cannot be told."""
    core = written(old, new)
    if not any(line.strip() for line in core):
        return "changes nothing, or only deletes"
    steps, why = differences(before, after), "not committed as it was written"
    for lines in (new, core):
        places = [at for at in range(len(after) - len(lines) + 1) if after[at : at + len(lines)] == lines]
        if len(places) > 1:
            why = "its new lines stand there more than once"
        if len(places) != 1:
            continue
        start, end = places[0], places[0] + len(lines)
        touching = [step for step in steps if step[3] < end and step[4] > start or start <= step[3] == step[4] <= end]
        if touching and all(start <= step[3] and step[4] <= end for step in touching):
            # Where lines repeat, the differences may be told otherwise than they were made.
            around = "".join(after[max(start - 1, 0) : end + 1])
            return touching if around in applied(before, after, touching) else "cannot be told from what is beside it"
        why = "committed together with other changes" if touching else "in the earlier release already"
    return why


def applied(before, after, steps):
    result, at = [], 0
    for _, old_start, old_end, new_start, new_end in sorted(set(steps)):
        result += before[at:old_start] + after[new_start:new_end]
        at = old_end
    return "".join(result + before[at:])


def case(reply, base, later, why_not):
    """The reply without what does not count, with its files before and after."""
    parts = {}

    def judge(match):
        name = match["name"].strip().strip("*`#: ")
        if name not in base:
            why_not["no file of the release"] += 1
            return ""
        if name not in later:
            why_not["its file is gone in the later release"] += 1
            return ""
        old, new, before, after = (
            text.splitlines(keepends=True) for text in (match["old"], match["new"], base[name], later[name])
        )
        steps = committed(old, new, before, after)
        if isinstance(steps, str):
            why_not[steps] += 1
            return ""
        before, after = base[name], later[name]
        if ("\n" + before).count("\n" + match["old"]) == 1:
            said = ("\n" + before).replace("\n" + match["old"], "\n" + match["new"])[1:]
            if said != applied(before.splitlines(keepends=True), after.splitlines(keepends=True), steps):
                why_not["changed again before it was committed"] += 1
                return ""
        part = parts.setdefault(name, {"steps": [], "reply": "", "quotes": []})
        part["steps"] += steps
        part["reply"] += match[0] + "\n\n"
        part["quotes"].append(match["old"])
        return match[0]

    text = BLOCK.sub(judge, reply)
    files = []
    for name, part in parts.items():
        before, after = (files[name].splitlines(keepends=True) for files in (base, later))
        files.append(
            {
                "path": name,
                "text": base[name],
                "expected": applied(before, after, part["steps"]),
                "reply": part["reply"],
                "edits": len(part["quotes"]),
                # Whether each quote stands in the file to the letter.
                "verbatim": all("\n" + quote in "\n" + base[name] for quote in part["quotes"]),
            }
        )
    return {"reply": text, "files": files} if files else None


def main(folder, target):
    releases = sorted((release(path) for path in Path(folder).glob("*.whl")), key=lambda found: found[0])
    cases, why_not, seen = [], Counter(), 0
    for version, reply in replies(history_of(next(Path(folder).glob("*.tar.gz")))):
        seen += len(BLOCK.findall(reply))
        earlier = [files for number, files in releases if number < version]
        later = [files for number, files in releases if number >= version]
        if not earlier or not later:
            why_not["no release around it"] += 1
        elif found := case(reply, earlier[-1], later[0], why_not):
            cases.append(found)
    Path(target).write_text(json.dumps(cases))
    edits = sum(file["edits"] for found in cases for file in found["files"])
    print(f"{len(cases)} replies with {edits} of {seen} edits; the others:")
    for why, count in why_not.most_common():
        print(f"{count:>5} {why}")


if __name__ == "__main__":
    main(*sys.argv[1:])
