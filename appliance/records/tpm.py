"""Uses the TPM 2.0 of a box that has one. The TPM keeps the box's keys from a thief of its disk, and it signs which
firmware, boot loader and kernel were started.

Programs of the system do both, and a box without a TPM does not need them: ``systemd-creds`` (credentials that the TPM
opens only after the same measured boot) and ``tpm2-tools`` (quotes). A quote is checked with nothing but the public
key of the TPM, which is kept off the box since the commissioning. No certificate of the TPM's maker is looked at.

The signing key is a primary key of the endorsement hierarchy, which the TPM derives anew from a seed of its own each
time. So nothing has to be stored, and the key stays the same until the TPM is cleared. The key is restricted: it signs
what the TPM itself made, and no text from outside.

Structures: TPM 2.0 Library, Part 2, revision 1.38, sections 10.12.8 (TPMS_ATTEST) and 10.12.1 (TPMS_QUOTE_INFO).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.core.ports import PortError

PCRS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14)
"""The PCRs of a quote: firmware (0 to 7), GRUB (8, 9), systemd's boot stub (11 to 13), shim (14). PCR 10 is left out.
Where IMA is on, the kernel measures each file that it opens into it, so that it never has the same value twice."""

DEVICE = Path("/dev/tpmrm0")
"""The kernel's resource manager for the first TPM"""

CREDENTIALS = Path("/etc/credstore.encrypted")

BOOT_PCRS = "7"
"""The PCR that a credential is bound to by default, as by systemd: whether Secure Boot is on, and whose signatures it
takes. The binding survives updates of kernel and boot loader."""

_PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"

_LIMIT_S = 30.0
"""Most seconds that a program may take; slow TPMs take seconds to derive a key"""

_KEY = ("-C", "e", "-G", "ecc256:ecdsa-sha256:null")
_ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign"

_MAGIC = 0xFF544347
_QUOTE = 0x8018
_SHA256 = 0x000B


def transport() -> str | None:
    """The TPM's address in the form of ``tpm2-tools``; None when there is none. ``TPM2TOOLS_TCTI`` names another."""
    named = os.environ.get("TPM2TOOLS_TCTI")
    return named or (f"device:{DEVICE}" if DEVICE.exists() else None)


