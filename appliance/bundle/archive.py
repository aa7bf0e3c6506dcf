"""Reads and writes bundles on a medium: a plain tar file, or a directory with the same files.

The reader does not interpret a tar header. It knows from the signed manifest which header must come next, to the byte,
and refuses anything else. So links, devices, absolute paths, other sizes, other orders, duplicates and trailing bytes
need no cases of their own, because their bytes differ. Nothing is compressed (wheels and models would not shrink), so
nothing can unfold. Before the signature is verified, only two lengths are read, and each is checked against a limit.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from appliance.bundle import Cannot, Refused, WrongInput, signing
from appliance.bundle import manifest as manifests
from appliance.bundle.manifest import File, Manifest
from appliance.bundle.trust import Trust

SIGNATURE, MANIFEST = "manifest.minisig", "manifest.json"

Progress = Callable[[str, int, int], None]
"""Called with the name of a job, how many bytes or steps of it are done, and how many there are in all."""

_BLOCK = 512
"""Bytes of a block of a tar file. Everything in it is padded to whole blocks."""
_CHUNK = 1 << 20
"""The most bytes that are read at once."""


def quiet(what: str, done: int, total: int) -> None:
    """A ``Progress`` that shows nothing."""


class Medium(Protocol):
    """A medium from which a bundle is read once, from front to back."""

    def head(self) -> tuple[bytes, bytes]:
        """Read the signature and the manifest, and check neither. Raises Refused."""

    def chunks(self, file: File) -> Iterator[bytes]:
        """Read the content of the manifest's next file. Its size is checked, and nothing else. Raises Refused."""

    def end(self) -> None:
        """Check that nothing follows the last file. Raises Refused."""


@contextmanager
def open_bundle(path: Path) -> Iterator[Medium]:
    """Open a bundle file or directory. Raises WrongInput when there is none, and Cannot when it goes away meanwhile."""
    if not path.exists():
        raise WrongInput(f"{path}: there is no such bundle")
    try:
        if path.is_dir():
            yield Directory(path)
            return
        with path.open("rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise WrongInput(f"{path}: is not a file")
            yield _Tar(stream)
    except OSError as error:
        # The stick was pulled while it was read, or the disk is full.
        raise Cannot(f"{error.filename or path}: {error.strerror}") from None


def read_manifest(medium: Medium, trust: Trust, *, installed: bool = False) -> tuple[Manifest, bytes]:
    """Read the manifest and its signatures, and verify them: as many as a new bundle needs, or, with ``installed``, as
    many as one needs that is installed already. Raises Refused."""
    signatures, content = medium.head()
    verify = trust.verify_installed if installed else trust.verify
    signers = [key.id for key in verify(content, signatures, manifests.SIGNED_AS)]
    manifest = manifests.decode(content)
    if manifest.key not in signers:
        raise Refused(f"the manifest names the key {manifest.key}, but {', '.join(signers)} signed it")
    return manifest, signatures


def check_files(medium: Medium, manifest: Manifest, progress: Progress = quiet) -> None:
    """Read all files and compare their hashes. Raises Refused."""
    for _, content in _files(medium, manifest, "checking", progress):
        for _ in content:
            pass


def extract(medium: Medium, manifest: Manifest, folder: Path, progress: Progress = quiet) -> None:
    """Write all files into an empty folder, each compared while it is written and then forced to the disk.

    Raises Refused at the first file that differs. The caller must then remove what was written.
    """
    made: set[Path] = {folder}
    for file, content in _files(medium, manifest, "copying", progress):
        path = folder / file.path
        for parent in reversed(path.relative_to(folder).parents[:-1]):
            if folder / parent not in made:
                (folder / parent).mkdir(mode=0o755)
                made.add(folder / parent)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as out:
            for chunk in content:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())


