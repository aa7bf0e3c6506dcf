"""Bundles that are damaged or made to do harm. Each is refused, and the box runs the version that it ran before."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.bundle import BundleError, Refused, archive, builder, install, signing
from appliance.bundle import manifest as manifests
from appliance.bundle.manifest import File
from appliance.bundle.trust import Trust
from tests.bundle import synthetic
from tests.bundle.synthetic import KEY, OTHER_KEY, Box, box, write

TRUST = Trust((KEY.public(),))


def verify(content: bytes) -> None:
    """Do what `cloister bundle verify` does."""
    medium = archive._Tar(io.BytesIO(content))
    manifest, _ = archive.read_manifest(medium, TRUST)
    archive.check_files(medium, manifest)


def refused(content: bytes) -> None:
    with pytest.raises(Refused):
        verify(content)


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    return write(tmp_path, 8).read_bytes()


def test_every_byte_of_a_bundle_counts(good: bytes) -> None:
    """The flipped bits are in every byte of the signature, the manifest and their headers, and in samples of the
    files, their headers and the padding."""
    verify(good)
    parts = members(good)
    head = len(parts[archive.SIGNATURE]) + len(parts[archive.MANIFEST])
    positions = [*range(head), *range(head, len(good), 11)]
    for position in positions:
        bad = bytearray(good)
        bad[position] ^= 1 << position % 8
        refused(bytes(bad))
    print(f"{len(positions)} bundles with one bit changed refused, {head} of them in signature and manifest")


def test_a_truncated_bundle_is_refused(good: bytes) -> None:
    lengths = range(0, len(good), 29)
    for length in lengths:
        refused(good[:length])
    print(f"{len(lengths)} truncated bundles refused")


@pytest.mark.parametrize("more", [b"\0", b"x", bytes(512), bytes(10240)])
def test_an_oversized_bundle_is_refused(good: bytes, more: bytes) -> None:
    refused(good + more)
    refused(good[: -len(archive.END)] + more + archive.END)


def members(content: bytes) -> dict[str, bytes]:
    """Split a bundle into its members, each with header, content and padding."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        starts = [*((m.name, m.offset) for m in tar.getmembers()), ("", len(content) - len(archive.END))]
    for (name, start), (_, end) in itertools.pairwise(starts):
        found[name] = content[start:end]
    return found


def test_swapped_between_bundles(tmp_path: Path) -> None:
    """Any part of one bundle replaces the same part of another bundle of the same key."""
    first, second = (write(tmp_path, version).read_bytes() for version in (7, 8))
    ours, theirs = members(first), members(second)
    assert b"".join(ours.values()) + archive.END == first
    tried = 0
    for name in ours:
        if ours[name] == theirs[name]:
            continue
        tried += 1
        refused(b"".join({**ours, name: theirs[name]}.values()) + archive.END)
    assert tried == 4, "signature, manifest, list of code and the model differ"
    for left in ours:
        for right in ours:
            if left < right:
                tried += 1
                swapped = {**ours, left: ours[right], right: ours[left]}
                refused(b"".join(swapped.values()) + archive.END)
    print(f"{tried} bundles with swapped parts refused")


def test_the_signed_head_of_another_bundle_is_refused(tmp_path: Path) -> None:
    ours, theirs = (members(write(tmp_path, version).read_bytes()) for version in (7, 8))
    head = {name: theirs[name] for name in (archive.SIGNATURE, archive.MANIFEST)}
    refused(b"".join({**ours, **head}.values()) + archive.END)


def test_a_bundle_signed_by_another_key_is_refused(tmp_path: Path) -> None:
    refused(write(tmp_path, 8, OTHER_KEY).read_bytes())


def test_a_manifest_that_names_another_key(tmp_path: Path) -> None:
    """A trusted key has signed it, but its version would be counted for another key."""
    path = tmp_path / "x"
    builder.write(synthetic.manifest(8, OTHER_KEY), synthetic.files(8), KEY, path)
    with pytest.raises(Refused, match="names the key"):
        verify(path.read_bytes())


# --- tar members that are not plain files ---------------------------------------------------------------------------


def changed(kind: bytes, name: str, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 29
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.CONTTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.XHDTYPE,
    ],
)
@pytest.mark.parametrize("name", ["config/cloister.yaml", "/etc/passwd", "../../etc/passwd", "config/../../x"])
def test_members_that_are_not_plain_files_are_refused(good: bytes, kind: bytes, name: str) -> None:
    """The member stands in the place of a file, and before it."""
    header = changed(kind, name, "/etc/shadow")
    parts = members(good)
    file = parts["config/cloister.yaml"]
    refused(b"".join({**parts, "config/cloister.yaml": header + file[512:]}.values()) + archive.END)
    refused(b"".join({**parts, "config/cloister.yaml": header + file}.values()) + archive.END)


