"""Writes an evaluation as one page of HTML that needs nothing else: no script, no font, no picture from outside.

The plots are SVG inside it, the sound of each recording is a ``data:`` address, and the content security policy in its
head forbids everything but these and its own style. Whatever comes from a manifest or from an ear is escaped. The page
holds what was said, so only its owner can read the file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path

import soundfile

from appliance.bench.recordings import plots
from appliance.bench.recordings.evaluation import Evaluation, Words, sound_of
from appliance.bench.recordings.manifest import Manifest, Recording
from appliance.bench.recordings.outcomes import MEASURES, Measure, Outcome, System, divided, figures
from appliance.bench.recordings.plots import Span
from appliance.bench.recordings.report import Report, method, worst_first
from appliance.bench.recordings.scoring import align
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.plain_text import printable
from appliance.core.ports import PortError

MOST_SHOWN = 500
"""Recordings that are listed one by one, the worst first; a browser grows slow with thousands of players"""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fff; --soft: #e3e6ec; --mark: #1f5fbf; --bad: #b3261e;
  --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14171d; --soft: #343a46; --mark: #7fb0ff;
  --bad: #ff9a92; --good: #7fd6a2; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--soft); vertical-align: top; }
figure { margin: 1.5rem 0; }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: var(--ink); }
.grid { stroke: var(--soft); } .zero { stroke: var(--ink); } .span { stroke: var(--mark); stroke-width: 3; }
.mark, .bar { fill: var(--mark); } .line { fill: none; stroke: var(--mark); stroke-width: 2; }
article { border-top: 1px solid var(--soft); padding: .6rem 0; overflow-wrap: anywhere; }
article h3 { font-size: 1rem; margin: 0; }
audio { width: 100%; max-width: 30rem; }
del { color: var(--bad); } ins { color: var(--good); text-decoration: underline; }
"""


def write(path: Path, evaluation: Evaluation, words: Words, manifest: Manifest, *, most_bytes: int) -> None:
    """Write the page; a file that was there is replaced. ``most_bytes`` bounds the sound in it, the worst recordings
    first. Raises PortError."""
    try:
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(_page(evaluation, words, manifest, most_bytes))
            Path(scratch).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(scratch).unlink()
            raise
    except OSError as error:
        raise PortError(f"{path}: cannot be written: {error.strerror}") from None


def _page(evaluation: Evaluation, words: Words, manifest: Manifest, most_bytes: int) -> Iterator[str]:
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; media-src data:; base-uri 'none'; form-action 'none'"
    first = evaluation.systems[0]
    yield (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>Recordings: {_text(evaluation.source)}</title><style>{_STYLE}</style></head><body>\n<main>"
        f"<h1>What was heard in {_text(evaluation.source)}</h1>"
        f"<p>{len(first.outcomes)} recordings, {sum(o.seconds for o in first.outcomes) / 60:.1f} minutes of sound. "
        f"Words are compared in the form <code>{_text(evaluation.normalisation)}</code>. {_text(method())} "
        f"{_text(evaluation.machine)}, version {_text(evaluation.program)}.</p>\n"
        "<p><strong>This page holds what people said. Treat it as you treat the recordings.</strong></p>\n"
    )
    yield from _plots(evaluation)
    yield from _tables(evaluation)
    yield from _recordings(evaluation, words, manifest, most_bytes)
    yield "</main></body></html>\n"


def _text(text: object) -> str:
    return escape(printable(str(text)))


def _plots(evaluation: Evaluation) -> Iterator[str]:
    yield "<h2>Figures</h2>\n"
    systems = evaluation.systems
    for measure in _shown(systems):
        rates = [(system.name, figures(system.outcomes).rates.get(measure.name)) for system in systems]
        rows = [_span(name, rate.value, rate.low, rate.high) for name, rate in rates if rate is not None]
        yield plots.spans(f"{measure.title}, by system", rows, unit="%")
    for comparison in evaluation.comparisons:
        rows = [
            _span(measure.title, d.value, d.low, d.high)
            for measure in MEASURES
            if (d := comparison.differences.get(measure.name)) is not None
        ]
        if rows:
            title = f"{comparison.first} less {comparison.second}: below 0 the first is better"
            yield plots.spans(printable(title), rows, unit="points", zero=True)
    first = systems[0]
    for division in evaluation.divisions:
        for measure in _shown([first])[:1]:
            rows = [
                _span(name, rate.value, rate.low, rate.high)
                for name, outcomes in divided(first.outcomes, division).items()
                if (rate := figures(outcomes).rates.get(measure.name)) is not None
            ]
            if rows:
                yield plots.spans(printable(f"{measure.title}, by {division.column}"), rows, unit="%")
    shares = [100 * o.score.errors / o.score.words for o in first.outcomes if o.score is not None]
    if shares:
        yield plots.histogram("word errors of each recording", shares, unit="% of its words")
    late_ms = [1000 * o.latency_s for o in first.outcomes if o.latency_s is not None]
    if late_ms:
        yield plots.cumulative("time from the end of speech to the final words", late_ms, unit="ms")


