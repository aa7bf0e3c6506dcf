"""The verbs of ``cloister bundle``, which are those of ``cloister-installer.pyz`` too.

Exit codes: 0 done, or nothing to do; 1 the verdict is no, and what ran before still runs; 2 wrong input; 3 this box
cannot do it now.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.services.bundle import BundleError, Busy, Refused, WrongInput, archive, consent, signing
from appliance.services.bundle.furnish import check_slot
from appliance.services.bundle.install import Outcome, Steps, confirm, install, roll_back, settle
from appliance.services.bundle.manifest import this_box
from appliance.services.bundle.store import Store
from appliance.services.bundle.units import Services


def main(arguments: list[str] | None = None) -> int:
    """The installer on a box that has no appliance yet."""
    parser = argparse.ArgumentParser(
        prog="cloister-installer", description="Checks and installs bundles; needs nothing but Python."
    )
    declare(parser)
    return run(parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Carry out a verb; returns the exit code."""
    job: Callable[[argparse.Namespace], int] = options.job
    try:
        return job(options)
    except BundleError as error:
        print(f"cloister: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"cloister: {error.filename or 'the disk'}: {error.strerror}", file=sys.stderr)
        return 3


def declare(parser: argparse.ArgumentParser) -> Any:
    """Add the verbs that a box has; returns the action that more can be added to."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(name: str, job: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = verbs.add_parser(
            name, help=about, description=about[0].upper() + about[1:] + "."
        )
        sub.set_defaults(job=job)
        return sub

    def on_a_box(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--root", type=Path, default=Path("/"), metavar="DIR", help="a box's files, when not this machine's"
        )
        sub.add_argument("--json", action="store_true", help="print JSON, for a program to read")

    def restarting(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--no-restart", action="store_true", help="leave the running service alone")
        sub.add_argument(
            "--settle",
            type=float,
            default=5.0,
            metavar="SECONDS",
            help="how long the restarted service must stay up (default: %(default)s)",
        )

    sub = verb("verify", _verify, "check signature, every hash and the target of a bundle; change nothing")
    sub.add_argument("bundle", type=Path)
    sub.add_argument(
        "--key", type=Path, action="append", metavar="FILE", help="trust this .pub file instead of the box's keys"
    )
    on_a_box(sub)

    sub = verb("install", _install, "install a bundle, test it, switch to it, and go back if it does not work")
    sub.add_argument("bundle", type=Path)
    sub.add_argument("--check", action="store_true", help="say whether it would change anything; change nothing")
    sub.add_argument("--consent", type=Path, metavar="FILE", help="the key's permission to go back to an older version")
    restarting(sub)
    on_a_box(sub)

    sub = verb("rollback", _rollback, "run the version that ran before")
    restarting(sub)
    on_a_box(sub)

    sub = verb("confirm", _confirm, "keep the version that was installed with --no-restart: its service came up")
    on_a_box(sub)

    sub = verb(
        "settle", _settle, "take back a version that nobody saw come up (cloister-bundle.service does, at starts)"
    )
    on_a_box(sub)

    sub = verb("status", _status, "say which version runs, which one could, and which keys are trusted")
    sub.add_argument("--verify", action="store_true", help="also compare every installed file with its signed hash")
    on_a_box(sub)

    sub = verb("key", _key, "make a pair of keys, FILE.key to sign with and FILE.pub for the boxes")
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--no-password", action="store_true", help="do not encrypt the secret key")

    sub = verb("consent", _consent, "allow boxes to go back to an older version, once")
    sub.add_argument("--key", type=Path, required=True, metavar="FILE", help="secret key")
    sub.add_argument(
        "--from", dest="highest", type=int, required=True, metavar="N", help="version that the box has seen"
    )
    sub.add_argument("--to", type=int, required=True, metavar="N", help="version that it may go back to")
    sub.add_argument("--machine", default=consent.ANY, metavar="ID", help="its /etc/machine-id (default: %(default)s)")
    sub.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    return verbs


def secret_key(path: Path) -> signing.SecretKey:
    """A secret key; asks for its password when it has one."""
    encrypted = signing.is_encrypted(path)
    return signing.read_secret_key(path, getpass.getpass(f"Password of {path}: ").encode() if encrypted else None)


class Bar:
    """Progress on standard error: a bar on a terminal, otherwise a line per step."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ("", -1)

    def __call__(self, what: str, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if (what, percent) == self._shown:
            return
        if self._terminal:
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r\033[K{what:<12} |{'#' * (percent // 4):<25}| {percent:3} %{end}")
            sys.stderr.flush()
        elif what != self._shown[0]:
            print(f"{what} ...", file=sys.stderr, flush=True)
        self._shown = (what, percent)


# --- verbs --------------------------------------------------------------------------------------------------------


def _verify(options: argparse.Namespace) -> int:
    keys = (
        [signing.read_public_key(path) for path in options.key] if options.key else Store(options.root).trusted_keys()
    )
    with archive.open_bundle(options.bundle) as medium:
        manifest, _ = archive.read_manifest(medium, keys)
        archive.check_files(medium, manifest, Bar())
    problem = manifest.target.mismatch(this_box())
    if problem and not options.key:
        raise Refused(problem)
    found = {
        "verdict": "good",
        "name": manifest.name,
        "version": manifest.version,
        "key": manifest.key,
        "manifest_sha256": manifest.digest(),
        "files": len(manifest.files),
        "bytes": manifest.size(),
    }
    text = (
        f"{manifest.name} version {manifest.version}, signed by {manifest.key}: "
        f"{len(manifest.files)} files, {manifest.size() / 1e6:.0f} MB, all as signed"
    )
    _say(options, found, text)
    return 0


def _steps(options: argparse.Namespace, store: Store) -> Steps:
    services = Services(store, not options.no_restart, options.settle)
    return Steps(activate=services.activate, by_others=options.no_restart, user=_user())


def _user() -> str:
    """Who sits at this command, as far as the box knows: root through sudo is somebody."""
    return os.environ.get("SUDO_USER") or os.environ.get("LOGNAME") or str(os.getuid())


def _install(options: argparse.Namespace) -> int:
    store = Store(options.root.absolute())
    outcome = install(
        store,
        options.bundle,
        _steps(options, store),
        consent_file=options.consent,
        check=options.check,
        progress=Bar(),
    )
    would = "would be installed in" if options.check else "runs from"
    text = (
        f"version {outcome.version} {would} slot {outcome.slot}"
        if outcome.changed
        else f"version {outcome.version} already runs from slot {outcome.slot}; nothing was changed"
    )
    _say_outcome(options, outcome, text)
    return 0


def _rollback(options: argparse.Namespace) -> int:
    store = Store(options.root.absolute())
    outcome = roll_back(store, _steps(options, store))
    _say_outcome(options, outcome, f"version {outcome.version} runs again, from slot {outcome.slot}")
    return 0


def _confirm(options: argparse.Namespace) -> int:
    outcome = confirm(Store(options.root.absolute()), Steps(user=_user()))
    _say_outcome(options, outcome, f"version {outcome.version} is confirmed")
    return 0


def _settle(options: argparse.Namespace) -> int:
    store = Store(options.root.absolute())
    try:
        outcome = settle(store)
    except Busy:
        return 0  # it looks after its own switch
    if outcome is not None:
        Services(store).follow()
        text = f"nobody saw version {outcome.previous} come up: version {outcome.version} runs"
        _say_outcome(options, outcome, text)
    return 0


def _status(options: argparse.Namespace) -> int:
    store = Store(options.root.absolute())
    current, other = store.slot(store.current()), store.slot(store.spare())
    memory = store.memory()
    pending = store.pending()
    value = {
        "current": current and asdict(current),
        "other": other and asdict(other),
        "confirmed": pending is None,
        "floors": {key: seen.version for key, seen in memory.floors.items()},
        "keys": [key.id for key in store.trusted_keys()],
    }
    if options.verify and current:
        check_slot(store.path(current.slot), store.trusted_keys())
    lines = [
        f"{role:<9} "
        + (f"{slot.name} version {slot.version} in slot {slot.slot}, since {slot.installed}" if slot else "none")
        for role, slot in (("runs", current), ("before", other))
    ]
    if pending is not None:
        lines.append(
            f"{'pending':<9} the switch to slot {pending.to}: `confirm` keeps it, otherwise a start takes it back"
        )
    lines += [f"{'highest':<9} version {seen.version} of key {key}" for key, seen in memory.floors.items()]
    lines.append(f"{'trusts':<9} {', '.join(key.id for key in store.trusted_keys()) or 'no key'}")
    _say(options, value, "\n".join(lines))
    return 0


def _key(options: argparse.Namespace) -> int:
    secret, public = (options.file.with_name(f"{options.file.name}.{kind}") for kind in ("key", "pub"))
    for path in (secret, public):
        if path.exists():
            raise WrongInput(f"{path}: exists; a key is never overwritten")
    password = None
    if not options.no_password:
        password = getpass.getpass("Password: ").encode()
        if password != getpass.getpass("Once more: ").encode():
            raise WrongInput("the passwords differ")
    key = signing.new_key()
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(signing.secret_key_text(key, password))
    public.write_text(key.public().text(), encoding="ascii")
    print(f"key {key.id}: keep {secret} safe, and put {public} into /etc/cloister/keys of every box")
    return 0


def _consent(options: argparse.Namespace) -> int:
    if not 0 < options.to < options.highest:
        raise WrongInput(f"from {options.highest} to {options.to} is not back")
    options.output.write_bytes(consent.write(options.highest, options.to, options.machine, secret_key(options.key)))
    return 0


def _say(options: argparse.Namespace, value: object, text: str) -> None:
    print(json.dumps(value, indent=2) if options.json else text)


def _say_outcome(options: argparse.Namespace, outcome: Outcome, text: str) -> None:
    _say(options, asdict(outcome), text)
