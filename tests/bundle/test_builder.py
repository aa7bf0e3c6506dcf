"""What a build writes: the same bytes each time, a bill of materials, and an installer without dependencies."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from appliance import __version__
from appliance.attestation import fingerprint
from appliance.bundle import Cannot, WrongInput, builder, install, native, sbom, signing, wheels
from appliance.bundle.archive import quiet
from appliance.config.box import AudioSettings, CtcSettings, FinalitySettings, load_settings
from appliance.config.site import load_site
from appliance.engines import catalog
from tests.bundle import synthetic
from tests.bundle.synthetic import KEY, write
from tests.bundle.test_furnish import WHEEL, wheel

CHECKOUT = Path(__file__).parents[2]


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    assert write(tmp_path / "1", 7).read_bytes() == write(tmp_path / "2", 7).read_bytes()
    assert builder.self_contained() == builder.self_contained()


def test_the_installer_runs_with_nothing_but_python(tmp_path: Path) -> None:
    """The installer verifies and installs, isolated, without site-packages, in an empty environment."""
    installer = tmp_path / "cloister-installer.pyz"
    installer.write_bytes(builder.self_contained())
    bundle, public = write(tmp_path, 7), tmp_path / "k.pub"
    public.write_text(KEY.public().text())
    command = [sys.executable, "-I", "-S", str(installer), "verify", str(bundle), "--key", str(public), "--json"]
    run = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["version"] == 7
    bundle.write_bytes(bundle.read_bytes()[:-1])
    run = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "Traceback" not in run.stderr and len(run.stderr.splitlines()) == 2, run.stderr


@pytest.mark.parametrize(
    "verb", [["install", "BUNDLE"], ["rollback"], ["confirm"], ["settle"], ["status"], ["accept", "BUNDLE"]]
)
def test_the_installer_leaves_a_box_alone_that_has_a_version(verb: list[str], tmp_path: Path) -> None:
    """An installer that came with a bundle must not verify that bundle once an installed version can."""
    installer = tmp_path / "cloister-installer.pyz"
    installer.write_bytes(builder.self_contained())
    here = synthetic.Box(synthetic.box(tmp_path / "box"))
    install.install(here.store, write(tmp_path, 7), here.steps())
    verb = [part.replace("BUNDLE", str(write(tmp_path, 8))) for part in verb]
    command = [sys.executable, "-I", "-S", str(installer), *verb, "--root", str(here.store.root)]
    run = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and len(run.stderr.splitlines()) == 1, run.stderr
    assert "/opt/cloister/current/venv/bin/cloister bundle" in run.stderr and verb[0] in run.stderr
    assert here.runs() == 7 and here.store.slot("b") is None
    # A version of an older format cannot read our bundles. The installer replaces it.
    manifest = here.store.path("a") / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"format":2', b'"format":1'))
    run = subprocess.run([*command[:4], "status", "--root", command[-1]], env={}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(("at", "tool"), [(0, "sha256sum"), (1, "minisign"), (2, "openssl")])
def test_the_installer_is_signed_and_can_be_checked_without_a_file_of_ours(at: int, tool: str, tmp_path: Path) -> None:
    """The ways of OPERATOR.md: the hash on paper, or the key on paper with minisign or with openssl. The control shows
    that each of them sees one changed bit."""
    if shutil.which(tool) is None:
        pytest.skip(f"needs {tool}")
    page = (CHECKOUT / "systemd/OPERATOR.md").read_text()
    sha256 = builder.write_installer(tmp_path / "cloister-installer.pyz", KEY)
    script = re.findall(r"^ {3}```sh\n(.*?)^ {3}```", page, re.M | re.S)[at]
    assert tool in script
    for name, value in {"KEY_ON_PAPER": KEY.public().line(), "HASH_ON_PAPER": sha256}.items():
        script = script.replace(name, value)
    good = subprocess.run(["sh", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert good.returncode == 0, f"{good.stdout}{good.stderr}"
    for name in ("cloister-installer.pyz", "cloister-installer.pyz.minisig"):
        if tool == "sha256sum" and name.endswith("minisig"):
            continue
        whole = (tmp_path / name).read_bytes()
        # Change a bit of the signature itself, which is the second line of the file.
        bit = len(whole) // 2 if name.endswith("pyz") else whole.index(b"\n") + 40
        (tmp_path / name).write_bytes(whole[:bit] + bytes([whole[bit] ^ 1]) + whole[bit + 1 :])
        bad = subprocess.run(["sh", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        (tmp_path / name).write_bytes(whole)
        assert bad.returncode != 0, f"control: a changed {name} is seen"
    assert signing.verify(
        (tmp_path / "cloister-installer.pyz").read_bytes(),
        (tmp_path / "cloister-installer.pyz.minisig").read_bytes(),
        [KEY.public()],
        "cloister installer",
    )


def test_the_installer_holds_the_modules_that_the_box_runs() -> None:
    """The modules, read from their source, import only the standard library and each other."""
    with zipfile.ZipFile(io.BytesIO(builder.self_contained())) as content:
        sources = {name: content.read(name) for name in content.namelist()}
    ours = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in sources}
    for name, source in sources.items():
        if name != "__main__.py":
            assert source == (CHECKOUT / name).read_bytes()
        for node in ast.walk(ast.parse(source)):
            imported = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [str(node.module)]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for module in imported:
                assert module in ours or module.split(".")[0] in sys.stdlib_module_names, f"{name} imports {module}"


def test_the_configuration_of_a_box(starter: Path, tmp_path: Path) -> None:
    """Paths become those of the slot, the rest stays as it was, and the appliance can read the file."""
    settings = load_settings(starter)
    content = builder._configured(starter, settings, "/opt/cloister/current/models", site="site.yaml", state="state")
    (tmp_path / "cloister.yaml").write_bytes(content)
    (tmp_path / "site.yaml").write_bytes(settings.site.read_bytes())
    on_box = load_settings(tmp_path / "cloister.yaml")
    assert on_box.voice.model == Path("/opt/cloister/current/models/voice/en_US-kathleen-small.onnx")
    models = Path("/opt/cloister/current/models")
    assert on_box.ear.ctc == CtcSettings(models / "ctc/head.int8.onnx", models / "moonshine")
    assert on_box.endpoint.finality == FinalitySettings(models / "turns/finality.json", models / "moonshine")
    assert on_box.threads == settings.threads and on_box.prepared is None
    assert load_site(on_box.site).name == load_site(settings.site).name


def test_the_judge_of_answers_is_taken_along(starter: Path, tmp_path: Path) -> None:
    settings = load_settings(starter)
    judge = tmp_path / "judge.gguf"
    judge.write_bytes(b"weights")
    judged, without = (replace(settings, brain=replace(settings.brain, answers=path)) for path in (judge, None))
    on_box = yaml.safe_load(builder._configured(starter, judged, "/models"))
    assert on_box["brain"]["answers"] == "/models/answers/judge.gguf"
    assert ("models/answers/judge.gguf", judge) in list(builder._models(judged))
    assert not [name for name, _ in builder._models(without) if "answers" in name]
    assert judge in judged.models()


@pytest.mark.parametrize(("own", "encoder"), [(False, "moonshine"), (True, "ctc/encoder")])
def test_a_ctc_head_on_a_box_finds_its_encoder(starter: Path, tmp_path: Path, own: bool, encoder: str) -> None:
    settings = load_settings(starter)
    assert settings.ear.moonshine is not None
    (tmp_path / "head.onnx").write_bytes(b"head")
    (tmp_path / "encoder.ort").write_bytes(b"encoder")
    ctc = CtcSettings(tmp_path / "head.onnx", tmp_path if own else settings.ear.moonshine.directory)
    settings = replace(settings, ear=replace(settings.ear, ctc=ctc))
    on_box = yaml.safe_load(builder._configured(starter, settings, "/models"))
    assert on_box["ear"]["ctc"] == {"head": "/models/ctc/head.onnx", "encoder": f"/models/{encoder}"}
    names = [name for name, _ in builder._models(settings)]
    assert "models/ctc/head.onnx" in names
    assert ("models/ctc/encoder/encoder.ort" in names) == own


def test_the_paths_of_a_box_are_those_of_its_units() -> None:
    """The paths must agree, because systemd binds the control socket and the appliance finds it by its path."""
    assert f"\nListenStream={builder._SOCKET}\n" in (CHECKOUT / "systemd/cloister.socket").read_text()
    assert builder._STATE == "/var/lib/cloister"
    unit = (CHECKOUT / "systemd/cloister.service").read_text()
    assert f"\nStateDirectory={Path(builder._STATE).name}\n" in unit


def test_the_bundle_has_the_voice_network_if_it_is_switched_on(starter: Path, tmp_path: Path) -> None:
    network = starter.parent / "voices" / "speaker.onnx"
    (tmp_path / "cloister.yaml").write_text(f"{starter.read_text()}\naudio:\n  voices: {network}\n")
    settings = replace(load_settings(starter), audio=AudioSettings(voices=network))
    content = builder._configured(tmp_path / "cloister.yaml", settings, "/models", site="site.yaml", state="state")
    assert yaml.safe_load(content)["audio"] == {"voices": "/models/voices/speaker.onnx"}
    assert dict(builder._models(settings))["models/voices/speaker.onnx"] == network
    assert "models/voices/speaker.onnx" not in dict(builder._models(load_settings(starter)))


def test_models_that_are_missing_are_named(starter: Path, tmp_path: Path) -> None:
    text = starter.read_text().replace("voice/en_US", "voice/xx_XX").replace("../../appliance", f"{CHECKOUT}/appliance")
    (tmp_path / "cloister.yaml").write_text(text)
    with pytest.raises(WrongInput, match="does not exist"):
        dict(builder._models(load_settings(tmp_path / "cloister.yaml")))


def test_the_bill_of_materials(tmp_path: Path) -> None:
    ours = tmp_path / "cloister-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(ours, "w") as out:
        out.writestr(
            "cloister-0.1.0.dist-info/METADATA", "Name: cloister\nVersion: 0.1.0\nLicense-Expression: Apache-2.0\n"
        )
        out.writestr("cloister-0.1.0.dist-info/licenses/LICENSE", "Apache")
    theirs = wheel(tmp_path, {**WHEEL, "greeting/vad.onnx": b"weights"})
    voice = tmp_path / "voice.onnx"
    voice.write_bytes(b"more weights")
    models = {"models/voice/voice.onnx": voice, "models/voice/README.md": voice}
    content = sbom.bill_of_materials("oakhill", 7, [ours, theirs], models)
    assert content == sbom.bill_of_materials("oakhill", 7, [ours, theirs], models)
    bill = json.loads(content)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["licenses"] == [{"expression": "Apache-2.0"}]
    parts = {part["name"]: part for part in bill["components"]}
    assert parts["greeting"]["purl"] == "pkg:pypi/greeting@1"
    assert parts["greeting"]["components"][0]["type"] == "machine-learning-model"
    assert parts["models/voice/voice.onnx"]["licenses"][0]["license"]["name"] == "stated in models/voice/README.md"
    assert dict(sbom.licences([ours, theirs])) == {"licences/cloister/LICENSE": b"Apache"}


LOCKED = """\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{0}
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:{1}
torch==3 ; sys_platform == 'never' \\
    --hash=sha256:{1}
