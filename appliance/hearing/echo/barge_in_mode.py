"""How much of barge-in the measured echo allows. Pure."""

from __future__ import annotations

from appliance.core.facts import BargeInMode
from appliance.hearing.echo.meter import FEWEST_WINDOWS, Echo

# --- the mode -------------------------------------------------------------------------------------------------------

_MODES: tuple[BargeInMode, ...] = ("half_duplex", "words", "full")

_FULL_ERLE_DB = 12.0
"""ERLE from which the mode is full. The residue of an echo as loud as the visitor is then 12 dB below them."""

_WORDS_ERLE_DB = 6.0
_HYSTERESIS_DB = 2.0

_HARMLESS_RESIDUE_DB = 4.0
"""A residue at most this far above the room's noise starts nothing, whatever the ERLE. (The ERLE cannot exceed the
distance of the echo from the noise.)"""

_DOWN_WINDOWS, _UP_WINDOWS = 5, 40
"""Windows of playing in a row that must agree before the mode goes down (half a second) or up (four seconds). In four
seconds a canceller has learned all but the liveliest rooms."""


class BargeInModeSelector:
    """Selects the mode that the measurements allow. The mode is "words" until there are measurements."""

    def __init__(self) -> None:
        self.mode: BargeInMode = "words"
        self._wish: BargeInMode = "words"
        self._agreed = 0

    def see(self, echo: Echo) -> bool:
        """Take the measurement after one more window of playing. True when the mode changed."""
        wish = self._allowed(echo)
        self._agreed = self._agreed + 1 if wish == self._wish else 1
        self._wish = wish
        if wish == self.mode:
            return False
        down = _MODES.index(wish) < _MODES.index(self.mode)
        if self._agreed < (_DOWN_WINDOWS if down else _UP_WINDOWS):
            return False
        self.mode, self._agreed = wish, 0
        return True

    def _allowed(self, echo: Echo) -> BargeInMode:
        if echo.erle_db is None or echo.residue_db is None or echo.residue_db <= _HARMLESS_RESIDUE_DB:
            return "full" if echo.windows >= FEWEST_WINDOWS else self.mode
        # A higher mode needs a slightly higher ERLE to enter than to stay in.
        margin = {mode: _HYSTERESIS_DB * (_MODES.index(self.mode) < _MODES.index(mode)) for mode in _MODES}
        if echo.erle_db >= _FULL_ERLE_DB + margin["full"]:
            return "full"
        return "words" if echo.erle_db >= _WORDS_ERLE_DB + margin["words"] else "half_duplex"
