"""Turns microphone frames into facts about the visitor.

One loop does voice activity detection and the end of turn, and keeps the line's time. The words come from a loop beside
it (``recognize``), which hears a turn from a little before its start (``_PREROLL_S``), because the first consonant is
over before the VAD has detected speech. All facts about what is heard are told by this loop, words too, so that their
order depends on the sound alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, AudioFrame, Samples, level_dbfs
from appliance.core.facts import (
    AnswerExpected,
    AsideNoticed,
    AudioDropped,
    ConversationClosed,
    ConversationOpened,
    Cue,
    Fact,
    PartialTranscript,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSuspected,
    TimePassed,
    TurnEnded,
    TurnEndPredicted,
    TurnScored,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import EarStream, Finality, VadStream, VoiceEmbedder
from appliance.hearing.cross_talk import Proximity
from appliance.hearing.echo.stage import EchoStage
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.prosody import SPAN_S, PhraseEnd, phrase_end
from appliance.hearing.recognize import Recognized, Recognizer, Utterance
from appliance.hearing.speaker_features import Speech

_PREROLL_S = 0.4
"""Seconds of audio before the detected start that the recogniser hears too (onset detection and a soft first sound)."""

_OVER_ECHO = 0.5
"""Factor on the threshold of speech for sound that is clearly no echo, while something is played. The echo's residue
makes the detector slow (a tenth of a second more until it is sure) and makes it miss short words ("wait")."""

_ONSET_S, _BESIDE_WINDOWS = 0.3, 2
"""Speech is the visitor's when so many windows within this many seconds are as loud as theirs. One window is not
enough, because talk across a room has peaks."""

_RECENT_S = SPAN_S + 0.5
"""Seconds of audio that are kept to judge a phrase's end: the span that is looked at, and the silence after it."""

ListenerInput = AudioFrame | Recognized | TurnScored | AnswerExpected | ConversationOpened | ConversationClosed
"""What the listener is told: sound, words, and what the rest of the appliance knows about the turn."""

_TICK_S = 0.1
"""Seconds between two facts that tell the dialogue the time."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """A turn that is over, but for its words."""

    speech_end_s: float
    at_s: float
    theirs: bool
    """whether the speech was surely the visitor's"""
    decided: Cue | None


