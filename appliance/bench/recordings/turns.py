"""What another patience or another threshold of speech would do, on turns that were recorded. Pure but for the networks
that it is handed.

Every recording is one turn. A pause within it in which the turn would have ended is a *cut-off*; the wait after its
last word is the *delay*. The price of a cut-off in seconds is what the box's ``endpoint.patience_s`` says: so the cost
of a recording is its cut-offs times that price, plus its delay. A patience that is set lower or higher costs less where
the odds that the product was fitted with are not those of this site's visitors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from appliance.bench.recordings.hearing import Heard, Pause, padded
from appliance.config.box import EndpointSettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import TurnScored
from appliance.core.ports import Finality, VadStream
from appliance.hearing.end_of_turn import Endpoint, Fit, SilenceModel
from appliance.hearing.prosody import SPAN_S, PhraseEnd, phrase_end

PATIENCES_S = tuple(round(float(value), 2) for value in np.geomspace(0.25, 40, 40))
"""Values of ``patience_s`` that are tried"""

THRESHOLDS = (0.4, 0.3, 0.2)
"""Values of ``speech_threshold`` that are tried where speech was not noticed, from the highest"""

FEWEST_PAUSES = 30
"""Pauses within turns without which nothing is said about patience"""

_PAUSE_S = 0.2
"""Length from which a silence within a turn counts as a pause; shorter ones belong to the words, and no setting ends a
turn in them"""

_OPINION_S = 0.05
"""Seconds from the noticing of a pause until the score of its words is known; no turn is ended before"""


@dataclass(frozen=True, slots=True)
class Silence:
    """A pause with all that the endpoint knows about it."""

    pause: Pause
    phrase: PhraseEnd
    opinion: TurnScored | None


@dataclass(frozen=True, slots=True)
class Waited:
    """What one patience did in one recording."""

    cut_offs: int
    pauses: int
    delay_s: float

    def cost_ms(self, price_s: float) -> int:
        """Cost in milliseconds, whole, so that the paired test is exact."""
        return round(1000 * (price_s * self.cut_offs + self.delay_s))


def silences(
    heard: Heard,
    samples: Samples,
    settings: EndpointSettings,
    finality: Finality | None,
    score: Callable[[str], TurnScored],
) -> list[Silence]:
    """The pauses of a recording, with how the phrase before each sounded and what its words say."""
    sound = padded(samples, settings.unfinished_ms / 1000)
    found = []
    for pause in heard.pauses:
        end = round(pause.at_s * SAMPLE_RATE_HZ)
        recent = sound[max(0, end - round((SPAN_S + 0.5) * SAMPLE_RATE_HZ)) : end]
        phrase = phrase_end(recent, pause.at_s - pause.from_s)
        if finality is not None:
            phrase = replace(phrase, final=finality.log_odds(recent))
        found.append(Silence(pause, phrase, score(pause.text) if pause.text else None))
    return found


def waited(turn: Sequence[Silence], settings: EndpointSettings, fit: Fit, patience_s: float) -> Waited:
    """What a patience does in one recording. The earlier pauses are the speaker's habit, as on the appliance."""
    model = SilenceModel(fit)
    cut_offs = pauses = 0
    delay_s = 0.0
    for silence in turn:
        pause = silence.pause
        needed_s = model.verdict(
            silence.phrase, silence.opinion, settings, patience_s=patience_s, p_stop=pause.p_stop
        ).silence_s
        needed_s = max(needed_s, pause.at_s - pause.from_s + _OPINION_S)
        if pause.to_s is None:
            delay_s = needed_s
            continue
        pauses += pause.to_s - pause.from_s >= _PAUSE_S
        cut_offs += needed_s < pause.to_s - pause.from_s
        model.learn_pause(pause.to_s - pause.from_s)
    return Waited(cut_offs, pauses, delay_s)


def best_patience(turns: Sequence[Sequence[Silence]], settings: EndpointSettings, fit: Fit) -> float:
    """The patience that costs least. Of several, the one nearest to what is set."""

    def cost(patience_s: float) -> tuple[int, float]:
        costs = (waited(turn, settings, fit, patience_s).cost_ms(settings.patience_s) for turn in turns)
        return sum(costs), abs(patience_s - settings.patience_s)

    return min((*PATIENCES_S, settings.patience_s), key=cost)


def probabilities_of(vad: VadStream, samples: Samples) -> list[float]:
    """Probability of speech in each of the detector's windows, faint noise around the recording included."""
    vad.reset()
    size = vad.window_samples
    sound = padded(samples, 0.0)
    return [vad.probability(sound[at : at + size]) for at in range(0, len(sound) - size + 1, size)]


def noticed(probabilities: Sequence[float], window_s: float, settings: EndpointSettings) -> bool:
    """Whether a turn starts at all."""
    endpoint = Endpoint(settings)
    return any(
        endpoint.hear(probability, at * window_s, (at + 1) * window_s) == "started"
        for at, probability in enumerate(probabilities)
    )
