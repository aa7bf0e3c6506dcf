"""Detects when the visitor speaks, and when their turn is over.

Pure: it is told the probability of speech for one window of audio and the stream time at the window's end, and never
reads a clock, so a recording gives the same answer at any speed.

Each cue votes on the *odds* that the turn is over: how the phrase ended (``cues_of``), whether its words sound complete
(a language model's opinion, which is taken whenever it arrives), whether they are a whole question of the site, and
what the appliance has just asked for. If the turn is not over, the speaker goes on after a pause. The length of pauses
in speech is log-normally distributed (Campione & Véronis 2002), longer or shorter by this speaker's own habit. Both
together give the *hazard* of each 20 ms of silence: the probability that the speaker goes on within them. So a silence
of ``t`` seconds costs

    patience · P(unfinished) · P(a pause is longer than t)  +  P(over) · t

seconds. The first term is the price of a false cut-off in seconds of waiting, which the site chooses
(``endpoint.patience_s``), the second is the waiting itself. The turn ends when the silence has reached the ``t`` where
the cost is least: from there on, every 20 ms of waiting cost more than the hazard in them. ``Verdict.decided`` is the
cue without which the silence would have been most different.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from appliance.config.box import EndpointSettings
from appliance.core.facts import AnswerKind, Cue, TurnScored
from appliance.hearing.prosody import PhraseEnd

Change = Literal["started", "paused", "resumed", "ended"]

_RELEASE = 0.15
"""How far below the threshold speech must fall to count as silence (hysteresis, as in silero's own iterator)."""

_PAUSE_S = 0.1
"""Seconds of silence after which the speaker has paused; shorter gaps are stops inside words."""

_OPINION_S = 0.05
"""Seconds of the stream for which the score of words is awaited once they are known. It takes some ten milliseconds.
What is not scored, such as speech over a reply, loses no more than this."""

_STEP_S = 0.02
"""Resolution in seconds to which a wait is computed"""

_HABIT_PRIOR = 4
"""Number of pauses of people in general that a speaker's own pauses are weighed against"""

_HABIT_SHORTEST_S = 0.2
"""Pauses shorter than this, in seconds, say nothing about how long a speaker thinks. The fit leaves them out too."""

_DICTATING_ODDS, _ASKED_ODDS, _DICTATION_PAUSE = -2.5, -1.5, 1.5
"""Log odds of an end while a value is dictated, and while a value that was asked for has not been heard; and the factor
by which pauses are then longer. No recordings of dictation exist here to fit them on. ``cloister bench turns`` shows
what they do to telephone numbers built from digits."""

_HEARD = 0.9
"""Probability of completeness from which a value that was asked for has been heard"""

_CONFIRM_ODDS = 1.5
"""Log odds of an end after a yes-or-no question"""

_ANSWERABLE_ODDS = 0.76
"""Log odds of an end where words already name what they ask for: the logarithm of a ratio. Of questions to the hospital
that are not among its own sentences 63 % do (n 215), of their beginnings of two words and more 29 % (n 742)."""

USUAL_ENDS = 0.15
"""Probability that a sentence of a site ends after any of its words, where nothing is known"""

_KINDS: Mapping[str, Cue] = {
    "final": "sound",
    "stop": "words",
    "complete": "words",
    "ends": "site",
    "whole": "site",
    "answerable": "site",
}
"""kind of each cue that is no melody"""

RATIOS = ("whole", "answerable")
"""cues that are log likelihood ratios by themselves, and not fitted"""

FIT_FILE = Path(__file__).with_name("end_of_turn.json")


@dataclass(frozen=True, slots=True)
class Fit:
    """The model fitted to recordings: ``end_of_turn.json``, which ``bench.workbench.fit_end_of_turn`` writes."""

    bias: float
    weights: Mapping[str, float]
    """log odds of an end per unit of each cue"""
    centre: Mapping[str, float]
    """mean of each cue, at which it adds nothing to the log odds"""
    pause_s: float
    """median length of a pause inside a turn"""
    pause_spread: float
    """standard deviation of its natural logarithm"""
    alone: Fit | None = None
    """the fit of the other cues, where no network judges how a phrase ended"""


@lru_cache(maxsize=4)
def read_fit(path: Path = FIT_FILE) -> Fit:
    """The fitted model that comes with the program."""
    table = json.loads(path.read_text(encoding="utf-8"))
    return replace(_fit(table, table), alone=_fit(table["alone"], table))


def _fit(weighed: Mapping[str, Any], table: Mapping[str, Any]) -> Fit:
    rows = weighed["cues"]
    return Fit(
        bias=weighed["bias"],
        weights={name: row["weight"] for name, row in rows.items()},
        centre={name: row["centre"] for name, row in rows.items()},
        pause_s=table["pause_s"],
        pause_spread=table["pause_spread"],
    )


def cues_of(phrase: PhraseEnd, opinion: TurnScored | None, p_stop: float | None = None) -> dict[str, float]:
    """The cues at a pause, by name. ``opinion`` is the language model's of the words, None as long as there is none.
    ``p_stop`` is the ear's opinion that they end a sentence (``Transcript.p_stop``), None where it has none.

    The length of the turn is no cue. Recordings that were broken off are shorter than those that were not, and a model
    that knows the length only learns to tell these apart.
    """
    words = {
        "complete": _log_odds(None if opinion is None else opinion.p_complete),
        "ends": _log_odds(None if opinion is None else opinion.p_ends, USUAL_ENDS),
    }
    if opinion is not None and opinion.p_whole is not None:
        # About the same as where the site's sentences end.
        words["whole"] = _log_odds(opinion.p_whole)
        del words["ends"]
    elif opinion is not None and opinion.answerable:
        words["answerable"] = _ANSWERABLE_ODDS
    return {
        "pitch_st": phrase.pitch_st,
        "pitch_slope": phrase.pitch_slope,
        "level_db": phrase.level_db,
        "level_slope": phrase.level_slope,
        "voiced_s": min(phrase.voiced_s, 0.6),
        "unvoiced_s": min(phrase.unvoiced_s, 0.4),
        "voicing": phrase.voicing,
        "even": phrase.even,
        "phrase_s": phrase.speech_s,
        **({} if phrase.final is None else {"final": phrase.final}),
        **({} if p_stop is None else {"stop": _log_odds(p_stop)}),
        **words,
    }


def _log_odds(probability: float | None, usual: float = 0.5) -> float:
    """Log odds of a probability, clipped; of ``usual`` where it is None."""
    within = min(0.98, max(0.02, usual if probability is None else probability))
    return math.log(within / (1 - within))


def votes(fit: Fit, cues: Mapping[str, float]) -> dict[Cue, float]:
    """What each kind of cue adds to the log odds that the turn is over."""
    if "final" not in cues and fit.alone is not None:
        fit = fit.alone
    cast: dict[Cue, float] = {}
    for name, value in cues.items():
        vote = value if name in RATIOS else fit.weights.get(name, 0.0) * (value - fit.centre.get(name, 0.0))
        cast[_KINDS.get(name, "melody")] = cast.get(_KINDS.get(name, "melody"), 0.0) + vote
    return cast


def odds(fit: Fit, cues: Mapping[str, float]) -> float:
    """Log odds that the turn is over."""
    bias = fit.alone.bias if "final" not in cues and fit.alone is not None else fit.bias
    return bias + sum(votes(fit, cues).values())


def wait_s(fit: Fit, log_odds: float, patience_s: float, pause_factor: float, longest_s: float) -> float:
    """The silence in seconds that costs least; see the module."""
    over = 1 / (1 + math.exp(-log_odds))
    median_s = fit.pause_s * pause_factor
    best_s, least = 0.0, math.inf
    for step in range(round(longest_s / _STEP_S) + 1):
        at_s = step * _STEP_S
        longer = 1.0 if at_s == 0 else 0.5 * math.erfc(math.log(at_s / median_s) / (fit.pause_spread * math.sqrt(2)))
        cost = patience_s * (1 - over) * longer + over * at_s
        if cost < least:
            best_s, least = at_s, cost
    return best_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """How long a silence must be to end a turn, and what had the greatest part in it."""

    silence_s: float
    decided: Cue


class SilenceModel:
    """Computes the silence that ends a turn, and learns one speaker's pauses."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self.forget_speaker()

    def forget_speaker(self) -> None:
        """Forget the speaker's pauses, because another speaker begins."""
        self._log_ratios, self._count = 0.0, 0

    def learn_pause(self, pause_s: float) -> None:
        """Learn from a pause, in seconds, after which the speaker went on."""
        if pause_s >= _HABIT_SHORTEST_S:
            self._log_ratios += math.log(pause_s / self._fit.pause_s)
            self._count += 1

    @property
    def habit(self) -> float:
        """Ratio of this speaker's pauses to those of people in general."""
        return math.exp(self._log_ratios / (self._count + _HABIT_PRIOR))

    def verdict(
        self,
        phrase: PhraseEnd,
        opinion: TurnScored | None,
        settings: EndpointSettings,
        *,
        patience_s: float,
        expected: AnswerKind = "anything",
        p_stop: float | None = None,
    ) -> Verdict:
        """The silence after which a turn ends, given all that is known at a pause; see ``cues_of``."""
        cues = cues_of(phrase, opinion, p_stop)
        cast, factors = votes(self._fit, cues), {"speaker": self.habit}
        if opinion is not None and opinion.dictating:
            cast["form"], factors["form"] = _DICTATING_ODDS, _DICTATION_PAUSE
        elif expected == "value" and not (opinion is not None and opinion.p_complete >= _HEARD):
            cast["form"], factors["form"] = _ASKED_ODDS, _DICTATION_PAUSE
        elif expected == "confirm":
            cast["form"] = _CONFIRM_ODDS
        bias = odds(self._fit, cues) - sum(vote for cue, vote in votes(self._fit, cues).items())

        def silence_s(without: str = "") -> float:
            log_odds = bias + sum(vote for cue, vote in cast.items() if cue != without)
            factor = math.prod(factor for cue, factor in factors.items() if cue != without)
            return wait_s(self._fit, log_odds, patience_s, factor, settings.unfinished_ms / 1000)

        best_s = silence_s()
        decided = max((*cast, "speaker"), key=lambda cue: (abs(silence_s(cue) - best_s), abs(cast.get(cue, 0.0))))
        return Verdict(max(settings.end_ms / 1000, best_s), decided)


class Endpoint:
    """Follows the speech at one microphone. ``hear`` returns what changed with a window, or None."""

    def __init__(self, settings: EndpointSettings, fit: Fit | None = None) -> None:
        self._settings = settings
        self._model = SilenceModel(fit or read_fit())
        self._state: Literal["silent", "speaking", "paused"] = "silent"
        self._onset_s: float | None = None
        self._phrase = PhraseEnd()
        self._opinion: TurnScored | None = None
        self._p_stop: float | None = None
        self._expected: AnswerKind = "anything"
        self._verdict: Verdict | None = None
        self._awaits_words = False
        self._words_s: float | None = None
        """stream time at which the words became known, while their score is awaited"""
        self._window_s = 0.0
        """stream time at the end of the last window"""
        self.speech_start_s = 0.0
        """when the current or last turn's first speech began"""
        self.speech_end_s = 0.0
        """when the last speech so far ended"""

    @property
    def threshold(self) -> float:
        """Probability from which a window counts as speech."""
        return self._settings.speech_threshold

    @property
    def in_turn(self) -> bool:
        """Whether a turn has started and not ended."""
        return self._state != "silent"

    @property
    def paused(self) -> bool:
        """Whether the speaker has fallen silent within a turn."""
        return self._state == "paused"

    def judge(self, opinion: TurnScored) -> None:
        """Take the scores of the words so far. They hold until the speaker resumes."""
        if self._state == "paused":
            self._opinion, self._verdict, self._words_s = opinion, None, None

    def await_words(self) -> None:
        """Do not end this turn before its words are known: until then the speaker may go on."""
        self._awaits_words = self._state == "paused"

    def words_known(self, p_stop: float | None = None) -> None:
        """The words of the turn so far are known. ``p_stop`` as ``Transcript`` has it."""
        self._awaits_words = False
        if self._state == "paused":
            self._p_stop, self._verdict = p_stop, None
            self._words_s = self._window_s if self._opinion is None else None

    def forget_words(self) -> None:
        """Forget the scores of the words, because they are others than it seemed."""
        self._opinion, self._p_stop, self._verdict = None, None, None

    def sounded(self, phrase: PhraseEnd) -> None:
        """Take how the phrase before this pause ended. It holds until the speaker resumes."""
        if self._state == "paused":
            self._phrase, self._verdict = phrase, None

    def expect(self, expected: AnswerKind) -> None:
        """Take what the appliance has just asked for."""
        self._expected, self._verdict = expected, None

    def forget_speaker(self) -> None:
        """Forget the speaker's pauses and what they were asked for, because another speaker begins."""
        self._model.forget_speaker()
        self._expected, self._verdict = "anything", None

    def silence_needed_s(self) -> float:
        """Seconds of silence after which the turn ends, given all that is known."""
        return self.verdict().silence_s

    def verdict(self) -> Verdict:
        """What is known of the end of this turn."""
        if self._verdict is None:
            self._verdict = self._model.verdict(
                self._phrase,
                self._opinion,
                self._settings,
                patience_s=self._settings.patience_s,
                expected=self._expected,
                p_stop=self._p_stop,
            )
        return self._verdict

    def hear(self, probability: float, start_s: float, end_s: float) -> Change | None:
        """Take one window that lasted from ``start_s`` to ``end_s`` (stream seconds)."""
        self._window_s = end_s
        speech = probability >= self._settings.speech_threshold
        silence = probability < self._settings.speech_threshold - _RELEASE
        if self._state == "silent":
            return self._hear_silent(speech, silence, start_s, end_s)
        if end_s - self.speech_start_s >= self._settings.longest_s:
            return self._end()
        if speech:
            paused = self._state == "paused"
            if paused:
                self._model.learn_pause(start_s - self.speech_end_s)
            self.speech_end_s = end_s
            if paused:
                self._state, self._awaits_words = "speaking", False
                return "resumed"
            return None
        if self._state == "speaking":
            if not silence:
                self.speech_end_s = end_s
            elif end_s - self.speech_end_s >= _PAUSE_S:
                self._state = "paused"
                self._phrase, self._opinion, self._p_stop, self._verdict = PhraseEnd(), None, None, None
                self._words_s = None
                return "paused"
            return None
        if self._awaits_words or (self._words_s is not None and end_s - self._words_s < _OPINION_S):
            return None
        if end_s - self.speech_end_s < self.silence_needed_s():
            return None
        return self._end()

    def _hear_silent(self, speech: bool, silence: bool, start_s: float, end_s: float) -> Change | None:
        if speech and self._onset_s is None:
            self._onset_s = start_s
        elif silence:
            self._onset_s = None
        # Durations are multiples of a window's length. The tolerance keeps a rounding error from missing the limit.
        if self._onset_s is None or end_s - self._onset_s < self._settings.start_ms / 1000 - 1e-6:
            return None
        self.speech_start_s, self.speech_end_s = self._onset_s, end_s
        self._state, self._onset_s = "speaking", None
        return "started"

    def _end(self) -> Change:
        self._state, self._awaits_words = "silent", False
        return "ended"