@pytest.mark.parametrize("size", ["-0000000001", "77777777777", "0o000000017", "          x", "00000200000"])
def test_wrong_lengths_are_refused(good: bytes, size: str) -> None:
    """Wrong lengths of the signature and of the manifest, with a right checksum of the header."""
    for name in (archive.SIGNATURE, archive.MANIFEST):
        parts = members(good)
        header = bytearray(parts[name][:512])
        header[124:135] = size.encode()
        header[148:156] = b" " * 8
        header[148:156] = f"{sum(header):06o}\0 ".encode()
        refused(b"".join({**parts, name: bytes(header) + parts[name][512:]}.values()) + archive.END)


def test_a_bomb_before_the_signature_is_not_read() -> None:
    """Nothing is unpacked, and no more is read than the largest possible head."""
    bomb = gzip.compress(bytes(50_000_000))
    refused(bomb)
    endless = archive.header(archive.SIGNATURE, 8 * 2**30 - 1)
    medium = archive._Tar(io.BytesIO(endless + bytes(10_000)))
    with pytest.raises(Refused, match="not a bundle"):
        medium.head()


# --- what only the holder of a key could sign -----------------------------------------------------------------------

PATHS = [
    *("/etc/passwd", "../x", "models/../../x", "models/./x", "models//x", "models/", "", ".", "..", "models"),
    *("slot.json", "manifest.json", "manifest.minisig", "venv/bin/python", "current", "a/x", "home/x", "-rf"),
    *("models/-x", "models/x\n", "models/x\0", "models/a b", "models/ä", "models\\x", "C:x", "models/~", "models/$x"),
    "models/" + "x" * 200,
]


@pytest.mark.parametrize("path", PATHS)
def test_forbidden_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        File(path, 1, "0" * 64)


def signed(content: bytes) -> bytes:
    """A bundle with this manifest, properly signed."""
    signature = signing.sign(content, KEY, manifests.SIGNED_AS)
    parts = ((archive.SIGNATURE, signature), (archive.MANIFEST, content))
    return b"".join(archive.header(p, len(c)) + c + archive.padding(len(c)) for p, c in parts) + archive.END


def spoilt() -> Iterator[tuple[str, bytes]]:
    good = synthetic.manifest(8).encode()
    yield "empty", b"\n"
    yield "not JSON", b"[" * 100_000
    yield "not an object", b"[]\n"
    yield "spaces", good.replace(b",", b", ", 1)
    yield "twice", good.replace(b'"version":8', b'"version":8,"version":8')
    yield "a version of another kind", good.replace(b'"version":8', b'"version":8.0')
    yield "no version", good.replace(b'"version":8,', b"").replace(b',"version":8', b"")
    yield "a version below one", good.replace(b'"version":8', b'"version":0')
    yield "true for a version", good.replace(b'"version":8', b'"version":true')
    yield "a newer format", good.replace(b'"format":2', b'"format":3')
    yield "another field", good.replace(b'"format":2', b'"extra":1,"format":2')
    yield "a negative size", good.replace(b'"size":10', b'"size":-10')
    yield "a huge size", good.replace(b'"size":10', b'"size":99999999999999999999')
    yield "a path outside", good.replace(b"config/site.yaml", b"config/../../xx")
    yield "a path twice", good.replace(b"config/site.yaml", b"config/cloister.yaml")
    yield "a path in other capitals", good.replace(b"config/site.yaml", b"config/Cloister.yaml")
    yield "unsorted", good.replace(b"config/site.yaml", b"wheels/site.yaml")
    yield "a file as a folder", good.replace(b"models/voice/voice.onnx", b"health/answer.txt/x")
    yield "no hash", good.replace(b'"sha256":"', b'"sha256":"x', 1)
    yield "no date", good.replace(b'"made":"2026-11-20"', b'"made":""')
    yield "a date of another form", good.replace(b'"made":"2026-11-20"', b'"made":"20261120"')
    yield "a day that no month has", good.replace(b'"made":"2026-11-20"', b'"made":"2026-02-30"')
    yield "an end before the beginning", good.replace(b'"not_after":""', b'"not_after":"2026-11-19"')
    yield "an end that is no date", good.replace(b'"not_after":""', b'"not_after":"never"')
    yield "null for an end", good.replace(b'"not_after":""', b'"not_after":null')
    yield "not a number", good.replace(b'"installed_bytes":1000', b'"installed_bytes":NaN')


