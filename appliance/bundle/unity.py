"""Compile many small C++ files as a few large ones, which takes a fraction of the processor time.

Most of the time that the echo canceller takes to compile is spent on reading the same headers 300 times. A unity build
reads them once for a dozen sources. Sources that cannot be joined (two define the same local name) are found by trying:
a group that does not compile is halved until it does. Meson has unity builds too, but none that gives way.
"""

from __future__ import annotations

import concurrent.futures
import re
import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

GROUP = 12
"""sources joined at first; larger groups clash more often and leave the last core waiting"""

_OUTPUTS = ("-MQ", "-MF", "-o", "-c")
"""options of a compiler's command that name its input and outputs, each followed by one path"""


class CompileError(Exception):
    """A source does not compile by itself either; the message is what the compiler said."""


@dataclass(frozen=True, slots=True)
class _Compilation:
    """A compiler's command without its input and output."""

    options: tuple[str, ...]
    source: str
    output: str

    @property
    def archive(self) -> str:
        """The library that the object belongs to: meson keeps the objects of ``x.a`` in ``x.a.p/``."""
        return self.output.rpartition(".p/")[0]


def build(commands: Sequence[str], folder: Path, jobs: int, progress: Callable[[int, int], None]) -> None:
    """Run the commands that make a library, as ``ninja -t commands`` lists them in ``folder``, with sources joined.

    Commands that archive or link run as listed, after the compilations, with the joined objects in the place of the
    single ones. Raises CompileError, and OSError where a program is missing.
    """
    split = [shlex.split(command) for command in commands]
    compilations = [_compilation(words) for words in split if "-c" in words]
    objects: dict[str, list[str]] = {}
    done, total = 0, len(compilations)
    progress(0, total)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_compile, group, folder): group for group in _groups(compilations)}
        while waiting:
            for future in concurrent.futures.as_completed(list(waiting)):
                group = waiting.pop(future)
                made, failed = future.result()
                if made:
                    objects.setdefault(group[0].archive, []).append(made)
                    done += len(group)
                    progress(done, total)
                    continue
                if len(group) == 1:
                    raise CompileError(failed)
                half = len(group) // 2
                for part in (group[:half], group[half:]):
                    waiting[pool.submit(_compile, part, folder)] = part
    for words in split:
        if "-c" not in words:
            _run(_with_joined(words, objects), folder)


def _compilation(words: list[str]) -> _Compilation:
    named = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at] in ("-o", "-c")}
    kept, skip = [], False
    for word in words:
        if not skip and word not in _OUTPUTS:
            kept.append(word)
        skip = not skip and word in _OUTPUTS
    return _Compilation(tuple(word for word in kept if word != "-MD"), named["-c"], named["-o"])


def _groups(compilations: Sequence[_Compilation]) -> list[list[_Compilation]]:
    """Sources of one library with the same options, a few at a time. C and assembler sources stay alone."""
    alike: dict[tuple[str, tuple[str, ...]], list[_Compilation]] = {}
    alone = []
    for compilation in compilations:
        if compilation.source.endswith((".cc", ".cpp")):
            alike.setdefault((compilation.archive, compilation.options), []).append(compilation)
        else:
            alone.append([compilation])
    return [same[at : at + GROUP] for same in alike.values() for at in range(0, len(same), GROUP)] + alone


def _compile(group: Sequence[_Compilation], folder: Path) -> tuple[str, str]:
    """The object of a group of sources, or what the compiler said against it."""
    first = group[0]
    output, source = first.output, first.source
    if len(group) > 1:
        output = f"{first.output}.joined-{len(group)}.o"
        source = f"{first.output}.joined-{len(group)}.cc"
        text = "".join(f'#include "{(folder / each.source).resolve()}"\n' for each in group)
        (folder / source).parent.mkdir(parents=True, exist_ok=True)
        (folder / source).write_text(text, encoding="utf-8")
    (folder / output).parent.mkdir(parents=True, exist_ok=True)
    run = subprocess.run(
        [*first.options, "-o", output, "-c", source], cwd=folder, capture_output=True, text=True, check=False
    )
    return (output, "") if run.returncode == 0 else ("", run.stderr)


def _with_joined(words: list[str], objects: dict[str, list[str]]) -> list[str]:
    """An archiver's or linker's command with the objects that there are in the place of those that it lists."""
    rewritten: list[str] = []
    placed: set[str] = set()
    for word in words:
        archive = word.rpartition(".p/")[0]
        if not re.search(r"\.p/.*\.o$", word):
            rewritten.append(word)
        elif archive not in placed:
            placed.add(archive)
            rewritten += objects[archive]
    return rewritten


def _run(words: list[str], folder: Path) -> None:
    """Run what a shell would run for ``a && b``."""
    while words:
        end = words.index("&&") if "&&" in words else len(words)
        run = subprocess.run(words[:end], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise CompileError(run.stderr)
        words = words[end + 1 :]
