"""Signatures in minisign's format: Ed25519 over the BLAKE2b-512 of a file, with a signed comment.

The curve arithmetic is OpenSSL's, through ctypes: Debian's ``python3`` depends on its library, so a bare box can check
its first bundle before it has any package of ours, and no cryptography is written here. Files are interchangeable with
the ``minisign`` tool, so an auditor can repeat every check without our code.

Format: https://jedisct1.github.io/minisign/#signature-format
"""

from __future__ import annotations

import base64
import binascii
import ctypes
import functools
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.bundle import Cannot, Refused, WrongInput

_NID_ED25519 = 1087
"""OpenSSL's number of the algorithm, ``NID_ED25519`` in its obj_mac.h"""

_PLAIN, _HASHED, _SCRYPT, _NO_PASSWORD, _BLAKE2B = b"Ed", b"ED", b"Sc", b"\0\0", b"B2"
"""Two-byte names of the algorithms in minisign's files."""

_OPERATIONS, _MEMORY = 33554432, 1073741824
"""libsodium's limits for "sensitive" passwords, the only ones that minisign writes. They stand for the next line."""
_SCRYPT_COST = {"n": 2**20, "r": 8, "p": 1, "maxmem": 2**31 - 1}

MOST = 8
"""The most signatures that one file may carry."""
_LINES = 4
"""Lines of one signature."""
LONGEST = MOST * 1024
"""The most bytes that the signatures of a file may have. A real signature has about 300."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, which a box trusts."""

    id: str
    """eight bytes as 16 hexadecimal digits in upper case, as minisign prints them"""
    point: bytes

    def line(self) -> str:
        """The key's 56 characters, as in its file and on paper."""
        return _base64(_PLAIN + bytes.fromhex(self.id)[::-1] + self.point)

    def text(self) -> str:
        return f"untrusted comment: minisign public key {self.id}\n{self.line()}\n"


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A secret key, which signs."""

    id: str
    seed: bytes

    def public(self) -> PublicKey:
        return PublicKey(self.id, _point(self.seed))

    def __repr__(self) -> str:
        return f"SecretKey({self.id})"


def new_key() -> SecretKey:
    """Make a new key."""
    return SecretKey(secrets.token_bytes(8).hex().upper(), secrets.token_bytes(32))


def sign(content: bytes, key: SecretKey, comment: str) -> bytes:
    """The signature file of ``content``. ``comment`` is signed too. The same input gives the same bytes."""
    signature = _sign(hashlib.blake2b(content).digest(), key.seed)
    return _render(key.id, signature, comment, _sign(signature + comment.encode(), key.seed))


def signer(signature: bytes) -> str:
    """Id of the key that a signature says it was made with. Raises Refused when it is no signature."""
    return _parse(signature)[0]


def verify(content: bytes, signature: bytes, keys: Iterable[PublicKey], comment: str) -> PublicKey:
    """The key that signed ``content`` with a comment that begins with ``comment``. Raises Refused.

    The comment tells one kind of signed file from another. Every byte of the signature file is checked, because a byte
    that could change unnoticed would not be covered by the signature.
    """
    key_id, body, said, over_comment = _parse(signature)
    key = next((key for key in keys if key.id == key_id), None)
    if key is None:
        raise Refused(f"signed with the key {key_id}, which this box does not trust; put its .pub file among the keys")
    if not _holds(hashlib.blake2b(content).digest(), body, key.point):
        raise Refused("the signature does not fit the content: it was damaged or changed")
    if not _holds(body + said.encode(), over_comment, key.point):
        raise Refused("the signature's comment was changed")
    if not said.startswith(comment):
        raise Refused(f"this is signed as {said!r}, not as {comment!r}")
    if signature != _render(key_id, body, said, over_comment):
        raise Refused("the signature file has bytes that nobody signed")
    return key


def comment(signature: bytes) -> str:
    """The trusted comment of a signature, which is not checked. Raises Refused when it is no signature."""
    return _parse(signature)[2]


def join(signatures: Iterable[bytes]) -> bytes:
    """Join signatures of one content in the only valid order: by the id of the key, with each key once."""
    return b"".join(signature for _, signature in sorted({signer(s): s for s in signatures}.items()))


def split(signatures: bytes) -> list[bytes]:
    """Split signatures that ``join`` put together. Raises Refused when they have another form."""
    lines = signatures.split(b"\n")
    if lines[-1] or len(lines) % _LINES != 1 or not 1 <= len(lines) // _LINES <= MOST:
        raise Refused("the signature is not a minisign signature")
    found = [b"\n".join(lines[at : at + _LINES]) + b"\n" for at in range(0, len(lines) - 1, _LINES)]
    signers = [signer(one) for one in found]
    if signers != sorted(set(signers)):
        raise Refused("the signatures are not sorted by the ids of their keys, or one is there twice")
    return found


def verify_several(
    content: bytes, signatures: bytes, keys: Iterable[PublicKey], needed: int, comment: str
) -> list[PublicKey]:
    """Those of ``keys`` that signed ``content``, at least ``needed`` of them. Raises Refused, also when a signature of
    a known key is not valid. Signatures of unknown keys are ignored."""
    known, found = {key.id: key for key in keys}, []
    signers = {signer(one): one for one in split(signatures)}
    for key_id, one in signers.items():
        if key_id in known:
            found.append(verify(content, one, [known[key_id]], comment))
    if not found:
        ids = ", ".join(signers)
        raise Refused(f"signed with the key {ids}, which this box does not trust; put its .pub file among the keys")
    if len(found) < needed:
        raise Refused(f"signed by {len(found)} of the {needed} keys that this box demands; `bundle sign` adds another")
    return found


def read_public_key(path: Path) -> PublicKey:
    """Read a minisign public key file. Raises WrongInput."""
    return public_key(_key_lines(path), str(path))


def public_key(text: str, where: str) -> PublicKey:
    """Read a minisign public key from the base64 line of its file. Raises WrongInput, which names ``where``."""
    try:
        body = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        body = b""
    if len(body) != 42 or body[:2] != _PLAIN or _base64(body) != text:
        raise WrongInput(f"{where}: is not a minisign public key")
    return PublicKey(body[2:10][::-1].hex().upper(), body[10:])


def read_secret_key(path: Path, password: bytes | None = None) -> SecretKey:
    """Read a minisign secret key file. ``password`` opens an encrypted one. Raises WrongInput."""
    body = _key_file(path)
    if len(body) != 158 or body[:2] != _PLAIN or body[4:6] != _BLAKE2B:
        raise WrongInput(f"{path}: is not a minisign secret key")
    locked = body[54:]
    if body[2:4] == _SCRYPT:
        limits = (int.from_bytes(body[38:46], "little"), int.from_bytes(body[46:54], "little"))
        if limits != (_OPERATIONS, _MEMORY):
            raise WrongInput(f"{path}: is encrypted in a way that minisign does not write")
        if password is None:
            raise WrongInput(f"{path}: needs its password")
        stream = hashlib.scrypt(password, salt=body[6:38], dklen=len(locked), **_SCRYPT_COST)
        locked = bytes(a ^ b for a, b in zip(locked, stream, strict=True))
    elif body[2:4] != _NO_PASSWORD:
        raise WrongInput(f"{path}: is encrypted in a way that minisign does not write")
    number, seed, point = locked[:8], locked[8:40], locked[40:72]
    # The public key is computed from the secret one, so minisign's checksum (absent without a password) is not needed.
    if _point(seed) != point:
        raise WrongInput(f"{path}: the password is wrong, or the file is damaged")
    return SecretKey(number[::-1].hex().upper(), seed)


def is_encrypted(path: Path) -> bool:
    """Whether a secret key file needs a password. Raises WrongInput."""
    return _key_file(path)[2:4] == _SCRYPT


def secret_key_text(key: SecretKey, password: bytes | None) -> str:
    """The content of the secret key file, as ``minisign -G`` writes it."""
    number = bytes.fromhex(key.id)[::-1]
    pair = key.seed + key.public().point
    clear = number + pair + hashlib.blake2b(_PLAIN + number + pair, digest_size=32).digest()
    if password is None:
        body = _PLAIN + _NO_PASSWORD + _BLAKE2B + bytes(48) + clear
    else:
        salt = secrets.token_bytes(32)
        stream = hashlib.scrypt(password, salt=salt, dklen=len(clear), **_SCRYPT_COST)
        limits = _OPERATIONS.to_bytes(8, "little") + _MEMORY.to_bytes(8, "little")
        body = _PLAIN + _SCRYPT + _BLAKE2B + salt + limits + bytes(a ^ b for a, b in zip(clear, stream, strict=True))
    return f"untrusted comment: minisign secret key {key.id}\n{_base64(body)}\n"


# --- files --------------------------------------------------------------------------------------------------------


def _render(key_id: str, signature: bytes, comment: str, over_comment: bytes) -> bytes:
    body = _HASHED + bytes.fromhex(key_id)[::-1] + signature
    return (
        f"untrusted comment: signature from cloister key {key_id}\n{_base64(body)}\n"
        f"trusted comment: {comment}\n{_base64(over_comment)}\n"
    ).encode()


def _parse(signature: bytes) -> tuple[str, bytes, str, bytes]:
    """Parse a signature into key id, signature, trusted comment, and signature over both. Raises Refused."""
    try:
        lines = signature.decode("ascii").split("\n")
        _, first, trusted, second, rest = lines
        body, over_comment = base64.b64decode(first, validate=True), base64.b64decode(second, validate=True)
    except (ValueError, binascii.Error):
        raise Refused("the signature is not a minisign signature") from None
    head = "trusted comment: "
    if rest or body[:2] != _HASHED or len(body) != 74 or len(over_comment) != 64 or not trusted.startswith(head):
        raise Refused("the signature is not a minisign signature of the hashed kind")
    return body[2:10][::-1].hex().upper(), body[10:], trusted[len(head) :], over_comment


def _key_lines(path: Path) -> str:
    """The second line of a key file, which is the key."""
    try:
        return path.read_text(encoding="ascii").splitlines()[1]
    except OSError as error:
        raise WrongInput(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, IndexError):
        raise WrongInput(f"{path}: is not a minisign key") from None


def _key_file(path: Path) -> bytes:
    try:
        return base64.b64decode(_key_lines(path), validate=True)
    except (ValueError, binascii.Error):
        raise WrongInput(f"{path}: is not a minisign key") from None


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


# --- Ed25519 (RFC 8032), by OpenSSL ---------------------------------------------------------------------------------


@functools.cache
def _openssl() -> Any:
    try:
        lib = ctypes.CDLL("libcrypto.so.3")
    except OSError:
        raise Cannot("OpenSSL 3 is missing; install it with: apt-get install libssl3") from None
    handle, size, data = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
    for name in ("public", "private"):
        new = getattr(lib, f"EVP_PKEY_new_raw_{name}_key")
        new.restype, new.argtypes = handle, [ctypes.c_int, handle, data, size]
    lib.EVP_PKEY_get_raw_public_key.argtypes = [handle, data, ctypes.POINTER(size)]
    lib.EVP_PKEY_free.argtypes = [handle]
    lib.EVP_MD_CTX_new.restype, lib.EVP_MD_CTX_new.argtypes = handle, []
    lib.EVP_MD_CTX_free.argtypes = [handle]
    for name in ("Sign", "Verify"):
        getattr(lib, f"EVP_Digest{name}Init").argtypes = [handle, handle, handle, handle, handle]
    lib.EVP_DigestSign.argtypes = [handle, data, ctypes.POINTER(size), data, size]
    lib.EVP_DigestVerify.argtypes = [handle, data, size, data, size]
    return lib


def _holds(message: bytes, signature: bytes, point: bytes) -> bool:
    lib = _openssl()
    key = lib.EVP_PKEY_new_raw_public_key(_NID_ED25519, None, point, len(point))
    if not key:
        return False
    context = lib.EVP_MD_CTX_new()
    try:
        begun = lib.EVP_DigestVerifyInit(context, None, None, None, key)
        if begun != 1:
            return False
        good: int = lib.EVP_DigestVerify(context, signature, len(signature), message, len(message))
        return good == 1
    finally:
        lib.EVP_MD_CTX_free(context)
        lib.EVP_PKEY_free(key)


def _sign(message: bytes, seed: bytes) -> bytes:
    lib = _openssl()
    key = lib.EVP_PKEY_new_raw_private_key(_NID_ED25519, None, seed, len(seed))
    context = lib.EVP_MD_CTX_new()
    signature, length = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
    try:
        if lib.EVP_DigestSignInit(context, None, None, None, key) != 1 or (
            lib.EVP_DigestSign(context, signature, ctypes.byref(length), message, len(message)) != 1
        ):
            raise Cannot("OpenSSL could not sign")
        return signature.raw
    finally:
        lib.EVP_MD_CTX_free(context)
        lib.EVP_PKEY_free(key)


def _point(seed: bytes) -> bytes:
    """The public key of a secret key."""
    lib = _openssl()
    key = lib.EVP_PKEY_new_raw_private_key(_NID_ED25519, None, seed, len(seed))
    point, length = ctypes.create_string_buffer(32), ctypes.c_size_t(32)
    try:
        if lib.EVP_PKEY_get_raw_public_key(key, point, ctypes.byref(length)) != 1:
            raise Cannot("OpenSSL could not work out the public key")
        return point.raw
    finally:
        lib.EVP_PKEY_free(key)
