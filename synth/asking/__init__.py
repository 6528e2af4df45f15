"""Between those who want answers and the providers: pacing, retries, money.  `Asker.ask` is all that others call."""

from synth.asking.asker import Asker
from synth.asking.budget import Budget
from synth.asking.calls import Call
from synth.asking.meter import EndpointState
from synth.asking.pacing import Limits
from synth.asking.prices import Price, price_of
from synth.asking.stops import BudgetSpent, Stopped

__all__ = ["Asker", "Budget", "BudgetSpent", "Call", "EndpointState", "Limits", "Price", "Stopped", "price_of"]