pip==26.3 \\
    --hash=sha256:{0} \\
    --hash=sha256:{1}
"""


def test_the_lock_is_read_for_this_machine() -> None:
    found = wheels._parse(LOCKED.format("a" * 64, "b" * 64))
    numpy = "2.4.6" if sys.version_info < (3, 12) else "2.5.5"
    assert [(r.name, r.version, len(r.hashes)) for r in found] == [("numpy", numpy, 1), ("pip", "26.3", 2)]


def test_packages_without_a_wheel_for_this_machine_are_built() -> None:
    try:
        found = {requirement.name: requirement.source_only for requirement in wheels.locked(CHECKOUT)}
    except Cannot as error:
        pytest.skip(str(error))
    assert found["llama-cpp-python"] and found["aec-audio-processing"]
    assert not (found["numpy"] or found["piper-tts"] or found["pip"])


def test_building_again_fetches_nothing_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was damaged meanwhile is fetched again."""
    import hashlib

    cache = tmp_path / "cache"
    cache.mkdir()
    kept = wheel(cache, WHEEL)
    needed = [wheels.Requirement("greeting", "1", frozenset({hashlib.sha256(kept.read_bytes()).hexdigest()}))]
    fetched: list[str] = []
    monkeypatch.setattr(wheels, "_fetch", lambda requirement, _: fetched.append(requirement.name) or kept)
    assert wheels.gather(needed, [], cache, quiet) == [kept] and not fetched
    kept.write_bytes(kept.read_bytes() + b"x")
    wheels.gather(needed, [], cache, quiet)
    assert fetched == ["greeting"]