class Listener:
    """The ``listen`` thread's work."""

    def __init__(
        self,
        heard: Mailbox[ListenerInput],
        tell: Callable[[Fact], None],
        vad: VadStream,
        recognize: Callable[[Utterance], object],
        endpoint: Endpoint,
        progress: Callable[[], None],
        echo: EchoStage | None = None,
        proximity: Proximity | None = None,
        finality: Finality | None = None,
        voices: VoiceEmbedder | None = None,
    ) -> None:
        """``recognize`` is handed the sound of utterances; the words come back to ``take``. ``echo`` takes the
        appliance's own voice out of what is heard. ``proximity`` shuts out people far behind the visitor. ``finality``
        judges how a phrase ended, and ``voices`` tells people apart."""
        self._echo = echo
        self._proximity = proximity or Proximity(0.0)
        self._finality = finality
        self._voices = voices
        self._speech = Speech()
        self._heard = heard
        self._tell_now = tell
        self._vad = vad
        self._recognize = recognize
        self._endpoint = endpoint
        self._progress = progress
        self._window = np.empty(0, np.float32)
        self._window_end = 0
        self._expected: int | None = None
        self._preroll: deque[Samples] = deque(maxlen=round(_PREROLL_S * SAMPLE_RATE_HZ / vad.window_samples))
        self._recent: deque[Samples] = deque(maxlen=round(_RECENT_S * SAMPLE_RATE_HZ / vad.window_samples))
        self.utterance_start_s = 0.0
        """stream time at which the sound of the last utterance begins, as the recogniser hears it"""
        self._stretch = 0
        """number of the current stretch of speech, or of silence"""
        self._streamed = -1
        """the stretch of silence whose streaming words were told"""
        self._better: list[Recognized] = []
        """words that correct streaming ones, to be told with the next frame"""
        self._predicted = ""
        self._ending: _Ending | None = None
        """a turn that is over, while its words are awaited"""
        self._untold: list[Fact] = []
        """facts after the end of that turn, which are told after it"""
        self._aside = False
        """whether the current speech is not the visitor's"""
        self._beside: deque[float] = deque(maxlen=_BESIDE_WINDOWS)
        """ends, in stream seconds, of the last windows that were as loud as the visitor"""
        self._over_reply = False
        self._tick_s = 0.0

    def run(self) -> None:
        """Work until the mailbox is closed."""
        try:
            while True:
                item = self._heard.get(timeout_s=0.5)
                self._progress()
                if item is not None:
                    self.take(item)
        except MailboxClosed:
            return

    def take(self, item: ListenerInput) -> None:
        """Take one frame, in the order of the stream, or something that became known."""
        match item:
            case AudioFrame():
                self._take_frame(item)
            case Recognized(kind="paused") if item.stretch == self._streamed:
                # The streaming words are being scored. Which of the two is told first must not be a race, so the better
                # words are told with the next frame.
                self._better.append(item)
            case Recognized():
                self._take_words(item)
            case TurnScored() if item.text.endswith(self._predicted):
                self._endpoint.judge(item)
            case AnswerExpected():
                self._endpoint.expect(item.kind)
            case ConversationOpened():
                self._endpoint.forget_speaker()
                self._proximity.open()
            case ConversationClosed():
                self._proximity.close()
                self._speech.forget()

    def _take_frame(self, frame: AudioFrame) -> None:
        better, self._better = self._better, []
        for words in better:
            self._take_words(words)
        if self._expected is not None and frame.position > self._expected:
            self._tell(AudioDropped(frame.position - self._expected, frame.position / SAMPLE_RATE_HZ))
            self._window = self._window[:0]
        self._expected = frame.position + len(frame.samples)
        samples = frame.samples if self._echo is None else self._echo.clean(frame)
        if self._echo is not None and not self._endpoint.in_turn and self._echo.is_news(samples):
            level = level_dbfs(samples)
            if not (self._proximity.is_aside(level, rising=True) or self._proximity.is_far(level)):
                self._tell(SoundHeard(frame.end_s))
        self._window = np.concatenate((self._window, samples))
        size = self._vad.window_samples
        while len(self._window) >= size:
            window, self._window = self._window[:size], self._window[size:]
            self._window_end = self._expected - len(self._window)
            self._hear(window)
        if frame.end_s - self._tick_s >= _TICK_S:
            self._tick_s = frame.end_s
            self._tell(TimePassed(frame.end_s))

    def _hear(self, heard: Samples) -> None:
        window = heard
        end_s = self._window_end / SAMPLE_RATE_HZ
        start_s = (self._window_end - len(window)) / SAMPLE_RATE_HZ
        level = level_dbfs(window)
        probability = self._vad.probability(window)
        beside = not self._proximity.is_aside(level)
        clear = True
        if not self._endpoint.in_turn:
            if self._echo is not None and self._echo.playing:
                clear = self._echo.is_clear(level)
                if clear and beside:
                    probability = min(1.0, probability / _OVER_ECHO)
                elif self._echo.may_be_echo(level):
                    probability = 0.0
            if self._proximity.is_far(level):
                probability = 0.0
        if probability >= self._endpoint.threshold and beside:
            self._beside.append(end_s)
            if clear and (not self._endpoint.in_turn or (self._aside and self._is_beside(end_s))):
                self._tell(SpeechSuspected(end_s))
                self._aside = False
        change = self._endpoint.hear(probability, start_s, end_s)
        if change is not None:
            self._stretch += 1
        if change == "started":
            if self._echo is not None:
                self._echo.speech(True)
            self._aside = not self._is_beside(end_s)
            self._over_reply = self._echo is not None and self._echo.playing
            self._tell(SpeechStarted(end_s, self._aside))
            window = np.concatenate((*self._preroll, window))
            self.utterance_start_s = end_s - len(window) / SAMPLE_RATE_HZ
        elif self._endpoint.in_turn:
            self._proximity.hear(level)
            if probability >= self._endpoint.threshold:
                self._compare(window, end_s)
        if change == "paused":
            self._endpoint.await_words()
            self._tell(SpeechPaused(end_s, self._endpoint.speech_end_s))
        elif change == "resumed":
            self._tell(SpeechResumed(end_s))
        elif change == "ended":
            self._end(end_s)
        if change is not None or self._endpoint.in_turn:
            self._recognize(Utterance(window, end_s, self._stretch, change))
        self._preroll.append(heard)
        self._recent.append(heard)
        if change == "paused":
            # The ear is at work meanwhile.
            self._endpoint.sounded(self._phrase(end_s))

    def _end(self, end_s: float) -> None:
        if self._echo is not None:
            self._echo.speech(False)
        self._speech.forget()
        # Speech over a reply need not be the visitor's, so nothing is learned from it.
        theirs = not (self._over_reply or self._aside)
        silence_s = end_s - self._endpoint.speech_end_s
        verdict = self._endpoint.verdict()
        decided = verdict.decided if silence_s >= verdict.silence_s else None
        self._ending = _Ending(self._endpoint.speech_end_s, end_s, theirs, decided)

    def _take_words(self, words: Recognized) -> None:
        transcript = words.transcript
        match words.kind:
            case "partial":
                self._tell(PartialTranscript(transcript.text, words.at_s))
            case "final":
                assert self._ending is not None
                ending, self._ending = self._ending, None
                self._proximity.turn_ended(bool(transcript.text) and ending.theirs)
                untold, self._untold = self._untold, []
                for fact in (TurnEnded(transcript, ending.speech_end_s, ending.at_s, ending.decided), *untold):
                    self._tell(fact)
            case "streaming" | "paused" if words.stretch == self._stretch:
                self._streamed = words.stretch if words.kind == "streaming" else self._streamed
                if transcript.text != self._predicted:
                    self._endpoint.forget_words()
                self._predicted = transcript.text
                self._tell(TurnEndPredicted(transcript, words.at_s))
                if words.kind == "paused":
                    self._endpoint.words_known(transcript.p_stop)

    def _tell(self, fact: Fact) -> None:
        if self._ending is None:
            self._tell_now(fact)
        else:
            self._untold.append(fact)

    def _is_beside(self, end_s: float) -> bool:
        """Whether the speech of the last moments is as loud as the visitor's."""
        return len(self._beside) == _BESIDE_WINDOWS and end_s - self._beside[0] <= _ONSET_S

    def _compare(self, speech: Samples, end_s: float) -> None:
        """Compare the voice of the speech with the visitor's. This runs in this thread, because what follows must not
        depend on how late another thread is. It takes some ten milliseconds, twice in the first 1.6 s of speech and
        then once in each 1.6 s."""
        if self._voices is None:
            return
        enough = self._speech.hear(speech)
        if enough is None:
            return
        self._proximity.recognize(self._voices.embed(enough))
        if self._proximity.is_another and not self._aside:
            self._aside = True
            self._beside.clear()
            self._tell(AsideNoticed(end_s))

    def _phrase(self, end_s: float) -> PhraseEnd:
        recent = np.concatenate(self._recent)
        phrase = phrase_end(recent, end_s - self._endpoint.speech_end_s)
        if self._finality is None:
            return phrase
        # The sound before the visitor spoke, which may be a reply, says nothing about how they ended.
        said_s = end_s - self._endpoint.speech_start_s + _PREROLL_S
        return replace(phrase, final=self._finality.log_odds(recent[-round(said_s * SAMPLE_RATE_HZ) :]))


def listener_with(
    ear: EarStream,
    heard: Mailbox[ListenerInput],
    tell: Callable[[Fact], None],
    vad: VadStream,
    endpoint: Endpoint,
    *,
    echo: EchoStage | None = None,
    proximity: Proximity | None = None,
    finality: Finality | None = None,
    voices: VoiceEmbedder | None = None,
) -> Listener:
    """A listener that has its words from ``ear`` in the same thread, where no time passes outside the stream."""
    recognizer = Recognizer(ear, lambda words: listener.take(words))
    listener = Listener(*(heard, tell, vad, recognizer.take, endpoint, lambda: None), echo, proximity, finality, voices)
    return listener


SURE_OF_SPEECH = 0.5
"""Probability by the VAD from which a window is speech"""


def holds_speech(vad: VadStream, sound: Samples) -> bool:
    """Whether a recording at 16 kHz holds speech. Resets ``vad``."""
    vad.reset()
    size = vad.window_samples
    padded = np.pad(sound, (0, -len(sound) % size))
    return any(vad.probability(padded[at : at + size]) >= SURE_OF_SPEECH for at in range(0, len(padded), size))
