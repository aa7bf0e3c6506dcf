"""Opens the ears that ``cloister.yaml`` names and, with several, decides which of them is believed.

All ears hear every utterance. pocketsphinx and the site's network know the site's sentences and little else. Moonshine
knows English and nothing of the site ("a light rose latte", "Doctor Oh Kafer"). It also gives the probability of any
*given* words, so it is the judge. It picks the sentence of the others that fits the sound best, and prefers that
sentence to its own words unless these fit far better.

``evaluate ear`` measures the gain. The site's ears with the language of the site err in every second word of free
speech, and Moonshine alone understands every third order at a counter.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import Ear, EarStream, PortError
from appliance.engines.asr.ctc import CtcEar
from appliance.engines.asr.moonshine import Decoded, Moonshine, MoonshineStream, transcript
from appliance.engines.asr.pocketsphinx import PocketsphinxEar
from appliance.engines.asr.sherpa import open_sherpa

_log = logging.getLogger(__name__)

FAR_BETTER_PER_S = 6.0
"""How much more likely Moonshine's own words must be than a sentence of the site to be believed: difference of natural
logarithms per second of sound. On the first 100 of the orders in ``commands-dev`` (clean, 24, 15 and 6 dB) 95, 97,
92 and 67 are then all right. Of 200 utterances that are no sentence of the site (questions worded freely, sentences
read aloud) 22 become one, and 9 of these lose words that were heard right. At 5 the figures are 92, 94, 87 and 62, then
14 and 4. Counting the words that both have in common did not improve this."""


def open_ear(settings: Settings, site: Site) -> Ear:
    """Open the ear for this box and this site. Raises PortError when none can be opened."""
    wanted = settings.ear
    if not wanted.configured:
        raise PortError(
            "ear: none of `moonshine`, `pocketsphinx`, `sherpa` and `ctc` is configured, so nothing can be heard"
        )
    if wanted.moonshine is None:
        if len(wanted.configured) > 1:
            names = " and ".join(f"`{name}`" for name in wanted.configured)
            raise PortError(f"ear: {names} need `moonshine` to choose between them; configure it too")
        if wanted.ctc:
            return CtcEar(wanted.ctc, site, settings.kept, settings.threads)
        if wanted.sherpa:
            return open_sherpa(wanted.sherpa, settings, site)
        assert wanted.pocketsphinx is not None
        return PocketsphinxEar(wanted.pocketsphinx, site, settings.kept, settings.threads)
    # The other ears run at the same time, so the judge has one thread.
    judge = Moonshine(wanted.moonshine.directory, threads=1)
    others: list[Ear] = []
    if wanted.pocketsphinx:
        others.append(PocketsphinxEar(wanted.pocketsphinx, site, settings.kept, settings.threads, general=False))
    if wanted.sherpa:
        try:
            others.append(open_sherpa(wanted.sherpa, settings, site))
        except PortError as error:
            # With one ear less the appliance still works. `cloister check` reports the missing ear.
            _log.warning("%s; the other ears listen without it", error)
    if wanted.ctc:
        others.append(CtcEar(wanted.ctc, site, settings.kept))
    return CombinedEar(judge, others) if others else judge


class CombinedEar:
    """The ``Ear`` port, made of several ears."""

    def __init__(self, judge: Moonshine, others: Sequence[Ear]) -> None:
        self._judge = judge
        self._others = tuple(others)
        # The other ears' native code releases the interpreter's lock, so they run at the same time as the judge.
        self._pool = ThreadPoolExecutor(len(self._others), thread_name_prefix="ears")

    def stream(self) -> CombinedStream:
        """Begin to listen to one speaker, with a stream of each ear. Raises PortError."""
        return CombinedStream(self._judge.stream(), [ear.stream() for ear in self._others], self._pool)


class CombinedStream:
    """The ``EarStream`` port, made of a stream of each ear."""

    name = "ears"

    def __init__(self, judge: MoonshineStream, others: Sequence[EarStream], pool: ThreadPoolExecutor) -> None:
        self._judge = judge
        self._others = tuple(others)
        self._pool = pool
        self.names = (*(ear.name for ear in self._others), judge.name)
        self._length = 0
        self._partials: list[str] = []
        """partial of each of the other ears"""
        self._ahead: Transcript | None = None
        """the judged transcript at the pause"""

    def start(self) -> None:
        self._length, self._partials, self._ahead = 0, [], None
        for ear in (*self._others, self._judge):
            ear.start()

    def accept(self, samples: Samples) -> str:
        self._length += len(samples)
        hearing = [self._pool.submit(ear.accept, samples) for ear in self._others]
        partial = self._judge.accept(samples)
        heard = [other.result() for other in hearing]
        if self._ahead is not None:
            # This is silence, in which a streaming ear may still find the last word. Judging now saves time at the end.
            if heard != self._partials:
                self._partials = heard
                self._ahead = self._judged()
            return self._ahead.text
        self._partials = heard
        # The site's ears give partials from the first syllable on, Moonshine only now and then.
        return partial or next(filter(None, heard), "")

    def pause(self) -> Transcript:
        if self._ahead is None:
            self._ahead = self._judged()
        return self._ahead

    def resume(self) -> None:
        self._ahead = None
        for ear in (*self._others, self._judge):
            ear.resume()

    def finish(self) -> Transcript:
        # Everything after the pause is silence, so the transcript of the pause is still right.
        return self._ahead or self.finish_each()[-1]

    def finish_each(self) -> tuple[Transcript, ...]:
        """End the utterance. Returns the transcript of each of ``names``, and last the judged one."""
        finished = [self._pool.submit(ear.finish) for ear in self._others]
        heard = self._judge.heard()
        others = [ear.result() for ear in finished]
        return *others, transcript(heard), self._believed(heard, others)

    def _judged(self) -> Transcript:
        """The judged transcript of the utterance so far."""
        paused = [self._pool.submit(ear.pause) for ear in self._others]
        heard = self._judge.heard()
        return self._believed(heard, [ear.result() for ear in paused])

    def _believed(self, heard: Decoded, others: Sequence[Transcript]) -> Transcript:
        offered = [other for other in others if other.text]
        fits = self._judge.fits(heard, [other.text for other in offered])
        best = max(zip(fits, offered, strict=True), key=lambda fit: fit[0], default=None)
        far = FAR_BETTER_PER_S * self._length / SAMPLE_RATE_HZ
        if best is None or heard.log_probability - best[0] > far:
            return transcript(heard)
        # All confidences are on the judge's scale, so that they can be compared.
        return replace(best[1], confidence=math.exp(best[0] / heard.tokens))
