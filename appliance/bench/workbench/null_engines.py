"""Senses that notice nothing, for measures in which the visitor is played by facts or the words do not matter."""

from __future__ import annotations

from appliance.core.audio import Samples
from appliance.core.facts import Transcript


class DeafVad:
    """A ``Vad`` that hears no speech."""

    window_samples = 512

    def probability(self, window: Samples) -> float:
        return 0.0

    def reset(self) -> None:
        pass


class DeafEar:
    """A ``Recognizer`` that understands nothing."""

    name = "deaf"

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
