"""A VAD and an ear that notice nothing, for measures in which facts play the visitor or the words do not matter."""

from __future__ import annotations

from appliance.core.audio import Samples
from appliance.core.facts import Transcript


class DeafVad:
    """A ``Vad``, and the stream of one, that hears no speech."""

    window_samples = 512

    def stream(self) -> DeafVad:
        return self

    def probability(self, window: Samples) -> float:
        if len(window) != self.window_samples:
            raise ValueError(f"a window has {self.window_samples} samples, not {len(window)}")
        return 0.0

    def reset(self) -> None:
        pass


class DeafEar:
    """An ``Ear``, and the stream of one, that understands nothing."""

    name = "deaf"
    streaming = ""

    def stream(self) -> DeafEar:
        return self

    def start(self) -> None:
        pass

    def accept(self, samples: Samples) -> str:
        return ""

    def pause(self) -> Transcript:
        return Transcript("", 0.0, self.name)

    def resume(self) -> None:
        pass

    def finish(self) -> Transcript:
        return Transcript("", 0.0, self.name)
