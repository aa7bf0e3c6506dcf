"""Signatures: the standard's own vectors, minisign's files both ways, and that each changed byte is noticed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.bundle import Refused, WrongInput, signing
from tests.bundle.synthetic import KEY, OTHER_KEY

RFC_8032 = [
    # secret key, public key, message, signature: section 7.1, tests 1 to 3
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(secret: str, public: str, message: str, signature: str) -> None:
    seed, text = bytes.fromhex(secret), bytes.fromhex(message)
    assert signing._point(seed).hex() == public
    assert signing._sign(text, seed).hex() == signature
    assert signing._holds(text, bytes.fromhex(signature), bytes.fromhex(public))
    assert not signing._holds(text + b"x", bytes.fromhex(signature), bytes.fromhex(public))


def test_a_second_form_of_a_signature_is_refused() -> None:
    """Adding the group's order to the second half gives another number with the same meaning (malleability)."""
    order = 2**252 + 27742317777372353535851937790883648493
    _, public, message, signature = RFC_8032[1]
    first, second = bytes.fromhex(signature)[:32], int.from_bytes(bytes.fromhex(signature)[32:], "little")
    other = first + (second + order).to_bytes(32, "little")
    assert not signing._holds(bytes.fromhex(message), other, bytes.fromhex(public))


def test_every_byte_of_a_signature_counts() -> None:
    good = signing.sign(b"content", KEY, "cloister bundle x")
    keys = [KEY.public(), OTHER_KEY.public()]
    assert signing.verify(b"content", good, keys, "cloister bundle").id == KEY.id
    tried = 0
    for position in range(len(good)):
        for flip in (1, 0x20, 0x80, 0xFF):
            bad = bytearray(good)
            bad[position] ^= flip
            tried += 1
            with pytest.raises(Refused):
                signing.verify(b"content", bytes(bad), keys, "cloister bundle")
    for length in range(len(good)):
        tried += 1
        with pytest.raises(Refused):
            signing.verify(b"content", good[:length], keys, "cloister bundle")
    print(f"{tried} damaged signatures refused")


def test_a_signature_counts_for_one_kind_of_file_only() -> None:
    signature = signing.sign(b"content", KEY, "cloister consent")
    with pytest.raises(Refused, match="signed as 'cloister consent'"):
        signing.verify(b"content", signature, [KEY.public()], "cloister bundle")


def test_a_signature_by_an_untrusted_key_is_refused() -> None:
    signature = signing.sign(b"content", KEY, "x")
    with pytest.raises(Refused, match="does not trust"):
        signing.verify(b"content", signature, [OTHER_KEY.public()], "x")


@pytest.mark.parametrize("password", [None, pytest.param(b"correct horse", marks=pytest.mark.slow)])
def test_secret_keys_are_kept_as_minisign_keeps_them(password: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "k.key"
    path.write_text(signing.secret_key_text(KEY, password))
    assert signing.is_encrypted(path) is (password is not None)
    assert signing.read_secret_key(path, password) == KEY
    if password:
        assert KEY.seed not in path.read_bytes()
        with pytest.raises(WrongInput, match="password is wrong"):
            signing.read_secret_key(path, b"wrong")


def test_we_and_minisign_read_each_others_files(tmp_path: Path) -> None:
    if shutil.which("minisign") is None:
        pytest.skip("needs minisign: apt-get install minisign")
    content, ours = tmp_path / "content", tmp_path / "ours"
    content.write_bytes(b"what is signed")
    (tmp_path / "ours.pub").write_text(KEY.public().text())
    ours.write_bytes(signing.sign(content.read_bytes(), KEY, "cloister bundle x"))
    check: list[str | Path] = ["minisign", "-V", "-q", "-m", content, "-x", ours, "-p", tmp_path / "ours.pub"]
    assert subprocess.run(check, check=False).returncode == 0
    content.write_bytes(b"what was changed")
    assert subprocess.run(check, check=False, capture_output=True).returncode != 0

    make: list[str | Path] = ["minisign", "-G", "-W", "-p", tmp_path / "m.pub", "-s", tmp_path / "m.key"]
    subprocess.run(make, check=True, capture_output=True)
    theirs = signing.read_secret_key(tmp_path / "m.key")
    assert theirs.public() == signing.read_public_key(tmp_path / "m.pub")
    # Signed by minisign with our comment: accepted.
    comment = f"signature from cloister key {theirs.id}"
    sign: list[str | Path] = ["minisign", "-S", "-s", tmp_path / "m.key", "-c", comment, "-t", "cloister bundle x"]
    subprocess.run([*sign, "-m", content], check=True, capture_output=True)
    signature = content.with_name("content.minisig").read_bytes()
    assert signing.verify(content.read_bytes(), signature, [theirs.public()], "cloister bundle") == theirs.public()
    assert signing.sign(content.read_bytes(), theirs, "cloister bundle x") == signature
