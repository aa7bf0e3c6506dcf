"""``cloister keys``: the keys of this box, from the first to the proof of their end."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli import verb
from appliance.cli.account import is_reason, who
from appliance.cli.verb import OK, VERDICT_NO, Verbs, print_json
from appliance.config.box import load_settings
from appliance.core.plain_text import show
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.records.keys import PublicKey


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "keys",
        _keys,
        "show this box's keys, write a public one, make new ones, seal them to the box, or destroy all",
        json_too=True,
    )
    parser.add_argument("action", choices=["show", "public", "make", "seal", "destroy"])
    parser.add_argument(
        "--pcrs", default="7", help="seal: what of the measured boot must stay as it is, as 0+2+7 (%(default)s)"
    )
    parser.add_argument("--reason", help="destroy: why; it is recorded")
    parser.add_argument("--yes", action="store_true", help="destroy: really")
    parser.add_argument(
        "name", nargs="?", choices=["box-key", "recording-key", "seal-key", "tpm-key"], help="make, seal, public: which"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to write; - prints; by default the state folder"
    )


def _keys(options: argparse.Namespace) -> int:
    state = load_settings(options.config).state
    match options.action:
        case "make":
            return _make(options, state)
        case "public":
            return _write_public(options, state)
        case "seal":
            return _seal(options, state)
        case "destroy":
            return _destroy(options, state)
    return _show(state, as_json=options.json)


def _make(options: argparse.Namespace, state: Path) -> int:
    from appliance.records import exports, keys

    if options.name not in keys.NAMES:
        raise PortError("`cloister keys make` needs the name of a key: box-key or recording-key")
    text = keys.generate(options.name)
    if str(options.output) == "-":
        sys.stdout.write(text)
        return OK
    path = options.output or state / "keys" / options.name
    if options.output:
        exports.write_new(path, text.encode("ascii"), make=True)
    else:
        keys.write_new(path, text)
    show(str(path))
    return OK


def _write_public(options: argparse.Namespace, state: Path) -> int:
    from appliance.records import exports, tpm

    pem = tpm.public_key() if options.name == "tpm-key" else _public(state, options.name).pem
    if options.output is None or str(options.output) == "-":
        sys.stdout.write(pem)
    else:
        exports.write_new(options.output, pem.encode("ascii"), 0o644)
    return OK


def _show(state: Path, *, as_json: bool) -> int:
    """Show where the keys are and what opens them, and never a key."""
    from appliance.records import audit_seal, keys, tpm

    places = {name: keys.find(name, state) for name in keys.NAMES}
    box = keys.load_box_key(state).public.fingerprint if places["box-key"] else None
    shown: dict[str, str | None] = {"fingerprint": box}
    shown.update((name, str(place) if place else None) for name, place in places.items())
    sealing = audit_seal.first_key(state / "audit")
    shown["first seal"] = sealing.fingerprint if sealing else None
    shown["tpm"] = tpm.transport()
    shown.update((f"{name} sealed by", tpm.binding(tpm.CREDENTIALS / f"cloister.{name}")) for name in places)
    if as_json:
        print_json(shown)
    else:
        for name, value in shown.items():
            show(f"{name:<23} {value or 'none'}")
    return OK


def _seal(options: argparse.Namespace, state: Path) -> int:
    """Seal a key of the state folder, or a new one, as a credential that only this box can open."""
    from appliance.records import keys, tpm

    if options.name not in keys.NAMES:
        raise PortError("`cloister keys seal` needs the name of a key: box-key or recording-key")
    target = options.output or tpm.CREDENTIALS / f"cloister.{options.name}"
    if target.exists():
        raise PortError(f"{target}: there is one already, and it is not overwritten")
    plain = state / "keys" / options.name
    try:
        text = plain.read_text(encoding="ascii") if plain.exists() else keys.generate(options.name)
    except (OSError, ValueError) as error:
        raise PortError(f"key {plain}: {error.strerror if isinstance(error, OSError) else error}") from None
    keys.write_new_bytes(target, tpm.seal_credential(options.name, text.encode("ascii"), options.pcrs))
    if plain.exists():
        keys.destroy(plain)
    show(f"{target}: opened by {tpm.binding(target)}")
    if tpm.transport() is None:
        show("There is no TPM: who takes the whole disk takes the key with it. Encrypt the disk.")
    return OK


def _public(state: Path, name: str | None) -> PublicKey:
    """The public key that is kept off the box to verify its signatures, or its seals."""
    from appliance.records import audit_seal, keys

    if name == "recording-key":
        raise PortError("the recording key is secret, no half of it is public")
    if name != audit_seal.KEY:
        return keys.load_box_key(state).public
    first = audit_seal.first_key(state / "audit")
    if first is None:
        raise PortError("nothing was sealed yet: start the service, or `cloister audit checkpoint`")
    return first


def _destroy(options: argparse.Namespace, state: Path) -> int:
    """End a box: destroy every key in its state folder, so that what they protected cannot be read, and write a proof
    of it."""
    from appliance.attestation.proc import keeps_overwritten
    from appliance.records import audit_log, audit_seal, exports, keys, recordings

    if not options.yes or not is_reason(options.reason):
        raise PortError("`cloister keys destroy` needs --yes and a --reason in words: it cannot be undone")
    held = [kept.id for kept in recordings.listed(state / "recordings") if kept.held is not None]
    if held:
        raise PortError(f"recording {held[0]}: is on hold; release it first, or give it to whoever wants it kept")
    key = keys.load_box_key(state)
    sealing = [state / "audit" / audit_seal.KEY]
    doomed = sorted([*state.glob("recordings/*.key"), *(state / "keys").glob("*"), *sealing])
    copies = keeps_overwritten(state)
    if copies is not None:
        show(
            f"cloister: {state}: what is overwritten there may stay readable: {copies}. Wipe or shred the whole device "
            "as well.",
            to=sys.stderr,
        )
    with ExitStack() as opened:
        # The proof's file is opened before anything is destroyed, because afterwards a failure would come too late.
        proof_file = None
        if options.output is not None and str(options.output) != "-":
            folder = opened.enter_context(exports.Folder(options.output.parent))
            proof_file = opened.enter_context(folder.create(options.output.name))
        ledger = audit_log.AuditLog(state / "audit", key)
        try:
            ledger.append("keys destroyed", **who(), reason=options.reason, keys=len(doomed))
            head = ledger.checkpoint()
        finally:
            ledger.close()
        # The box key is destroyed last, so that an interrupted run can be repeated.
        for path in sorted(doomed, key=lambda path: (path.name == "box-key", path in sealing)):
            keys.destroy(path)
        for path in (*state.glob("recordings/*.rec"), *state.glob("recordings/clock.json")):
            path.unlink()
        left = [str(path) for path in doomed if path.exists()]
        proof = {
            "format": "cloister-destruction-1",
            "box": platform.node(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "reason": options.reason,
            "destroyed": [str(path) for path in doomed],
            "left": left,
            "copies": copies,
            "log": asdict(head),
            "held elsewhere": [str(place) for name in keys.NAMES if (place := keys.find(name, state)) is not None],
        }
        # The destroyed key signs the proof, so no other proof can be signed.
        signed = key.sign(json.dumps(proof, indent=1))
        show(*([signed] if options.json else keys.open_signed(signed).text.split("\n")))
        if proof_file is not None:
            try:
                exports.write_all(proof_file, signed.encode() + b"\n")
                os.fsync(proof_file.fileno())
            except OSError as error:
                raise PortError(f"{options.output}: {error.strerror}; the proof was printed") from None
    return VERDICT_NO if left else OK
