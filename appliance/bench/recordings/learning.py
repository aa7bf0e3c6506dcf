"""Learns from a site's recordings what can be learnt without training a network, and keeps what helped.

The recordings are divided by speaker, or by file where no column tells the speakers, into those that proposals are made
from and those that are held out. Each kind of proposal is then tried on the held-out ones, on top of the kinds that
helped before it, by the paired test of ``statistics``. It helped where at least one measure is surely better (its p
times the number of measures, by Bonferroni, because several are looked at) and none is surely worse. What did not help
is not written, and its figures are told all the same.

- *words*: words that are misheard more often than not, for ``speech.vocabulary``, spelled as they were heard where that
  is likely to tell the pronunciation;
- *phrases*: what people say and the site's sentences do not cover, for ``ask`` where the manifest names the entry, else
  for ``speech.phrases``;
- *threshold*: a lower ``endpoint.speech_threshold``, where speech was not noticed;
- *patience*: ``endpoint.patience_s`` (see ``turns``).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from appliance.bench.questions import Engines, Rig, open_engines
from appliance.bench.recordings import fragments
from appliance.bench.recordings.answers import known_to
from appliance.bench.recordings.evaluation import Profile, Recordings, sound_of
from appliance.bench.recordings.hearing import Heard, Listening
from appliance.bench.recordings.journal import PREPARED
from appliance.bench.recordings.manifest import Manifest, Recording
from appliance.bench.recordings.outcomes import MEASURES, System, compare, figures
from appliance.bench.recordings.proposals import (
    Phrase,
    Word,
    lacking,
    measured,
    misheard,
    with_phrases,
    with_words,
)
from appliance.bench.recordings.statistics import LEVEL, Difference, difference
from appliance.bench.recordings.turns import (
    FEWEST_PAUSES,
    THRESHOLDS,
    Silence,
    Waited,
    best_patience,
    noticed,
    probabilities_of,
    silences,
    waited,
)
from appliance.bench.site import name_of
from appliance.config.box import EndpointSettings
from appliance.config.reader import ConfigError
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import TurnScored
from appliance.core.ports import Finality, PortError
from appliance.hearing.end_of_turn import read_fit

Kind = Literal["words", "phrases", "threshold", "patience"]
KINDS: tuple[Kind, ...] = ("words", "phrases", "threshold", "patience")

SPEAKER = "speaker"
"""Column that tells speakers apart, where the manifest has it and no other was named"""


@dataclass(frozen=True, slots=True)
class Trial:
    """One kind of proposal, and what it did to the recordings held out."""

    kind: str
    proposed: int
    """words, phrases or settings"""
    lines: tuple[str, ...]
    """figures without and with it, one measure in each"""
    helped: bool

    def told(self) -> Iterator[str]:
        """The trial as lines for a reader."""
        verdict = "nothing to propose" if not self.proposed else "helps" if self.helped else "no sure gain, not written"
        yield f"{self.kind}: {self.proposed} proposed: {verdict}" if self.proposed else f"{self.kind}: {verdict}"
        yield from (f"  {line}" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learnt. It holds no word of what was said, which stands in the written files alone."""

    learnt_from: int
    held_out: int
    divided_by: str
    trials: tuple[Trial, ...]
    written: tuple[Path, ...]

    def table(self) -> str:
        """The trials as text for a terminal."""
        head = f"learnt from {self.learnt_from} recordings, tried on {self.held_out} others, by {self.divided_by}"
        files = [f"{path}: read it, and take over what is right" for path in self.written]
        if not files:
            files = ["nothing helped for sure, so nothing was written; more recordings can show smaller gains"]
        return "\n".join([head, *(line for trial in self.trials for line in trial.told()), *files])

    def json(self) -> dict[str, Any]:
        """The trials, for a program."""
        return {**asdict(self), "written": [str(path) for path in self.written]}


@dataclass(frozen=True, slots=True)
class Halves:
    """Recordings to learn from, and recordings held out."""

    learn: tuple[Recording, ...]
    held_out: tuple[Recording, ...]
    divided_by: str
    who: Mapping[str, str]
    """who speaks in each recording, or its file"""


def divide(manifest: Manifest, column: str | None, share: float, seed: int) -> Halves:
    """Divide recordings so that no speaker, or no file, is in both halves. ``share`` is held out. Raises ConfigError
    for a column that does not tell the speakers, and PortError where there are too few."""
    recordings, known = manifest.recordings, column or SPEAKER
    told = [one for one in recordings if known in one.groups]
    if column is not None and not told:
        raise manifest.no_column(column)
    by_column = len(told) == len(recordings)
    if column is not None and not by_column:
        empty = len(recordings) - len(told)
        raise ConfigError([f"{manifest.source}: the column {column!r} is empty for {empty} recordings"])
    who = {one.id: one.groups[known] if by_column else str(one.audio) for one in recordings}
    units = sorted(set(who.values()))
    random.Random(seed).shuffle(units)
    out = set(units[: round(share * len(units))])
    halves = [one for one in recordings if who[one.id] not in out], [one for one in recordings if who[one.id] in out]
    if not (halves[0] and halves[1]):
        raise PortError("too few recordings to hold some out: at least two speakers or files are needed")
    return Halves(tuple(halves[0]), tuple(halves[1]), known if by_column else "file", who)