@pytest.mark.parametrize(("what", "content"), list(spoilt()))
def test_a_wrong_manifest_is_refused_though_signed(what: str, content: bytes) -> None:
    assert content != synthetic.manifest(8).encode(), what
    refused(signed(content))


def test_the_signature_is_verified_before_the_manifest_is_parsed(good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """No part of a manifest is parsed if its signature is wrong."""
    monkeypatch.setattr(manifests, "decode", lambda _: pytest.fail("was parsed"))
    at = good.index(b'"version":8')
    refused(good[: at + 10] + b"9" + good[at + 11 :])


# --- directories ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, good: bytes) -> Path:
    with tarfile.open(fileobj=io.BytesIO(good)) as tar:
        # The archive is our own, and Debian 12's Python knows no filters.
        tar.extractall(tmp_path / "stick")
    return tmp_path / "stick"


def check_folder(folder: Path) -> None:
    with archive.open_bundle(folder) as medium:
        manifest, _ = archive.read_manifest(medium, TRUST)
        archive.check_files(medium, manifest)


def test_a_directory_is_as_good_as_a_file(folder: Path) -> None:
    (folder / "System Volume Information").mkdir()
    check_folder(folder)


def link(path: Path) -> None:
    target = path.with_name("elsewhere")
    path.rename(target)
    path.symlink_to(target.name)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [link, pipe, longer, shorter, endless, folder_instead, Path.unlink])
@pytest.mark.parametrize("name", ["manifest.json", "manifest.minisig", "models/voice/voice.onnx", "health/answer.txt"])
def test_a_directory_with_a_defect_is_refused(folder: Path, name: str, harm: Callable[[Path], None]) -> None:
    harm(folder / name)
    with pytest.raises(BundleError):
        check_folder(folder)


# --- and the box ----------------------------------------------------------------------------------------------------


def test_a_damaged_bundle_does_not_change_what_the_box_runs(tmp_path: Path, good: bytes) -> None:
    """Each installation has one flipped bit, at places through the whole file."""
    here = Box(box(tmp_path / "box"))
    install.install(here.store, write(tmp_path, 7), here.steps())
    bundle = tmp_path / "bad"
    tried = 0
    for position in range(0, len(good), 211):
        bad = bytearray(good)
        bad[position] ^= 4
        bundle.write_bytes(bad)
        tried += 1
        with pytest.raises(Refused):
            install.install(here.store, bundle, here.steps())
        assert here.runs() == 7 and here.started == [7]
        assert not here.store.path("b").exists()
    print(f"{tried} installations of damaged bundles left the old version running")


@pytest.mark.parametrize("after", range(0, 1300, 100))
def test_a_stick_that_is_pulled_meanwhile(tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Box(box(tmp_path / "box"))
    install.install(here.store, write(tmp_path, 7), here.steps())
    bundle = write(tmp_path, 8)
    left = after

    def chunks(self: archive._Tar, file: File) -> Iterator[bytes]:
        nonlocal left
        for chunk in original(self, file):
            left -= len(chunk)
            if left < 0:
                raise OSError(5, "Input/output error", str(bundle))
            yield chunk

    original = archive._Tar.chunks
    monkeypatch.setattr(archive._Tar, "chunks", chunks)
    with pytest.raises(BundleError, match="Input/output error"):
        install.install(here.store, bundle, here.steps())
    assert here.runs() == 7 and not here.store.path("b").exists()
    monkeypatch.undo()
    install.install(here.store, bundle, here.steps())
    assert here.runs() == 8


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """A real file system of its own, which another program fills after the space was checked."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    if os.getuid() != 0 or os.system(f"mount -t tmpfs -o size=160k tmpfs {mounted} 2>/dev/null") != 0:
        pytest.skip("needs root, to mount a small file system")
    try:
        here = Box(box(mounted / "box"))
        install.SPARE_BYTES, spare = 0, install.SPARE_BYTES
        try:
            install.install(here.store, write(tmp_path, 7), here.steps())
            filler = mounted / "filler"
            filler.write_bytes(bytes(shutil.disk_usage(mounted).free - 3 * 4096))
            with pytest.raises(BundleError):
                install.install(here.store, write(tmp_path, 8), here.steps())
            assert here.runs() == 7
            filler.unlink()
            install.install(here.store, write(tmp_path, 8), here.steps())
            assert here.runs() == 8
        finally:
            install.SPARE_BYTES = spare
    finally:
        os.system(f"umount {mounted}")
