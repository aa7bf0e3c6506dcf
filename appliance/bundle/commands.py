"""The verbs of ``cloister bundle`` and of ``cloister-installer.pyz``.

Exit codes: 0 it is done, or there was nothing to do; 1 the verdict is no, and what ran before still runs; 2 the input
is wrong; 3 this box cannot do it now.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import pwd
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.bundle import BundleError, Busy, Refused, WrongInput, archive, closure, consent, signing
from appliance.bundle.furnish import check_slot
from appliance.bundle.install import Outcome, Steps, accept, check_acceptable, confirm, install, roll_back, settle
from appliance.bundle.manifest import FORMAT, check_date, this_box
from appliance.bundle.store import ANY, Store
from appliance.bundle.trust import Revocation, Trust, write_revocation, write_rotation
from appliance.bundle.units import Services


def main(arguments: list[str] | None = None, *, bare: bool = False) -> int:
    """Run the verbs on their own. ``bare`` says that this is the installer for a box that has no version yet."""
    parser = argparse.ArgumentParser(
        prog="cloister-installer", description="Checks and installs bundles; needs nothing but Python."
    )
    declare(parser)
    options = parser.parse_args(arguments)
    if bare:
        options.job = _unless_it_has_a_version(options.job)
    return run(options)


def _unless_it_has_a_version(job: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Wrap a verb so that the installer of a bundle refuses a box whose own version can do the job."""

    def guarded(options: argparse.Namespace) -> int:
        root = getattr(options, "root", None)
        if root is not None and job is not _verify:
            store = Store(root.absolute())
            current = store.slots / "current"
            if os.path.lexists(current) and reads_bundles_like_ours(current):
                raise Refused(
                    f"this box has a version, and what came with a bundle does not act on it: use "
                    f"{current}/{closure.LAUNCHER} bundle {sys.argv[1] if len(sys.argv) > 1 else 'install'} … instead"
                )
        return job(options)

    return guarded


