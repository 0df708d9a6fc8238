"""What the embedded model's native code needs to build: cmake and libclang, without root.

What the machine has is used when it is good enough; else both come as Python packages into a folder of our cache.
"""

import glob
import os
import re
import shutil
import sys
from pathlib import Path

import processes
from failure import SetupError

CMAKE_AT_LEAST = (3, 18)
LIBCLANG_AT_LEAST = 11
# Ranges of versions known to build the native code.
PACKAGES = {"cmake": "cmake>=3.28,<5", "libclang": "libclang>=16,<19", "ninja": "ninja>=1.11,<2"}
# Not libclang-cpp, which is another library.
LIBRARY_NAMES = ("libclang.so*", "libclang-[0-9]*.so*", "libclang.dylib")
LIBRARY_FOLDERS = (
    "/usr/lib/llvm-*/lib",
    "/usr/lib/*-linux-gnu",
    "/usr/lib64/llvm*/lib*",
    "/usr/lib64",
    "/usr/lib",
    "/opt/homebrew/opt/llvm/lib",
    "/usr/local/opt/llvm/lib",
    "/Library/Developer/CommandLineTools/usr/lib",
    "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib",
)


def check_toolchain(root, environ=os.environ):
    """Refuses with the next step when Rust, its version, a C++ compiler or pip is not there."""
    if sys.version_info < (3, 9):
        raise SetupError(f"Python {sys.version.split()[0]} is too old.", "Install Python 3.9 or newer and run this again.")
    if not shutil.which("cargo", path=environ.get("PATH")):
        raise SetupError("Rust's cargo is not on the PATH.", "Install Rust from https://rustup.rs, open a new shell and run this again.")
    needed = parse_version(re.search(r'^rust-version = "([^"]+)"', (root / "Cargo.toml").read_text(), re.M).group(1))
    found = parse_version(processes.output_of(["cargo", "--version"], env=environ) or "")
    if found < needed:
        raise SetupError(
            f"cargo is version {_dotted(found)}, {_dotted(needed)} or newer is needed.", "Run `rustup update stable`, then this again."
        )
    if not (shutil.which("c++", path=environ.get("PATH")) or environ.get("CXX")):
        raise SetupError(
            "No C++ compiler is on the PATH.",
            "Install one (Debian, Ubuntu: `apt install g++ make`; Fedora: `dnf install gcc-c++ make`; macOS: `xcode-select --install`).",
        )


def pip_command():
    """How pip is called here."""
    for command in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if processes.output_of([*command, "--version"]) is not None:
            return command
    raise SetupError(
        "Python's pip was not found.", "Install it (Debian, Ubuntu: `apt install python3-pip`; elsewhere `python3 -m ensurepip`) and run this again."
    )


def prepare(cache, task, log_path, environ=os.environ):
    """Makes sure the build tools are there. Returns the environment for cargo; `task` shows the phase."""
    env = dict(environ)
    own = cache / "build-tools"
    missing = []

    if (own / "bin" / "cmake").exists() and _cmake_version(own / "bin" / "cmake") >= CMAKE_AT_LEAST:
        cmake = own / "bin" / "cmake"
    else:
        cmake = shutil.which("cmake", path=env.get("PATH"))
        if not cmake or _cmake_version(cmake) < CMAKE_AT_LEAST:
            cmake = None
            missing.append("cmake")
    libclang = env.get("LIBCLANG_PATH") or _own_libclang(own) or system_libclang(env)
    if not libclang:
        missing.append("libclang")
    generator = any(shutil.which(name, path=env.get("PATH")) for name in ("make", "gmake", "ninja"))
    if not generator and not (own / "bin" / "ninja").exists():
        missing.append("ninja")

    if missing:
        task.update(f"installing {', '.join(missing)} into {own}")
        _install(own, missing, log_path)
        if "cmake" in missing:
            cmake = own / "bin" / "cmake"
            if _cmake_version(cmake) < CMAKE_AT_LEAST:
                raise SetupError("The installed cmake does not run here.", f"Install cmake {_dotted(CMAKE_AT_LEAST)} or newer and run this again.")
        libclang = libclang or _own_libclang(own)
        if not libclang:
            raise SetupError("The installed libclang could not be found.", "Install libclang, set LIBCLANG_PATH to its folder and run this again.")

    if (own / "bin").is_dir():
        env["PATH"] = f"{own / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    if not generator:
        env.setdefault("CMAKE_GENERATOR", "Ninja")
    env["LIBCLANG_PATH"] = str(libclang)
    if sys.platform.startswith("linux") and "BINDGEN_EXTRA_CLANG_ARGS" not in env:
        # libclang without clang has no headers of its own (stddef.h); gcc's serve.
        include = (processes.output_of(["gcc", "-print-file-name=include"], env=env) or "").strip()
        if os.path.isabs(include):
            env["BINDGEN_EXTRA_CLANG_ARGS"] = f"-I{include}"
    where = "from the cache" if str(own) in str(cmake) else "of the system"
    task.done(f"cmake {where}, libclang in {libclang}")
    return env