class Learning:
    """Makes proposals and tries them, each kind on top of those that helped before it."""

    def __init__(
        self,
        recordings: Recordings,
        profile: Profile,
        halves: Halves,
        work: Path,
        at_least: int,
        *,
        open_listening: Callable[[Profile], Listening] | None = None,
        engines: Engines | None = None,
    ) -> None:
        """``work`` keeps the language models of sites that are only tried. They would push those of the running box out
        of its own folder. Raises PortError."""
        self._halves = halves
        self._prepared = work / PREPARED
        self._at_least = at_least
        self._open_listening = open_listening
        self._engines = engines
        self._now = recordings.now
        self._held = recordings.only(halves.held_out)
        learn = recordings.only(halves.learn)
        self._heard = [one for _, one in learn.heard_by(profile, open_listening)]
        self._adopt(profile, *self._measure(profile))

    def learn(self, kinds: Sequence[Kind], folder: Path) -> Learned:
        """Try each kind of proposal, and write what helped to ``folder``. Raises PortError."""
        try:
            # The languages of sites that are tried hold phrases that people said.
            self._prepared.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise PortError(f"{self._prepared}: cannot be written: {error.strerror}") from None
        trials: list[Trial] = []
        words: list[Word] = []
        phrases: list[Phrase] = []
        endpoint: dict[str, float] = {}
        for kind in kinds:
            match kind:
                case "words":
                    trial, found_words = self.words()
                    words += found_words if trial.helped else []
                case "phrases":
                    trial, found_phrases = self.phrases()
                    phrases += found_phrases if trial.helped else []
                case "threshold" | "patience":
                    trial, setting = self.threshold() if kind == "threshold" else self.patience()
                    endpoint |= setting if trial.helped else {}
            trials.append(trial)
        told = [line for trial in trials if trial.helped for line in trial.told()]
        written = []
        if words or phrases:
            written.append(fragments.write_site(folder, told, words, phrases))
        if endpoint:
            written.append(fragments.write_box(folder, told, endpoint))
        halves = self._halves
        return Learned(len(halves.learn), len(halves.held_out), halves.divided_by, tuple(trials), tuple(written))

    def words(self) -> tuple[Trial, list[Word]]:
        """Try words of the vocabulary."""
        texts = [one.text for one in self._heard]
        pairs = list(zip(self._halves.learn, texts, strict=True))
        found = misheard(pairs, self._halves.who, self._profile.site.language, self._at_least)
        before = [one.text for one in self._heard_held]
        trial = self._try_site("words", len(found), with_words(self._profile.site, found))
        after = [one.text for one in self._heard_held]
        return trial, measured(found, self._halves.held_out, before, after, self._profile.site.language)

    def phrases(self) -> tuple[Trial, list[Phrase]]:
        """Try phrases."""
        site = self._profile.site
        known, _ = known_to(site, self._now)
        kinds = {name_of(entry): entry.kind for entry in known}
        found = lacking(self._halves.learn, self._halves.who, site, kinds, self._at_least)
        return self._try_site("phrases", len(found), with_phrases(site, found)), found

    def threshold(self) -> tuple[Trial, dict[str, float]]:
        """Try a lower threshold of speech, where speech was not noticed."""
        missed = [one for one, heard in zip(self._halves.learn, self._heard, strict=True) if not heard.turns]
        if not missed:
            return Trial("threshold", 0, ("speech was noticed in every recording",), False), {}
        settings = self._profile.settings.endpoint
        threshold = self._noticing(missed, settings)
        if threshold is None:
            line = f"speech was not noticed in {len(missed)} recordings, at no threshold"
            return Trial("threshold", 0, (line,), False), {}
        endpoint = replace(settings, speech_threshold=threshold)
        tried = replace(self._profile, settings=replace(self._profile.settings, endpoint=endpoint))
        return self._try("threshold", 1, tried), {"speech_threshold": threshold}

    def patience(self) -> tuple[Trial, dict[str, float]]:
        """Try another patience."""
        settings, fit = self._profile.settings.endpoint, read_fit()
        with tempfile.TemporaryDirectory() as state:
            score, finality = self._scoring(Path(state)), self._finality()
            turns = list(_turns(self._halves.learn, self._heard, settings, finality, score))
            held = list(_turns(self._halves.held_out, self._heard_held, settings, finality, score))
        before = [waited(turn, settings, fit, settings.patience_s) for turn in held]
        pauses = [
            sum(waited(turn, settings, fit, settings.patience_s).pauses for turn in half) for half in (turns, held)
        ]
        if min(pauses) < FEWEST_PAUSES:
            few = (
                f"{pauses[0]} and {pauses[1]} pauses within turns are too few: {FEWEST_PAUSES} are needed in each half"
            )
            return Trial("patience", 0, (few,), False), {}
        patience_s = best_patience(turns, settings, fit)
        if patience_s == settings.patience_s:
            return Trial("patience", 0, (f"{settings.patience_s:g} s is best already",), False), {}
        after = [waited(turn, settings, fit, patience_s) for turn in held]

        def cost_ms(one: Waited) -> int:
            return one.cost_ms(settings.patience_s)

        def cut_offs_of(one: Waited) -> int:
            return one.cut_offs

        costs, cut_offs = (
            difference([read(one) for one in after], [read(one) for one in before], [1] * len(held))
            for read in (cost_ms, cut_offs_of)
        )
        assert costs is not None and cut_offs is not None
        lines = [
            f"{name} {value:g} s: cut off {sum(w.cut_offs for w in those)} of {sum(w.pauses for w in those)} pauses, "
            f"mean wait {sum(w.delay_s for w in those) / len(those):.2f} s"
            for name, value, those in (("without,", settings.patience_s, before), ("with,", patience_s, after))
        ]
        lines.append(f"cost of a turn {costs.value / 1000:+.3f} s, p = {costs.p:.2g}")
        helped = costs.value < 0 and costs.sure and not (cut_offs.value > 0 and cut_offs.sure)
        return Trial("patience", 1, tuple(lines), helped), {"patience_s": patience_s}

    # --- trials -----------------------------------------------------------------------------------------------------

    def _try_site(self, kind: str, proposed: int, site: Site) -> Trial:
        return self._try(kind, proposed, replace(self._profile, site=site)) if proposed else Trial(kind, 0, (), False)

    def _try(self, kind: str, proposed: int, tried: Profile) -> Trial:
        settings = replace(tried.settings, prepared=self._prepared)
        tried = replace(tried, settings=settings)
        heard, after = self._measure(tried)
        differences = compare(after, self._before).differences
        lines = [
            _line(measure.name, measure.title, self._before, after, differences[measure.name])
            for measure in MEASURES
            if measure.name in differences
        ]
        gains = [d for d in differences.values() if d.value < 0 and d.p * len(differences) <= LEVEL]
        losses = [d for d in differences.values() if d.value > 0 and d.sure]
        helped = bool(gains) and not losses
        if helped:
            self._adopt(tried, heard, after)
        return Trial(kind, proposed, tuple(lines), helped)

    def _measure(self, profile: Profile) -> tuple[list[Heard], System]:
        """What a profile hears in the recordings held out, and its outcomes."""
        keyed = self._held.heard_by(profile, self._open_listening)
        return [one for _, one in keyed], self._held.system(profile, keyed, self._engines)

    def _adopt(self, profile: Profile, heard: list[Heard], outcomes: System) -> None:
        """Try the following kinds on top of this profile."""
        self._profile, self._heard_held, self._before = profile, heard, outcomes

    # --- the end of turns -------------------------------------------------------------------------------------------

    def _noticing(self, missed: Sequence[Recording], settings: EndpointSettings) -> float | None:
        """The highest threshold at which most of the missed recordings are noticed that any threshold notices."""
        from appliance.engines.vad.silero import SileroVad

        vad = SileroVad().stream()
        window_s = vad.window_samples / SAMPLE_RATE_HZ
        sounds = [probabilities_of(vad, sound_of(one)) for one in missed]
        lower = [threshold for threshold in THRESHOLDS if threshold < settings.speech_threshold]
        counts = {
            threshold: sum(noticed(sound, window_s, replace(settings, speech_threshold=threshold)) for sound in sounds)
            for threshold in lower
        }
        most = max(counts.values(), default=0)
        return next((threshold for threshold in lower if counts[threshold] == most), None) if most else None

    def _finality(self) -> Finality | None:
        from appliance.engines.end_of_phrase import FinalityNetwork

        judge = self._profile.settings.endpoint.finality
        return None if judge is None else FinalityNetwork(judge)

    def _scoring(self, state: Path) -> Callable[[str], TurnScored]:
        """The scores of words as the appliance has them, each computed once."""
        from appliance.engines.asr.site.sentence_ends import SiteSentences

        settings, site = self._profile.settings, self._profile.site
        sentences = SiteSentences(site, settings.kept)
        rig = Rig.open(site, self._engines or open_engines(settings), state, self._now)
        known: dict[str, TurnScored] = {}

        def score(text: str) -> TurnScored:
            if text not in known:
                known[text] = replace(rig.score(text), p_ends=sentences.ends(text))
            return known[text]

        return score


def _turns(
    recordings: Sequence[Recording],
    heard: Sequence[Heard],
    settings: EndpointSettings,
    finality: Finality | None,
    score: Callable[[str], TurnScored],
) -> Iterator[list[Silence]]:
    """The pauses of each recording in which something was heard."""
    for recording, one in zip(recordings, heard, strict=True):
        if one.turns:
            yield silences(one, sound_of(recording), settings, finality, score)


def _line(name: str, title: str, before: System, after: System, d: Difference) -> str:
    values = [figures(system.outcomes).rates[name].value for system in (before, after)]
    interval = f"{100 * d.value:+.1f} points, {100 * d.low:+.1f} to {100 * d.high:+.1f}"
    return f"{title}: {100 * values[0]:.1f} % without, {100 * values[1]:.1f} % with ({interval}; p = {d.p:.2g})"
