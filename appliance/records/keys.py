"""The keys of a box: where they are, and what is done with them. Only this module here uses ``cryptography``.

``box-key`` (Ed25519, PKCS 8 PEM) signs checkpoints of the audit log and attestations. ``recording-key`` (32 random
bytes, base64) wraps the keys of recordings and is needed only where the site records.

Each key is looked for in the service's credentials, which systemd decrypts into memory for the service alone, then in
``state/keys`` (a folder of mode 0700, files of mode 0600). The second place is for boxes without a TPM or without
systemd. It gives no protection against an attacker who can read the disk.

A signed document carries the exact text that was signed, so that it can be checked with nothing but ``openssl``. It
needs no canonical form of JSON, which is where such checks go wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from appliance.core.ports import PortError

KeyName = Literal["box-key", "recording-key"]
NAMES: tuple[KeyName, ...] = ("box-key", "recording-key")

_SERVICE_CREDENTIALS = Path("/run/credentials/cloister.service")
"""Folder where systemd keeps the service's credentials; root's commands find the key of a running service there"""


class PublicKey:
    """The public half of a key, with which a signature of a box is checked."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @classmethod
    def from_pem(cls, pem: str) -> PublicKey:
        """Read a public key. Raises ValueError when the text is no Ed25519 public key."""
        try:
            key = serialization.load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("is no public key in PEM form") from None
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("is no Ed25519 key")
        return cls(key)

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 64 hexadecimal digits, of the 32 raw bytes."""
        raw = self._key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return "SHA256:" + hashlib.sha256(raw).hexdigest()

    @property
    def pem(self) -> str:
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    def signed(self, text: str, signature: bytes) -> bool:
        try:
            self._key.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A key that signs, such as the box key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    @classmethod
    def from_pem(cls, pem: str) -> SigningKey:
        """Read a private key. Raises ValueError when the text is no Ed25519 private key."""
        try:
            key = serialization.load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError("is no unencrypted private key in PEM form") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("is no Ed25519 key")
        return cls(key)

    @classmethod
    def from_seed(cls, seed: bytes | bytearray | memoryview) -> SigningKey:
        """Make the key from its 32 bytes. They are copied, and the library overwrites its copy at the end."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, text: str) -> str:
        """Sign a text. Returns a signed document: one line of JSON without its line end."""
        signature = base64.b64encode(self._key.sign(text.encode())).decode()
        document = {"signed": text, "signature": signature, "key": self.public.fingerprint, "public": self.public.pem}
        return json.dumps(document)


@dataclass(frozen=True, slots=True)
class Signed:
    """A document whose signature is right."""

    text: str
    key: PublicKey
    """the key that signed it, which the caller may or may not trust"""


def open_signed(document: str, trusted: PublicKey | None = None) -> Signed:
    """Check a signed document. Raises ValueError that says what is wrong.

    Without ``trusted`` the document vouches only for itself: it was not damaged, but any key may have signed it.
    """
    try:
        fields = json.loads(document)
        text, signature, pem = fields["signed"], fields["signature"], fields["public"]
        raw = base64.b64decode(signature, validate=True)
        key = PublicKey.from_pem(pem)
        text.encode()  # no lone surrogates
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        raise ValueError("is no signed document of an appliance") from None
    if trusted is not None and key.fingerprint != trusted.fingerprint:
        raise ValueError(f"was signed by {key.fingerprint}, not by the expected {trusted.fingerprint}")
    if not key.signed(text, raw):
        raise ValueError("its signature is wrong: it was changed after it was signed")
    return Signed(text, key)


def read_public(path: Path) -> PublicKey:
    """Read a public key from a PEM file. Raises PortError."""
    try:
        return PublicKey.from_pem(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PortError(f"public key {path}: {reason}; `cloister keys public` writes one") from None


def find(name: KeyName, state: Path) -> Path | None:
    """The path of a key, or None."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    places = [Path(credentials)] if credentials else []
    for place in (*places, _SERVICE_CREDENTIALS, state / "keys"):
        if os.access(place / name, os.R_OK):
            return place / name
    return None


def generate(name: KeyName) -> str:
    """A new key as text."""
    if name == "recording-key":
        return base64.b64encode(os.urandom(32)).decode() + "\n"
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def write_new(path: Path, text: str) -> None:
    """Write a key with mode 0600; it is on the disk when this returns. Raises PortError, also when one is there."""
    write_new_bytes(path, text.encode("ascii"))


def write_new_bytes(path: Path, content: bytes) -> None:
    """Write any content with mode 0600, as ``write_new`` does. Raises PortError, also when the file is there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except FileExistsError:
        raise PortError(f"{path}: there is one already, and it is not overwritten") from None
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}; the folder must be writable by this user") from None


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_box_key(state: Path, *, make: bool = False) -> SigningKey:
    """Load the key that signs for this box. With ``make``, a new one is made in ``state/keys`` when there is none.
    Raises PortError."""
    path = find("box-key", state)
    if path is None:
        path = state / "keys" / "box-key"
        if not make:
            raise PortError(f"key {path}: there is no box key that this user may read; `cloister keys make box-key`")
        write_new(path, generate("box-key"))
    try:
        return SigningKey.from_pem(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise PortError(f"key {path}: {error.strerror if isinstance(error, OSError) else error}") from None


# --- recordings ---------------------------------------------------------------------------------------------------


class WrappingKey:
    """The recording key. It wraps (RFC 3394) the key of each recording, so that destroying it destroys them all."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._key, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Unwrap a key. Raises ValueError when it was wrapped by another key or damaged."""
        try:
            return aes_key_unwrap(self._key, wrapped)
        except InvalidUnwrap:
            raise ValueError("its key was wrapped by another recording key, or is damaged") from None


def load_wrapping_key(state: Path, *, make: bool = False) -> WrappingKey:
    """Load the recording key. With ``make``, a new one is made in ``state/keys`` when there is none. Raises
    PortError."""
    path = find("recording-key", state)
    if path is None:
        path = state / "keys" / "recording-key"
        if not make:
            raise PortError(f"key {path}: there is no recording key that this user may read")
        write_new(path, generate("recording-key"))
    try:
        key = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except (OSError, ValueError) as error:
        raise PortError(f"key {path}: {error.strerror if isinstance(error, OSError) else error}") from None
    if len(key) != 32:
        raise PortError(f"key {path}: must be 32 bytes in base64")
    return WrappingKey(key)


class Sealer:
    """Encrypts the pieces of one recording, in order, with AES-256-GCM. A piece does not open when it was moved or
    changed, is from another recording, or when one before it is missing. The key is used for this
    recording alone, so the nonce can count."""

    def __init__(self, key: bytes, context: bytes) -> None:
        self._cipher = AESGCM(key)
        self._context = hashlib.sha256(context).digest()
        self._count = 0

    def _nonce(self) -> bytes:
        self._count += 1
        return self._count.to_bytes(12, "big")

    def seal(self, piece: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(), piece, self._context)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt the next piece. Raises ValueError when it is not that piece."""
        try:
            return self._cipher.decrypt(self._nonce(), sealed, self._context)
        except InvalidTag:
            raise ValueError(f"piece {self._count} is not what was recorded") from None


def destroy(path: Path) -> None:
    """Overwrite a key and remove it. On flash the old cells may outlive that for a while. What they hold of a wrapped
    key is worth nothing without the recording key, which belongs in a TPM."""
    with path.open("r+b", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        file.write(os.urandom(size))
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)
