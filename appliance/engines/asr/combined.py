"""Opens the ears that ``cloister.yaml`` names and, with several, decides which of them is believed.

All ears hear every utterance. The ears for the site's words (``ctc``, pocketsphinx, sherpa-onnx with the site's graph)
know the site's sentences and little else. Moonshine knows English and nothing of the site ("a light rose latte",
"Doctor Oh Kafer"). It also gives the probability of any *given* words, so it is the judge. It picks the sentence of the
others that fits the sound best, and prefers that sentence to its own words unless these fit far better.

``evaluate ear`` measures the gain. The site's ears with the language of the site err in every second word of free
speech, and Moonshine alone understands every third order at a counter.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript, WordTime
from appliance.core.ports import Ear, EarStream, PortError, WorksSeldom
from appliance.engines.asr.crowd import Crowd, SparedEar, SparedStream
from appliance.engines.asr.ctc import CtcEar, CtcStream
from appliance.engines.asr.moonshine import Decoded, Moonshine, MoonshineStream, SharedEncoder, said, transcript
from appliance.engines.asr.pocketsphinx import PocketsphinxEar
from appliance.engines.asr.sherpa import open_sherpa

_log = logging.getLogger(__name__)

FAR_BETTER_PER_S = 6.0
"""How much more likely Moonshine's own words must be than a sentence of the site to be believed: difference of natural
logarithms per second of sound. With pocketsphinx and the streaming network, on the first 100 of the orders in
``commands-dev`` (clean, 24, 15 and 6 dB) 95, 97, 92 and 67 are then all right. Of 200 utterances that are no sentence
of the site (questions worded freely, sentences read aloud) 22 become one, and 9 of these lose words that were heard
right. At 5 the figures are 92, 94, 87 and 62, then 14 and 4. Counting the words that both have in common did not
improve this."""

SURE_OF_LETTERS = 0.5
"""Confidence of the ear ``ctc``, by itself and then by the judge, from which its words are taken and nothing else is
decoded. Of 266 questions and orders, clean and in noise, 135 have it, of which 3 are wrong, and none of 113 other
sentences and stretches of noise (the material of the head's card)."""

SURE_OF_STREAMING = 0.5
"""Confidence by the judge from which streaming words need no second pass. Of the 33 recorded questions 23 have it, and
31 instead of 30 are right. In noise few utterances have it, and the second pass recovers words."""


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
            return CtcEar(wanted.ctc, site, settings.kept, threads=settings.threads)
        if wanted.sherpa:
            return open_sherpa(wanted.sherpa, settings, site)
        assert wanted.pocketsphinx is not None
        return PocketsphinxEar(wanted.pocketsphinx, site, settings.kept, settings.threads)
    # The other ears run at the same time, so the judge has one thread.
    judge = Moonshine(wanted.moonshine.directory, threads=1)
    # With more speakers than cores and one, an utterance is heard with less.
    most = settings.threads + 1
    others: list[Ear] = []
    if wanted.pocketsphinx:
        sphinx = PocketsphinxEar(wanted.pocketsphinx, site, settings.kept, settings.threads, general=False)
        # It takes half of the time of all ears.
        others.append(SparedEar(sphinx, most))
    dispensable: list[Callable[[], Ear]] = []
    if wanted.sherpa:
        dispensable.append(functools.partial(open_sherpa, wanted.sherpa, settings, site))
    if wanted.ctc:
        same = wanted.ctc.encoder.resolve() == wanted.moonshine.directory.resolve()
        dispensable.append(functools.partial(CtcEar, wanted.ctc, site, settings.kept, judge.encoder if same else None))
    missing: list[str] = []
    for opened in dispensable:
        try:
            others.append(opened())
        except PortError as error:
            # With one ear less the appliance still works. `cloister check` reports the missing ear.
            _log.warning("%s; the other ears listen without it", error)
            missing.append(str(error))
    return CombinedEar(judge, others, Crowd(most), missing) if others or missing else judge


def missing_ears(ear: Ear) -> tuple[str, ...]:
    """Why each ear that the box names and that could not be opened is missing."""
    return ear.missing if isinstance(ear, CombinedEar) else ()


def tells_times(ear: Ear) -> bool:
    """Whether the streams of an ear tell when words were said (``WordTimer``)."""
    parts = ear.parts[1] if isinstance(ear, CombinedEar) else (ear,)
    return any(isinstance(part, CtcEar) for part in parts)


class CombinedEar:
    """The ``Ear`` port, made of several ears."""

    def __init__(self, judge: Moonshine, others: Sequence[Ear], crowd: Crowd, missing: Sequence[str] = ()) -> None:
        """``missing`` are the reasons why other ears could not be opened."""
        self.missing = tuple(missing)
        self._judge = judge
        self._others = tuple(others)
        self._crowd = crowd
        # The other ears' native code releases the interpreter's lock, so they run at the same time as the judge.
        self._pool = ThreadPoolExecutor(max(1, len(self._others)), thread_name_prefix="ears")

    @property
    def parts(self) -> tuple[Moonshine, tuple[Ear, ...]]:
        """The judge, and the other ears."""
        return self._judge, self._others

    def stream(self) -> CombinedStream:
        """Begin to listen to one speaker, with a stream of each ear. Raises PortError."""
        encoder = SharedEncoder(self._judge.encoder)
        others = [
            ear.stream(encoder) if isinstance(ear, CtcEar) and ear.encoder is self._judge.encoder else ear.stream()
            for ear in self._others
        ]
        return CombinedStream(self._judge.stream(encoder), others, self._pool, self._crowd)


class CombinedStream:
    """The ``EarStream`` port, made of a stream of each ear. It is a ``WordTimer`` by the letters of the ear ``ctc``,
    whichever ear heard the words, and works as seldom as the ear that works most often."""

    name = "ears"

    def __init__(
        self, judge: MoonshineStream, others: Sequence[EarStream], pool: ThreadPoolExecutor, crowd: Crowd
    ) -> None:
        self._judge = judge
        self._others = tuple(others)
        self._crowd = crowd
        self._letters = next((ear for ear in others if isinstance(ear, CtcStream)), None)
        self._pool = pool
        self.names = (*(ear.name for ear in self._others), judge.name)
        self._length = 0
        self._partials: list[str] = []
        """partial of each of the other ears, but for the letters"""
        self._ahead: Transcript | None = None
        """the judged transcript at the pause"""

    def start(self) -> None:
        self._length, self._partials, self._ahead = 0, [], None
        crowded = self._crowd.enter(self)
        for ear in self._others:
            if ear is self._letters:
                self._letters.start(seldom=crowded)
            else:
                ear.start()
        # The partial results of the letters are there already, and cost less.
        self._judge.start(seldom=crowded or self._letters is not None)

    def accept(self, samples: Samples) -> str:
        self._length += len(samples)
        hearing = [self._pool.submit(ear.accept, samples) for ear in self._others if ear is not self._letters]
        if self._ahead is not None:
            # This is silence, in which a streaming ear may still find the last word. Judging now saves time at the end.
            self._judge.keep(samples)
            if self._letters is not None:
                self._letters.keep(samples)
            heard = [other.result() for other in hearing]
            if heard != self._partials:
                self._partials = heard
                self._ahead = self._judged()
            return self._ahead.text
        # The site's ears give partials from the first syllable on, Moonshine only now and then. But its are those of a
        # whole language: a site's ear makes a sentence of the site out of anything at first, an emergency too. The
        # letters alone tell only what they are sure of, and then nothing else is decoded.
        read = self._letters.accept(samples) if self._letters is not None else ""
        partial = ""
        if read:
            self._judge.keep(samples)
        else:
            partial = self._judge.accept(samples)
        self._partials = [other.result() for other in hearing]
        return read or partial or next(filter(None, self._partials), "")

    def works(self, samples: int) -> bool:
        if self._ahead is not None:
            # Ears that keep up with the sound may still find a word in the silence.
            return samples > 0 and any(not isinstance(ear, WorksSeldom) for ear in self._others)
        if any(not isinstance(ear, WorksSeldom) or ear.works(samples) for ear in self._others):
            return True
        return not (samples and self._letters is not None and self._letters.partial) and self._judge.works(samples)

    @property
    def streaming(self) -> str:
        return next((other.text for other in self._streaming()), "")

    def pause(self) -> Transcript:
        if self._ahead is None:
            self._ahead = self._judged()
        return self._ahead

    def resume(self) -> None:
        self._ahead = None
        for ear in (*self._others, self._judge):
            ear.resume()

    def finish(self) -> Transcript:
        self._crowd.leave(self)
        if self._ahead is None:
            return self.finish_each()[-1]
        for ear in self._others:
            if isinstance(ear, SparedStream):
                ear.leave()
        # Everything after the pause is silence, so the transcript of the pause is still right.
        return self._ahead

    def times(self, text: str) -> tuple[WordTime, ...]:
        return () if self._letters is None else self._letters.times(text)

    def finish_each(self) -> tuple[Transcript, ...]:
        """End the utterance. Returns the transcript of each of ``names``, and last the judged one."""
        finished = self._begin(lambda ear: ear.finish())
        heard = self._judge.heard()
        others = [result() for result in finished]
        return *others, transcript(heard), self._sure() or self._believed(heard, others)

    def _judged(self) -> Transcript:
        """The judged transcript of the utterance so far. Where the words of the site's language, or the streaming
        words, are surely right, the rest is spared."""
        if (sure := self._sure()) is not None:
            return sure
        own, streaming = self._judge.heard(), self._streaming()
        if own.text and said(own) in (other.text for other in streaming):
            return transcript(own)
        if streaming:
            sure = self._believed(own, streaming)
            if sure.ear != self._judge.name and sure.confidence >= SURE_OF_STREAMING:
                return sure
        return self._believed(own, [result() for result in self._begin(lambda ear: ear.pause())])

    def _begin(self, call: Callable[[EarStream], Transcript]) -> list[Callable[[], Transcript]]:
        """Let each of the other ears work in a thread of the pool. Returns what waits for the result of each. Whoever
        asks for that of the letters reads them, in the line's own thread, since all lines share the pool."""
        return [
            functools.partial(call, ear) if ear is self._letters else self._pool.submit(call, ear).result
            for ear in self._others
        ]

    def _sure(self) -> Transcript | None:
        """The words that the letters are sure of, where the judge is, too."""
        read = self._letters.pause() if self._letters is not None else None
        if read is None or read.confidence < SURE_OF_LETTERS:
            return None
        (fit,) = self._judge.fits(self._judge.states, [read.text])
        if fit.confidence < SURE_OF_LETTERS:
            return None
        return replace(read, confidence=fit.confidence, p_stop=fit.p_stop)

    def _streaming(self) -> list[Transcript]:
        """What the ears heard that keep up with the sound."""
        return [Transcript(ear.streaming, 0.0, ear.name) for ear in self._others if ear.streaming]

    def _believed(self, heard: Decoded, others: Sequence[Transcript]) -> Transcript:
        return believed(self._judge, heard, others, self._length)


def believed(judge: MoonshineStream, heard: Decoded, others: Sequence[Transcript], length: int) -> Transcript:
    """The transcript that fits best: one of ``others``, unless the judge's own words fit far better. ``length`` is the
    number of samples that were heard."""
    offered = [other for other in others if other.text]
    fits = judge.fits(heard.states, [other.text for other in offered])
    best = max(zip(fits, offered, strict=True), key=lambda fit: fit[0].log_probability, default=None)
    far = FAR_BETTER_PER_S * length / SAMPLE_RATE_HZ
    if best is None or heard.log_probability - best[0].log_probability > far:
        return transcript(heard)
    # All confidences are on the judge's scale, so that they can be compared.
    return replace(best[1], confidence=best[0].confidence, p_stop=best[0].p_stop)
