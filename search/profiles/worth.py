"""What a long-term profile was worth in predicting choices: sums of nats that fade, and the gates that follow.

S ← S · 2^(−Δt/h) + s, kept as of the latest time. What the past says is gated by γ = clip((S0 + S) / S0, 0, 1): it is
believed until it has lost S0. At most S0 is earned: whoever is right for years is heard in full, and is doubted after
as many wrong choices as anybody else, so that a device that changes hands is noticed.

What was set aside (`ASIDE`) is the other way round: clip(S / S0, 0, 1), not believed until it has earned S0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Sums of nats and their times: attribute, "repeat", "" for the whole profile, or ASIDE.
Sums = Mapping[str, tuple[float, float]]
ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Credit:
    """Nats that a taste, and that all of them together, may lose before they are silent (S0); 0: they always speak.

    `half_life_s`: after this time a nat counts half.
    """

    each: float
    whole: float
    half_life_s: float

    def of(self, name: str) -> float:
        """S0 of an attribute, "repeat" or ASIDE, or of the whole profile ("").

        >>> Credit(1.0, 3.0, 60.0).of("brand"), Credit(1.0, 3.0, 60.0).of("")
        (1.0, 3.0)
        """
        return self.each if name else self.whole

    def faded(self, seconds: float) -> float:
        """What is left of a nat after some time.

        >>> Credit(1.0, 3.0, 60.0).faded(120.0)
        0.25
        """
        return 2.0 ** max(-1000.0, -max(0.0, seconds) / self.half_life_s)

    def added(self, sums: Sums, gains: Mapping[str, float], time: float) -> dict[str, tuple[float, float]]:
        """The sums with what one choice said, at a time (seconds since 1970).

        >>> Credit(1.0, 3.0, 60.0).added({"brand": (0.5, 0.0)}, {"brand": -1.0}, 60.0)
        {'brand': (-0.75, 60.0)}
        """
        known = dict(sums)
        for name, gain in gains.items():
            total, last = known.get(name, (0.0, time))
            newest = max(last, time)
            summed = total * self.faded(newest - last) + gain * self.faded(newest - time)
            least = 0.0 if name == ASIDE else -float("inf")  # what was set aside can only wait
            known[name] = max(min(summed, self.of(name)), least), newest
        return known

    def gates(self, sums: Sums, now: float) -> dict[str, float]:
        """γ of what has lost something; whatever is not named has 1.

        >>> Credit(1.0, 3.0, 60.0).gates({"brand": (-0.5, 0.0), "color": (0.5, 0.0)}, 0.0)
        {'brand': 0.5}
        """
        left = {name: self._left(name, sums, now) for name in sums if name != ASIDE and self.of(name)}
        return {name: max(gate, 0.0) for name, gate in left.items() if gate < 1.0}

    def _left(self, name: str, sums: Sums, now: float) -> float:
        return (self.of(name) + self.total(name, sums, now)) / self.of(name)

    def earned(self, name: str, sums: Sums, now: float, charged: float = 0.0) -> float:
        """How far a taste has proven itself, 0..1: what it has earned of what it may.

        Args:
            charged: nats that it lost in the present visit, and is given back.

        >>> Credit(1.0, 3.0, 60.0).earned("brand", {"brand": (0.5, 0.0)}, 0.0, charged=0.25)
        0.75
        """
        if not self.of(name):
            return 0.0
        return min(max((self.total(name, sums, now) + charged) / self.of(name), 0.0), 1.0)

    def confirmed(self, sums: Sums, now: float) -> float:
        """How far what was set aside has proven itself since, 0..1.

        >>> Credit(1.0, 3.0, 60.0).confirmed({"aside": (0.25, 0.0)}, 0.0)
        0.25
        """
        return min(max(self.total(ASIDE, sums, now) / self.each, 0.0), 1.0) if self.each else 1.0

    def total(self, name: str, sums: Sums, now: float) -> float:
        """S as of now.

        >>> Credit(1.0, 3.0, 60.0).total("brand", {"brand": (1.0, 0.0)}, 60.0)
        0.5
        """
        total, last = sums.get(name, (0.0, now))
        return total * self.faded(now - last)
