"""Lists the files of a box's models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from appliance.config.box import Settings
from appliance.engines.asr import moonshine


def model_files(settings: Settings) -> Iterator[tuple[str, Path, str]]:
    """Yield for each model file what it is, where it must be, and how to get it."""
    bring = "put the file there, or name another in the configuration; `cloister models` lists models that run"
    yield "brain", settings.brain.model, bring
    if settings.brain.embedder is not None:
        yield "retrieval", settings.brain.embedder, "run `cloister models prepare`"
    if settings.brain.answers is not None:
        yield "answers", settings.brain.answers, bring
    if settings.brain.distress is not None:
        yield "distress", settings.brain.distress, bring
    yield "voice", settings.voice.model, bring
    yield "voice settings", settings.voice.model.with_name(settings.voice.model.name + ".json"), bring
    if settings.endpoint.finality is not None:
        yield "end of turn", settings.endpoint.finality.weights, bring
        yield "end of turn", settings.endpoint.finality.encoder / moonshine.ENCODER, "run `cloister models prepare`"
    if settings.audio.voices is not None:
        yield "voices", settings.audio.voices, bring
    if settings.ear.moonshine is not None:
        for name in moonshine.FILES:
            yield "ear", settings.ear.moonshine.directory / name, "run `cloister models prepare`"
    if settings.ear.sherpa is not None:
        for role, name in settings.ear.sherpa.files.items():
            yield f"ear {role}", settings.ear.sherpa.directory / name, bring
    if settings.ear.ctc is not None:
        yield "ear head", settings.ear.ctc.head, bring
        yield "ear", settings.ear.ctc.encoder / moonshine.ENCODER, "run `cloister models prepare`"
