"""The list of models is well-formed and says where a checksum is missing. Every entry runs by configuration alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from appliance.cli.models import FETCHED
from appliance.config.box import load_settings
from appliance.config.reader import ConfigError
from appliance.engines.asr.sherpa import _files
from appliance.engines.catalog import CATALOG, as_json, description, lines, load_catalog, settings_yaml
from tests.conftest import CHECKOUT

MODELS = load_catalog(CATALOG).models

BOX = """
site: site.yaml
ear: {pocketsphinx: {}}
brain: {model: brain.gguf}
voice: {model: voice.onnx}
"""


def test_the_catalog_has_at_least_twelve_models_and_every_kind() -> None:
    assert len(MODELS) >= 12
    catalog = load_catalog(CATALOG)
    for kind in ("ear", "brain", "voice"):
        assert len(catalog.of_kind(kind)) >= 3


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_the_printed_block_is_accepted_as_configuration(model, tmp_path) -> None:
    box = yaml.safe_load(BOX) | yaml.safe_load(settings_yaml(model))
    path = tmp_path / "cloister.yaml"
    path.write_text(yaml.safe_dump(box))
    settings = load_settings(path)
    assert getattr(settings, model.kind) == getattr(model.settings, model.kind)


EARS = [model for model in MODELS if model.kind == "ear"]


@pytest.mark.parametrize("model", EARS, ids=lambda m: m.id)
def test_the_engine_knows_the_role_of_every_file_of_an_ear(model, tmp_path) -> None:
    for file in model.files:
        (tmp_path / file.name).touch()
    ear = replace(model.settings.ear.sherpa, directory=tmp_path)
    assert set(_files(ear)) == set(ear.files)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_each_model_has_its_page_and_its_licence(model) -> None:
    assert model.page.startswith("https://")
    assert "/" in model.published
    assert model.licence and model.good_for and model.languages
    assert 0 < model.size_mb < model.ram_mb * 10
    assert any(model.id in line for line in lines(MODELS))
    assert any(model.licence in line for line in description(model))
    assert as_json(model)["id"] == model.id


def test_a_missing_checksum_is_stated() -> None:
    unknown = next(m for m in MODELS if all(f.sha256 is None for f in m.files))
    assert any("not stated" in line for line in description(unknown))


GOOD = """
models:
  - {id: a, kind: voice, name: A, good_for: x, languages: [en], size_mb: 1, ram_mb: 2, licence: MIT, published: p/a,
     page: "https://example.org", files: [{name: a.onnx, sha256: null}, {name: a.onnx.json, sha256: null}],
     settings: {voice: {model: /m/a.onnx}}}
"""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("size_mb: 1,", ""), "size_mb: is missing"),
        (("speed", "speed"), None),
        (("{voice: {model: /m/a.onnx}}", "{voice: {modle: /m/a.onnx}}"), "did you mean 'model'"),
        (("{voice: {model: /m/a.onnx}}", "{brain: {model: /m/a.gguf}}"), "must hold `voice`"),
        (("model: /m/a.onnx", "model: /m/b.onnx"), "which `files` does not list"),
        (("{name: a.onnx, sha256: null}", "{name: a.onnx, sha256: abc}"), "64 hexadecimal digits"),
        (("kind: voice", "kind: mouth"), "'mouth' is not possible"),
    ],
)
def test_mistakes_are_named(change, complaint, tmp_path) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text(GOOD.replace(*change))
    if complaint is None:
        assert load_catalog(path).find("a").name == "A"
        return
    with pytest.raises(ConfigError) as error:
        load_catalog(path)
    assert complaint in str(error.value)
    assert "catalog.yaml:" in str(error.value)


def test_an_unknown_model_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="moonshine-tiny-en"):
        load_catalog(CATALOG).find("nonesuch")


@pytest.mark.parametrize("profile", ["compact", "full"])
def test_a_profile_names_files_that_can_be_fetched(profile) -> None:
    settings = load_settings(CHECKOUT / "models" / profile / "cloister.yaml")
    fetched = {FETCHED / file.name for model in MODELS for file in model.files if file.url}
    voice = settings.voice.model
    assert settings.brain.model.resolve() in fetched
    assert voice.with_name(voice.name.replace("-aligned", "-medium")).resolve() in fetched
    ear, judge = settings.ear.ctc, settings.endpoint.finality
    assert ear is not None and ear.head.is_file()
    assert judge is not None and judge.weights.is_file()
    assert settings.site.is_file()
