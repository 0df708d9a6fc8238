"""Ground truth for the recall benchmark: which definitions of a workspace the bodies of its functions use.

    truth.py REPOSITORY INDEX.scip OUT.json [CASES]

REPOSITORY is a folder of sources, INDEX.scip what `rust-analyzer scip` or `scip-python index` says of it. OUT.json gets
the repository's functions outside tests whose body has at least five lines and uses at least three definitions of other
files, and for each those definitions with the lines of their signatures. Needs Python 3.9, nothing else.

The index is a protobuf message (https://github.com/sourcegraph/scip, scip.proto); its few fields that matter are read here.
"""

import ast
import hashlib
import json
import os
import re
import sys


def fields(data):
    """The fields of a protobuf message: (number, integer or bytes)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        elif kind == 2:
            length = varint()
            yield key >> 3, data[at : at + length]
            at += length
        else:
            width = {1: 8, 5: 4}[kind]
            yield key >> 3, data[at : at + width]
            at += width


def packed(data):
    numbers, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    return numbers


def occurrences(index):
    """(path, line, column, symbol, is_definition), lines from 0."""
    for number, document in fields(index):
        if number != 2:
            continue
        parts = list(fields(document))
        path = next(value.decode() for number, value in parts if number == 1)
        for number, occurrence in parts:
            if number != 2:
                continue
            found = dict(fields(occurrence))
            if 1 in found and 2 in found:
                place = packed(found[1])
                yield path, place[0], place[1], found[2].decode(), bool(found.get(3, 0) & 1)


def is_item(symbol):
    """Whether the symbol is a function, type, field, constant or macro: no local, parameter, namespace."""
    if symbol.startswith("local "):
        return False
    return not re.search(r"(/|:|\]|\(.*\))$", symbol) or symbol.endswith("().") or bool(re.search(r"\(\+\d+\)\.$", symbol))


def signature_end(lines, first):
    """The last line of the signature that begins at `first`: where its brackets are closed and a body or the end follows."""
    depth = 0
    for line in range(first, min(first + 30, len(lines))):
        code = re.sub(r"\"[^\"]*\"|'[^']*'|//.*$", "", lines[line]).rstrip()
        for character in code:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if depth <= 0 and (code.endswith(("{", "}", ";", ":", ",")) or "{" in code or lines[line].strip() == ""):
            return line
        if depth <= 0 and line > first and code.endswith(")"):
            continue
        if depth <= 0 and not code.endswith((")", ">")) and "fn " not in lines[first] and line == first:
            return line
    return first


def rust_functions(text):
    """(name, line of the signature, first byte of the body, its last) by brackets, strings and comments skipped."""
    token = re.compile(
        rb'//[^\n]*|/\*.*?\*/|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?\'(?:\\.[^\']*|[^\\\'])\'|\bfn\s+([A-Za-z_]\w*)|[{};()\[\]]',
        re.S,
    )
    stack, waiting, tests, found = [], None, 0, []
    for match in token.finditer(text):
        word = match.group(0)
        if match.group(2):
            waiting = [match.group(2).decode(), match.start(), 0]
        elif word in (b"(", b"[") and waiting:
            waiting[2] += 1
        elif word in (b")", b"]") and waiting:
            waiting[2] -= 1
        elif word == b"{":
            stack.append((waiting, match.start()) if waiting and not waiting[2] else None)
            if waiting and not waiting[2]:
                waiting = None
        elif word == b"}" and stack:
            opened = stack.pop()
            if opened:
                (name, start, _), body = opened
                found.append((name, text.count(b"\n", 0, start), body, match.end()))
        elif word == b";" and waiting and not waiting[2]:
            waiting = None
    return found


def rust_tests(text):
    """Byte ranges of test modules: from their attribute to the end of the file."""
    match = re.search(rb"#\[cfg\((all\()?test", text)
    return [(match.start(), len(text))] if match else []


def python_functions(text):
    starts = [0]
    for line in text.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first, last = node.body[0], node.body[-1]
            begin = starts[first.lineno - 1] + first.col_offset
            if text[starts[first.lineno - 1] : begin].strip():
                continue
            found.append((node.name, node.lineno - 1, begin, starts[last.end_lineno - 1] + last.end_col_offset))
    return found


def is_test(path, name, body, tests):
    parts = re.split(r"[/._-]", path)
    return (
        any(part in ("tests", "test", "testing", "benches", "examples", "conftest", "fuzz") for part in parts)
        or any(part.startswith("test_") or part.endswith("_test") for part in path.split("/"))
        or name.startswith("test")
        or any(start <= body < end for start, end in tests)
    )


def main():
    root, scip, out = sys.argv[1:4]
    wanted = int(sys.argv[4]) if len(sys.argv) > 4 else 80
    definitions, uses = {}, {}
    for path, line, column, symbol, defines in occurrences(open(scip, "rb").read()):
        if not is_item(symbol):
            continue
        if defines:
            definitions.setdefault(symbol, (path, line))
        else:
            uses.setdefault(path, []).append((line, symbol))
    texts = {}

    def lines_of(path):
        if path not in texts:
            texts[path] = open(os.path.join(root, path), encoding="utf-8", errors="replace", newline="").read().split("\n")
        return texts[path]

    cases = []
    for path in sorted(uses):
        rust = path.endswith(".rs")
        if not (rust or path.endswith(".py")) or not os.path.exists(os.path.join(root, path)):
            continue
        text = open(os.path.join(root, path), "rb").read()
        tests = rust_tests(text) if rust else []
        for name, signature, start, end in rust_functions(text) if rust else python_functions(text):
            first, last = text.count(b"\n", 0, start), text.count(b"\n", 0, end)
            if (last - first - 1 if rust else last - first + 1) < 5 or is_test(path, name, start, tests):
                continue
            needed = {}
            for line, symbol in uses[path]:
                if first <= line <= last and symbol in definitions and definitions[symbol][0] != path:
                    needed[definitions[symbol]] = symbol
            if len(needed) < 3:
                continue
            listed = []
            for (where, line), symbol in sorted(needed.items()):
                lines = lines_of(where)
                if line < len(lines):
                    listed.append({"path": where, "line": line + 1, "end_line": signature_end(lines, line) + 1, "symbol": symbol})
            cases.append({"path": path, "name": name, "line": signature + 1, "start": start, "end": end, "needed": listed})
    # A sample that does not depend on the order of files, the same on every machine.
    cases.sort(key=lambda case: hashlib.sha256(f"{case['path']}:{case['name']}:{case['line']}".encode()).digest())
    found = len(cases)
    cases = cases[:wanted]
    json.dump({"repository": os.path.basename(os.path.abspath(root)), "cases": cases}, open(out, "w"), indent=1)
    mean = sum(len(case["needed"]) for case in cases) / max(1, len(cases))
    print(f"{root}: {len(cases)} of {found} functions, {mean:.1f} definitions each")


main()