def _files(medium: Medium, manifest: Manifest, what: str, progress: Progress) -> Iterator[tuple[File, Iterator[bytes]]]:
    done, total = 0, manifest.size()
    for file in manifest.files:
        digest = hashlib.sha256()

        def content(file: File = file, digest: hashlib._Hash = digest, before: int = done) -> Iterator[bytes]:
            read = before
            for chunk in medium.chunks(file):
                digest.update(chunk)
                read += len(chunk)
                progress(what, read, total)
                yield chunk
            if digest.hexdigest() != file.sha256:
                raise Refused(f"{file.path}: was damaged or changed")

        yield file, content()
        done += file.size
    medium.end()


# --- tar ----------------------------------------------------------------------------------------------------------


def header(path: str, size: int) -> bytes:
    """The one tar header that a file of this path and size has (three blocks where the path is long)."""
    info = tarfile.TarInfo(path)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def padding(size: int) -> bytes:
    """The zero bytes that follow a file of this size up to the next block."""
    return bytes(-size % _BLOCK)


END = bytes(2 * _BLOCK)
"""The last bytes of a tar file."""


class _Tar:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def head(self) -> tuple[bytes, bytes]:
        return self._small(SIGNATURE, signing.LONGEST), self._small(MANIFEST, manifests.LARGEST)

    def chunks(self, file: File) -> Iterator[bytes]:
        expected = header(file.path, file.size)
        if self._stream.read(len(expected)) != expected:
            raise Refused(f"{file.path}: is not where the manifest says, or the file ends before it")
        left = file.size
        while left:
            chunk = self._stream.read(min(_CHUNK, left))
            if not chunk:
                raise Refused(f"{file.path}: the bundle ends in the middle of it")
            left -= len(chunk)
            yield chunk
        if self._stream.read(-file.size % _BLOCK) != padding(file.size):
            raise Refused(f"{file.path}: is followed by bytes that nobody signed")

    def end(self) -> None:
        if self._stream.read(len(END) + 1) != END:
            raise Refused("the bundle has more, or less, than its manifest lists")

    def _small(self, path: str, limit: int) -> bytes:
        found = self._stream.read(_BLOCK)
        try:
            size = int(found[124:135], 8)
        except ValueError:
            size = -1
        if not 0 < size <= limit or found != header(path, size):
            raise Refused(f"this is not a bundle: it does not begin with {SIGNATURE} and {MANIFEST}")
        content = self._stream.read(size)
        if len(content) != size or self._stream.read(-size % _BLOCK) != padding(size):
            raise Refused(f"{path}: the bundle ends in the middle of it")
        return content


# --- directory ----------------------------------------------------------------------------------------------------


class Directory:
    """The files of a bundle in a directory. Other files in the directory are ignored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def head(self) -> tuple[bytes, bytes]:
        return self._small(SIGNATURE, signing.LONGEST), self._small(MANIFEST, manifests.LARGEST)

    def chunks(self, file: File) -> Iterator[bytes]:
        with self._open(file.path) as stream:
            left = file.size
            while left:
                chunk = stream.read(min(_CHUNK, left))
                if not chunk:
                    raise Refused(f"{file.path}: is shorter than the manifest says")
                left -= len(chunk)
                yield chunk
            if stream.read(1):
                raise Refused(f"{file.path}: is longer than the manifest says")

    def end(self) -> None:
        """Do nothing, because a directory has no order in which a file could follow."""

    def _small(self, path: str, limit: int) -> bytes:
        with self._open(path) as stream:
            content = stream.read(limit + 1)
        if not 0 < len(content) <= limit:
            raise Refused(f"{path}: has a size that none of ours has")
        return content

    @contextmanager
    def _open(self, path: str) -> Iterator[BinaryIO]:
        # The open does not wait, in case the file is a pipe, and it never follows a link.
        try:
            number = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise Refused(f"{path}: is missing or not a plain file ({error.strerror})") from None
        with os.fdopen(number, "rb") as stream:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise Refused(f"{path}: is not a plain file")
            yield stream
