"""Money that may be spent: what is in flight is reserved at its worst case, so that the cap holds whatever comes back.

At every moment spent + reserved <= max_cost.  A request is sent only after its worst case was reserved; when it is
over, the reservation becomes what it really cost, and the rest is free again.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

from synth.asking.stops import BudgetSpent

#: sums are kept in whole units of 1e-12 dollars (a token costs 1e-8 and more), or rounding would break the law
UNITS = 10**12


class Reservation:
    """Money put aside for one request."""

    __slots__ = ("open", "units")

    def __init__(self, units: int) -> None:
        self.units = units
        self.open = True

    @property
    def worst(self) -> float:
        """US dollars."""
        return self.units / UNITS


class Budget:
    """All providers of a run share one; amounts are US dollars, a `max_cost` of None is no cap.

    `spent` is what earlier processes of the run have spent.
    """

    def __init__(self, max_cost: float | None, spent: float = 0.0) -> None:
        self.max_cost = max_cost
        self._cap = None if max_cost is None else floor(max_cost * UNITS)
        self._spent = ceil(spent * UNITS)
        self._reserved = 0
        self._watchers: list[Callable[[], None]] = []

    @property
    def spent(self) -> float:
        """As far as costs are known, and at the worst case where they never will be."""
        return self._spent / UNITS

    @property
    def reserved(self) -> float:
        """The worst case of what is in flight."""
        return self._reserved / UNITS

    def watch(self, freed: Callable[[], None]) -> None:
        """`freed` is called whenever there may be more room than before."""
        self._watchers.append(freed)

    def reserve(self, worst: float | None) -> Reservation | None:
        """Puts `worst` aside; None when it does not fit now but may when something in flight is over.

        Raises BudgetSpent when it does not fit with nothing in flight.  `worst` is None where there is no price; that
        goes with no cap only.
        """
        if worst is None and self._cap is not None:
            raise ValueError("a request without a price under a cap")
        units = ceil((worst or 0.0) * UNITS)
        if self._cap is not None and self._spent + self._reserved + units > self._cap:
            if self._reserved:
                return None
            raise BudgetSpent(
                f"max_cost={self.max_cost:g}: ${self.spent:.4f} is spent, and the next request may cost up to"
                f" ${units / UNITS:.4f}; everything is kept; raise max_cost to go on."
            )
        self._reserved += units
        return Reservation(units)

    def commit(self, worst: float | None) -> Reservation:
        """Puts aside what an earlier process of the run has promised: it is owed, whatever the cap says now."""
        units = ceil((worst or 0.0) * UNITS)
        self._reserved += units
        return Reservation(units)

    def settle(self, reservation: Reservation, actual: float | None) -> None:
        """The request is over and cost `actual`; None when it may have been billed and nobody will tell: its worst."""
        if not reservation.open:
            raise ValueError("a reservation is settled once")
        reservation.open = False
        self._reserved -= reservation.units
        self._spent += reservation.units if actual is None else ceil(actual * UNITS)
        for freed in self._watchers:
            freed()
