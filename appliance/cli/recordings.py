"""``cloister recordings``: lists, holds, wipes and exports recordings. Each action is in the audit log first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from io import BufferedRandom
from pathlib import Path

from appliance.cli import verb
from appliance.cli.account import account, is_reason
from appliance.cli.verb import OK, Verbs, print_json
from appliance.config.box import Settings, load_settings
from appliance.core.plain_text import show
from appliance.core.ports import PortError


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "recordings",
        _recordings,
        "list, hold, release, wipe or export what was recorded, catch up",
        json_too=True,
    )
    parser.add_argument(
        "action",
        choices=["list", "hold", "release", "wipe", "export", "catch-up"],
        help="catch-up: the calendar is right, though it is days ahead of what this box saw pass",
    )
    parser.add_argument("id", nargs="?", help="which recording")
    parser.add_argument("--reason", help="why; it is recorded")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="export: where it is written, in clear")


def _recordings(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    match options.action:
        case "list":
            return _list(settings.state / "recordings", as_json=options.json)
        case "catch-up":
            return _catch_up(options, settings)
    return _do(options, settings)


def _list(folder: Path, *, as_json: bool) -> int:
    from appliance.records import recordings, retention

    kept = recordings.listed(folder)
    if as_json:
        print_json(kept)
    for one in () if as_json else kept:
        state = "being made" if one.open else f"on hold: {one.held}" if one.held is not None else ""
        show(f"{one.id}  {one.line:<10}  {one.begun:%Y-%m-%d %H:%M:%S}  {one.bytes:>10} bytes  {state}".rstrip())
    if ahead_s := retention.ahead_s(folder):
        show(
            f"The calendar is {ahead_s / 86_400:.1f} days ahead of what this box saw pass; recordings are kept for "
            "that much longer. If it is right: cloister recordings catch-up --reason REASON",
            to=sys.stderr,
        )
    return OK


def _catch_up(options: argparse.Namespace, settings: Settings) -> int:
    from appliance.records import retention

    folder = settings.state / "recordings"
    if options.id is not None or not is_reason(options.reason):
        raise PortError("`cloister recordings catch-up` needs a --reason in words, and nothing else")
    if not retention.ahead_s(folder):
        raise PortError("the calendar is not ahead of the time that recordings are kept by; nothing was changed")
    account(settings, "calendar believed", {}, options.reason)
    retention.catch_up(folder)
    return OK


def _do(options: argparse.Namespace, settings: Settings) -> int:
    """Carry out an action on one recording, for a reason."""
    from appliance.records import keys, recordings

    folder = settings.state / "recordings"
    if options.id is None or not is_reason(options.reason):
        raise PortError(f"`cloister recordings {options.action}` needs the id of a recording and a --reason in words")
    if not recordings.exists(folder, options.id):
        raise PortError(f"recording {options.id}: there is none; `cloister recordings list` shows them")
    about = {"recording": options.id}
    match options.action:
        case "hold":
            account(settings, "recording held", about, options.reason)
            recordings.hold(folder, options.id, options.reason)
        case "release":
            account(settings, "recording released", about, options.reason)
            recordings.release(folder, options.id)
        case "wipe":
            account(settings, "recording wiped", about, options.reason)
            recordings.wipe(folder, options.id)
        case "export":
            if options.output is None:
                raise PortError("`cloister recordings export` needs a folder: -o FOLDER")
            key = keys.load_wrapping_key(settings.state)
            account(settings, "recording exported", about, options.reason)
            _export(recordings.pieces(folder, options.id, key), options.output, options.id)
    return OK


def _export(pieces: Iterator[tuple[str, bytes]], target: Path, identity: str) -> None:
    """Write a recording unencrypted, as ``.wav`` and ``.jsonl``, readable by this user alone."""
    import wave

    from appliance.core.audio import SAMPLE_RATE_HZ
    from appliance.records import exports

    names = f"{identity}.wav", f"{identity}.jsonl"
    made: list[str] = []
    with exports.Folder(target, make=True) as folder:
        try:
            with ExitStack() as opened:
                files = []
                for name in names:
                    files.append(opened.enter_context(BufferedRandom(folder.create(name))))  # type: ignore[arg-type]
                    made.append(name)
                sound = opened.enter_context(wave.open(files[0], "wb"))
                sound.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
                for kind, piece in pieces:
                    if kind == "audio":
                        sound.writeframes(piece)
                    else:
                        files[1].write(piece + b"\n")
        except (OSError, PortError) as error:
            # An incomplete file is removed, because it would pass for a whole recording.
            for name in made:
                folder.remove(name)
            if isinstance(error, PortError):
                raise
            raise PortError(f"{target}: {error.strerror}") from None
    show(f"in clear: {', '.join(str(target / name) for name in names)}")