def reads_bundles_like_ours(slot: Path) -> bool:
    """Whether the version in a slot came as a bundle of our format or a newer one, so that it can read ours. A version
    of an older format cannot, so our installer must replace it once."""
    try:
        content = json.loads((slot / archive.MANIFEST).read_bytes())
        return bool(int(content["format"]) >= FORMAT)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def run(options: argparse.Namespace) -> int:
    """Carry out a verb and return the exit code."""
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
    """Add the verbs that a box has, and return the action to which more can be added."""
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
    sub.add_argument(
        "--threshold", type=int, default=1, metavar="K", help="with --key: how many of them must have signed"
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

    sub = verb("accept", _accept, "believe a rotation or a revocation list from now on")
    sub.add_argument("statement", type=Path, metavar="FILE")
    on_a_box(sub)

    def signing_with(sub: argparse.ArgumentParser, which: str) -> None:
        sub.add_argument("--key", type=Path, required=True, metavar="FILE", help=which)
        sub.add_argument("--made", default=today(), metavar="DATE", help="date of it (default: today)")
        sub.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")

    sub = verb("rotate", _rotate, "let another key follow one, which ends: a statement for `accept` on every box")
    signing_with(sub, "secret key that ends")
    sub.add_argument("--to", type=Path, required=True, metavar="FILE", help=".pub file of the key that follows")

    sub = verb("revoke", _revoke, "make the whole list of what is not to be installed any more, for `accept` on boxes")
    signing_with(sub, "secret key; `bundle sign` adds others")
    sub.add_argument("--number", type=int, required=True, metavar="N", help="of the list, grows with each")
    sub.add_argument("--revoked-key", action="append", default=[], metavar="ID", help="key that signs nothing new")
    sub.add_argument(
        "--revoked-bundle", action="append", default=[], metavar="SHA256", help="of a bundle's manifest, as status says"
    )

    sub = verb("consent", _consent, "allow boxes to go back to an older version, or over to another product, once")
    signing_with(sub, "secret key; `bundle sign` adds others")
    sub.add_argument("--name", required=True, metavar="NAME", help="product that may be installed, as `verify` says")
    sub.add_argument(
        "--from", dest="highest", type=int, required=True, metavar="N", help="version that the box has seen"
    )
    sub.add_argument("--to", type=int, required=True, metavar="N", help="version that it may go back to")
    sub.add_argument("--machine", default=consent.ANY, metavar="ID", help="its /etc/machine-id (default: %(default)s)")
    return verbs


def today() -> str:
    """The date, in UTC, for what is signed now: that of SOURCE_DATE_EPOCH where a build is repeated, else today's."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return now.date().isoformat()


def secret_key(path: Path) -> signing.SecretKey:
    """Read a secret key, and ask for its password when it has one."""
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
    store = Store(options.root.absolute())
    if options.key:
        # This machine is not the box, so only its clock is used, and not its keys or its memory.
        trust = Trust(tuple(signing.read_public_key(path) for path in options.key), options.threshold)
        date = today()
    else:
        trust, date = store.trust(), store.today()
    with archive.open_bundle(options.bundle) as medium:
        manifest, signatures = archive.read_manifest(medium, trust)
        archive.check_files(medium, manifest, Bar())
    check_acceptable(manifest, trust, date)
    problem = manifest.target.mismatch(this_box())
    if problem and not options.key:
        raise Refused(problem)
    found = {
        "verdict": "good",
        "name": manifest.name,
        "version": manifest.version,
        "key": manifest.key,
        "signed_by": [signing.signer(one) for one in signing.split(signatures)],
        "made": manifest.made,
        "not_after": manifest.not_after,
        "manifest_sha256": manifest.digest(),
        "files": len(manifest.files),
        "bytes": manifest.size(),
    }
    text = (
        f"{manifest.name} version {manifest.version}, made on {manifest.made}, signed by {manifest.key}: "
        f"{len(manifest.files)} files, {manifest.size() / 1e6:.0f} MB, all as signed"
    )
    _say(options, found, text)
    return 0


def _steps(options: argparse.Namespace, store: Store) -> Steps:
    services = Services(store, not options.no_restart, options.settle)
    return Steps(activate=services.activate, by_others=options.no_restart, user=_user())


_NOT_LOGGED_IN = 2**32 - 1


def _user() -> str:
    """The user who logged in at this command's session, as the kernel says it, also behind ``sudo``. Without a session
    it is this process's user. This repeats ``operators.login_uid``, which a bare box does not have."""
    try:
        uid = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        uid = _NOT_LOGGED_IN
    uid = os.getuid() if uid == _NOT_LOGGED_IN else uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


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
        return 0  # the running installation settles its own switch
    if outcome is not None:
        Services(store).follow()
        text = f"nobody saw version {outcome.previous} come up: version {outcome.version} runs"
        _say_outcome(options, outcome, text)
    return 0


def _status(options: argparse.Namespace) -> int:
    store = Store(options.root.absolute())
    current, other = store.slot(store.current()), store.slot(store.spare())
    memory, trust = store.memory(), store.trust()
    pending = store.pending()
    keys = [key.id for key in trust.keys]
    value = {
        "current": current and asdict(current),
        "other": other and asdict(other),
        "confirmed": pending is None,
        "floors": {name: seen.version for name, seen in memory.floors.items()},
        "keys": keys,
        "threshold": trust.needed,
        "past_keys": dict(trust.why_past),
        "revocation": trust.revoked.number,
        "today": store.today(),
    }
    if options.verify and current:
        check_slot(store, current.slot)
    lines = [
        f"{role:<9} "
        + (f"{slot.name} version {slot.version} in slot {slot.slot}, since {slot.installed}" if slot else "none")
        for role, slot in (("runs", current), ("before", other))
    ]
    if pending is not None:
        lines.append(
            f"{'pending':<9} the switch to slot {pending.to}: `confirm` keeps it, otherwise a start takes it back"
        )
    lines += [
        f"{'highest':<9} version {seen.version} of {'any product' if name == ANY else name}"
        for name, seen in memory.floors.items()
    ]
    demands = f"; {trust.needed} of them must have signed" if trust.needed > 1 else ""
    lines.append(f"{'trusts':<9} {', '.join(keys) or 'no key'}{demands}")
    lines += [f"{'past':<9} {key}, which {why}" for key, why in trust.why_past.items()]
    if current and current.key in trust.revoked.keys:
        lines.append(f"{'replace':<9} version {current.version}: its key was revoked; install a bundle of another key")
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


def _accept(options: argparse.Namespace) -> int:
    said = accept(Store(options.root.absolute()), options.statement, _user())
    _say(options, {"accepted": said}, said)
    return 0


def _rotate(options: argparse.Namespace) -> int:
    old, new = secret_key(options.key), signing.read_public_key(options.to)
    _checked_date(options.made)
    if new.id == old.id:
        raise WrongInput(f"{options.to}: a key cannot follow itself")
    options.output.write_bytes(write_rotation(old, new, options.made))
    print(f"{options.output}: the key {new.id} follows {old.id}, on every box that accepts this")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    _checked_date(options.made)
    keys, bundles = frozenset(options.revoked_key), frozenset(options.revoked_bundle)
    for form, given in ((r"[0-9A-F]{16}", keys), (r"[0-9a-f]{64}", bundles)):
        for one in given:
            if not re.fullmatch(form, one):
                raise WrongInput(f"{one!r} is not of the form {form}")
    if options.number < 1:
        raise WrongInput("lists are numbered 1, 2, 3 …")
    revoked = Revocation(options.number, keys, bundles, options.made)
    options.output.write_bytes(write_revocation(revoked, [secret_key(options.key)]))
    return 0


def _consent(options: argparse.Namespace) -> int:
    if options.highest < 0 or options.to < 1:
        raise WrongInput("versions are 1, 2, 3 …")
    _checked_date(options.made)
    key = secret_key(options.key)
    given = consent.write(options.name, options.highest, options.to, options.machine, options.made, [key])
    options.output.write_bytes(given)
    return 0


def _checked_date(text: str) -> None:
    try:
        check_date(text)
    except ValueError as error:
        raise WrongInput(str(error)) from None


def _say(options: argparse.Namespace, value: object, text: str) -> None:
    print(json.dumps(value, indent=2) if options.json else text)


def _say_outcome(options: argparse.Namespace, outcome: Outcome, text: str) -> None:
    _say(options, asdict(outcome), text)