def system_libclang(environ=os.environ, folders=LIBRARY_FOLDERS):
    """The folder with the system's newest good enough libclang, or None."""
    candidates = list(folders)
    reported = (processes.output_of(["llvm-config", "--libdir"], env=environ) or "").strip()
    if reported:
        candidates.insert(0, reported)
    best = None
    for pattern in candidates:
        for folder in sorted(glob.glob(pattern)):
            version = _libclang_version(Path(folder))
            if version is not None and version >= LIBCLANG_AT_LEAST and (best is None or version > best[0]):
                best = (version, folder)
    return best[1] if best else None


def parse_version(text):
    """The first dotted number in `text` as a tuple, or () when there is none."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def _libclang_version(folder):
    """The major version of the libclang in `folder`; None when there is none. One that names no version counts as new enough."""
    names = [path.name for pattern in LIBRARY_NAMES for path in folder.glob(pattern) if path.exists()]
    if not names:
        return None
    numbers = [int(number) for name in names for number in re.findall(r"\d+", name)]
    # `libclang.so.1` carries the number of its interface, not the version.
    versions = [number for number in numbers if number > 1] or [int(number) for number in re.findall(r"llvm-?(\d+)", str(folder))]
    return max(versions) if versions else LIBCLANG_AT_LEAST


def _cmake_version(cmake):
    return parse_version(processes.output_of([cmake, "--version"]) or "")


def _own_libclang(own):
    for folder in sorted(own.glob("lib/python*/site-packages/clang/native")):
        if any(folder.glob("libclang.*")):
            return folder
    return None


def _install(own, names, log_path):
    # A virtual environment without pip needs no ensurepip, which Debian packages apart; and any pip can install into a folder.
    log = {"log_path": log_path, "append": True}
    python = own / "bin" / "python3"
    packages = next(iter(sorted(own.glob("lib/python*/site-packages"))), None)
    if not python.exists() or packages is None:
        if processes.run_logged([sys.executable, "-m", "venv", "--without-pip", own], **log) != 0:
            raise SetupError(f"A folder for the build tools could not be made in {own}.", f"See {log_path}.", processes.tail(log_path, 15))
        packages = next(iter(sorted(own.glob("lib/python*/site-packages"))))
    command = [*pip_command(), "install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:", "--upgrade", "--target", packages]
    if processes.run_logged([*command, *(PACKAGES[name] for name in names)], **log) != 0:
        raise SetupError(
            f"pip could not install {', '.join(names)}.",
            f"Check the network, or install {' and '.join(names)} with the system's package manager, then run this again. Log: {log_path}",
            processes.tail(log_path, 15),
        )
    for name in names:
        program = next((path for path in (packages / name / "data" / "bin" / name, packages / "bin" / name) if path.exists()), None)
        link = own / "bin" / name
        if program and not link.exists():
            link.symlink_to(os.path.relpath(program, link.parent))


def _dotted(version):
    return ".".join(str(part) for part in version) or "unknown"