def _run(program: str, *arguments: str | Path, folder: Path | None = None, given: bytes = b"") -> bytes:
    path = shutil.which(program, path=_PROGRAMS)
    if path is None:
        package = "systemd" if program.startswith("systemd") else "tpm2-tools"
        raise PortError(f"{program}: is not installed (Debian: {package})")
    environment = {"PATH": _PROGRAMS, "TPM2TOOLS_TCTI": transport() or "", "TSS2_LOG": "all+NONE"}
    try:
        done = subprocess.run(
            [path, *arguments], cwd=folder or "/", env=environment, input=given, capture_output=True, timeout=_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise PortError(f"{program}: the TPM did not answer within {_LIMIT_S:.0f} s") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise PortError(f"{program}: {said[-1] if said else f'ended with {done.returncode}'}")
    return done.stdout


# --- quotes -------------------------------------------------------------------------------------------------------


def public_key() -> str:
    """The public half of the key that signs quotes, as PEM. Raises PortError."""
    with tempfile.TemporaryDirectory() as name:
        return _derive(Path(name))


def quote(qualifying: bytes) -> dict[str, Any]:
    """A signed statement of the TPM over its PCRs and 32 bytes of the caller's, in a form that JSON can hold. Raises
    PortError."""
    selection = "sha256:" + ",".join(map(str, PCRS))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = _derive(folder)
        asked = ("-c", "key", "-l", selection, "-g", "sha256", "-q", qualifying.hex())
        _run("tpm2_quote", "-Q", *asked, "-m", "quoted", "-s", "signature", "-f", "plain", folder=folder)
        _run("tpm2_pcrread", "-Q", selection, "-o", "values", folder=folder)
        _flush(folder)
        values = (folder / "values").read_bytes()
        return {
            "key": key,
            "quoted": base64.b64encode((folder / "quoted").read_bytes()).decode(),
            "signature": base64.b64encode((folder / "signature").read_bytes()).decode(),
            "pcrs": {str(pcr): values[32 * i : 32 * (i + 1)].hex() for i, pcr in enumerate(PCRS)},
        }


def _derive(folder: Path) -> str:
    _run("tpm2_createprimary", "-Q", *_KEY, "-a", _ATTRIBUTES, "-c", "key", "-f", "pem", "-o", "pem", folder=folder)
    _flush(folder)
    return (folder / "pem").read_text(encoding="ascii")


def _flush(folder: Path) -> None:
    """Free the memory of a TPM without a resource manager, which holds three keys at most."""
    _run("tpm2_flushcontext", "-t", folder=folder)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a TPM signed."""

    pcrs: Mapping[str, str]
    """number to value, in hexadecimal digits"""
    clock_ms: int
    """milliseconds for which the TPM has been powered, altogether; it cannot be set back"""
    resets: int
    """how often the box was switched on since the TPM was cleared"""
    restarts: int
    """how often the box woke since it was switched on"""


def check(evidence: Mapping[str, Any], qualifying: bytes, pinned: str | None = None) -> Quoted:
    """Check what ``quote`` returned, on any machine. Raises ValueError that says what is wrong.

    Without ``pinned``, a PEM from the commissioning, the evidence vouches only for itself: any TPM may have made it.
    """
    try:
        pem, values = evidence["key"], evidence["pcrs"]
        quoted = base64.b64decode(evidence["quoted"], validate=True)
        signature = base64.b64decode(evidence["signature"], validate=True)
        key = _public(pinned if pinned is not None else pem)
        pcrs = {str(int(pcr)): bytes.fromhex(value) for pcr, value in values.items()}
    except (KeyError, TypeError, AttributeError, binascii.Error, ValueError):
        raise ValueError("is no quote of a TPM") from None
    try:
        key.verify(signature, quoted, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        by = "by the TPM whose key was pinned" if pinned is not None else "by the key beside it"
        raise ValueError(f"was not signed {by}") from None
    try:
        answered, clock_ms, resets, restarts, selected, digest = _parse(quoted)
    except struct.error:
        raise ValueError("is no quote of a TPM") from None
    if answered != qualifying:
        raise ValueError("was made for another report or nonce")
    if selected != {int(pcr) for pcr in pcrs} or selected != set(PCRS):
        raise ValueError("does not cover the PCRs that it shows")
    if digest != hashlib.sha256(b"".join(pcrs[str(pcr)] for pcr in sorted(selected))).digest():
        raise ValueError("was made over other values of the PCRs than it shows")
    return Quoted({pcr: value.hex() for pcr, value in pcrs.items()}, clock_ms, resets, restarts)


def _public(pem: str) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm:
        raise ValueError from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("is no key of an elliptic curve")
    return key


def _parse(quoted: bytes) -> tuple[bytes, int, int, int, set[int], bytes]:
    """Qualifying data, clock, resets, restarts, PCRs and their digest. Raises struct.error and ValueError."""
    rest = quoted

    def take(form: str) -> tuple[Any, ...]:
        nonlocal rest
        size = struct.calcsize(form)
        found, rest = struct.unpack(form, rest[:size]), rest[size:]
        return found

    def sized() -> bytes:
        (size,) = take(">H")
        return bytes(take(f"{size}s")[0])

    magic, kind = take(">IH")
    if (magic, kind) != (_MAGIC, _QUOTE):
        raise ValueError("is no quote of a TPM")
    sized()  # the signer's name
    answered = sized()
    clock_ms, resets, restarts, _, _ = take(">QIIBQ")
    (count,) = take(">I")
    if count != 1:
        raise ValueError("does not cover one bank of PCRs")
    algorithm, octets = take(">HB")
    if algorithm != _SHA256:
        raise ValueError("does not cover the SHA-256 bank of PCRs")
    bits = int.from_bytes(take(f"{octets}s")[0], "little")
    digest = sized()
    if rest:
        raise ValueError("has something behind it")
    return answered, clock_ms, resets, restarts, {n for n in range(8 * octets) if bits >> n & 1}, digest


# --- credentials --------------------------------------------------------------------------------------------------

_BINDINGS = {
    "5a1c6a86df9d4096b1d5a65e0862f19a": "a secret on this disk",
    "0c7cc07b117645919c4b0bea08bc20fe": "the TPM",
    "93a894094874449090caf2fc93cab553": "the TPM and a secret on this disk",
}
"""First bytes of an encrypted credential (systemd's src/shared/creds-util.h), and what opens it"""


def binding(credential: Path) -> str | None:
    """What is needed to open an encrypted credential; None when that is not known."""
    try:
        content = base64.b64decode(credential.read_bytes())
    except (OSError, binascii.Error):
        return None
    return _BINDINGS.get(content[:16].hex())


def seal_credential(name: str, secret: bytes, pcrs: str = BOOT_PCRS) -> bytes:
    """Encrypt a secret as a credential that only this box can open, by its TPM where it has one. It is opened once,
    as a test, before it is returned. Raises PortError."""
    where = transport()
    device = [f"--tpm2-device={where.removeprefix('device:')}"] if where else []
    bound = ["--with-key=host+tpm2", f"--tpm2-pcrs={pcrs}"] if where else ["--with-key=host"]
    credential = _run("systemd-creds", "encrypt", f"--name={name}", *device, *bound, "-", "-", given=secret)
    if _run("systemd-creds", "decrypt", f"--name={name}", *device, "-", "-", given=credential) != secret:
        raise PortError("systemd-creds: what was sealed does not open to the same; nothing was changed")
    return credential