def test_every_tool_for_building_is_locked_by_hash() -> None:
    """This covers our own tools, and those that the fleet's controller and set-up install."""
    for path in (native.TOOLS, CHECKOUT / "ansible/requirements.txt", CHECKOUT / ".ci/uv.txt"):
        entries = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", path.read_text(), flags=re.M).strip())
        assert entries, path
        for entry in entries:
            assert re.match(r"[A-Za-z0-9._-]+==\S+", entry) and "--hash=sha256:" in entry, f"{path}: {entry}"
    listed = native.TOOLS.read_text()
    for name in ("hatchling", "scikit-build-core", "cmake", "ninja", "meson", "setuptools", "swig", "pip"):
        assert re.search(rf"^{name}==", listed, re.M), name


@pytest.mark.slow
def test_a_build_tool_with_another_hash_builds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test uses the real uv, which asks for hatchling."""
    try:
        wheels.build_application(CHECKOUT, tmp_path)
    except Cannot as error:
        pytest.skip(f"needs uv and the build backend: {error}")
    other = tmp_path / "tools.txt"
    other.write_text(re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, native.TOOLS.read_text()))
    monkeypatch.setattr(native, "TOOLS", other)
    with pytest.raises(Cannot, match="sha256"):
        wheels.build_application(CHECKOUT, tmp_path / "again")


def test_an_input_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    changed = {**synthetic.files(7), "config/site.yaml": b"name: Elm Hill\n"}
    with pytest.raises(Cannot, match="changed while"):
        builder.write(synthetic.manifest(7), changed, KEY, tmp_path / "x.cloister-bundle")
    assert not (tmp_path / "x.cloister-bundle").exists()


@pytest.fixture(scope="module")
def on_a_box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own wheel, built as it is for a bundle, and unpacked."""
    folder = tmp_path_factory.mktemp("box")
    try:
        built = wheels.build_application(CHECKOUT, folder)
    except Cannot as error:
        pytest.skip(f"needs uv and the build backend: {error}")
    with zipfile.ZipFile(built) as content:
        content.extractall(folder / "packages")
    return folder / "packages"