def _shown(systems: Sequence[System]) -> list[Measure]:
    return [m for m in MEASURES if any(m.name in figures(system.outcomes).rates for system in systems)]


def _span(label: str, value: float, low: float, high: float) -> Span:
    return Span(printable(label), 100 * value, 100 * low, 100 * high)


def _tables(evaluation: Evaluation) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("what", "figure", "n"))
    yield f"<table><caption>All figures</caption><tr>{heads}</tr>\n"
    for row in Report(evaluation).document():
        yield f'<tr><th scope="row">{_text(row.what)}</th><td>{_text(row.figure)}</td><td>{_text(row.n)}</td></tr>\n'
    yield "</table>\n"


def _recordings(evaluation: Evaluation, words: Words, manifest: Manifest, most_bytes: int) -> Iterator[str]:
    by_id = {recording.id: recording for recording in manifest.recordings}
    ordered = worst_first(evaluation.systems[0].outcomes)
    yield f"<h2>Recordings, the worst first</h2>\n<p>{_listed(len(ordered))}</p>\n"
    left = most_bytes
    for outcome in ordered[:MOST_SHOWN]:
        recording = by_id[outcome.id]
        sound = _sound(recording) if left > 0 else ""
        if len(sound) > left:
            sound, left = "", 0
        left -= len(sound)
        yield f"<article><h3>{_text(outcome.id)}</h3><p>{_about(outcome)}</p>\n"
        if sound:
            yield (
                f'<audio controls preload="none" aria-label="{_text(outcome.id)}" '
                f'src="data:audio/flac;base64,{sound}"></audio>\n'
            )
        yield from _differences(outcome.id, words)
        yield "</article>\n"


def _listed(number: int) -> str:
    shown = f"The {MOST_SHOWN} worst of {number} are listed. " if number > MOST_SHOWN else ""
    return (
        shown + "Words that were said and not heard are <del>struck out</del>, words that were heard and not said are "
        "<ins>underlined</ins>."
    )


def _about(outcome: Outcome) -> str:
    parts = [f"{outcome.seconds:.1f} s", *(f"{name}: {value}" for name, value in outcome.groups.items())]
    if outcome.values_right is not None:
        parts.append("order right" if outcome.values_right else "order wrong")
    if outcome.answer is not None:
        parts.append(f"answer: {outcome.answer}")
    if outcome.latency_s is not None:
        parts.append(f"words after {1000 * outcome.latency_s:.0f} ms")
    return _text(", ".join(parts))


def _differences(id: str, words: Words) -> Iterator[str]:
    """What each system heard, marked against what was said."""
    said = words.said.get(id)
    for name, texts in words.heard.items():
        if id not in texts:
            continue
        heard = texts[id]
        shown = _text(" ".join(heard)) if said is None else _difference(said, heard)
        wrong = "" if said is None else f" ({_wrong(said, heard)} of {len(said)} words wrong)"
        yield f"<p><b>{_text(name)}</b>{wrong}: {shown or '(nothing)'}</p>\n"


def _wrong(said: tuple[str, ...], heard: tuple[str, ...]) -> int:
    return sum(max(len(s.said), len(s.heard)) for s in align(said, heard) if s.kind != "equal")


def _difference(said: tuple[str, ...], heard: tuple[str, ...]) -> str:
    parts = []
    for step in align(said, heard):
        if step.kind == "equal":
            parts.append(_text(" ".join(step.said)))
            continue
        if step.said:
            parts.append(f"<del>{_text(' '.join(step.said))}</del>")
        if step.heard:
            parts.append(f"<ins>{_text(' '.join(step.heard))}</ins>")
    return " ".join(parts)


def _sound(recording: Recording) -> str:
    """The sound in FLAC, which every browser plays, as base64."""
    content = io.BytesIO()
    soundfile.write(content, sound_of(recording), SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    return base64.b64encode(content.getvalue()).decode("ascii")