def run_on_a_box(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as an installed wheel has it, without the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *arguments],
        cwd=packages.parent,
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wheel_contains_nothing_of_the_workbench(on_a_box: Path) -> None:
    """The wheel has neither its code nor its data, under any name. Its code has the same hash as the checkout's."""
    carried = {fingerprint.file_hash(path): path for path in on_a_box.rglob("*") if path.is_file()}
    ours = [
        path for path in (CHECKOUT / "appliance/bench/workbench").rglob("*") if path.is_file() and path.suffix != ".pyc"
    ]
    assert len(ours) > 30
    for path in ours:
        assert fingerprint.file_hash(path) not in carried, path
    assert {path.name for path in on_a_box.iterdir()} == {"appliance", f"cloister-{__version__}.dist-info"}
    package = on_a_box / "appliance"
    assert not (package / "bench/workbench").exists()
    assert fingerprint.listing_hash(package, package.rglob("*.py")) == fingerprint.code_hash()


@pytest.mark.parametrize(
    "command", [["evaluate", "brain"], ["bench", "turns"], ["models", "fetch", "qwen2.5-coder-0.5b-q4"]]
)
def test_a_box_reports_that_it_has_no_workbench(command: list[str], on_a_box: Path) -> None:
    run = run_on_a_box(on_a_box, *command)
    assert run.returncode == 3
    assert len(run.stderr.splitlines()) == 1 and "is not on a box" in run.stderr


def test_the_wheel_carries_all_that_its_verbs_read(on_a_box: Path) -> None:
    run = run_on_a_box(on_a_box, "models", "--json", "--config", "none.yaml")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [catalog.as_json(model) for model in catalog.load_catalog(catalog.CATALOG).models]


def test_a_bundle_takes_the_sip_stack_along_only_where_it_is_asked_for() -> None:
    plain, telephone = ({found.name for found in wheels.locked(CHECKOUT, telephone=asked)} for asked in (False, True))
    assert telephone - plain == {"baresip-python"} and "pip" in plain
