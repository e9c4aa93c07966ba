"""The court's profile, departments, people, indicators and figures.

All of them are published after a single review by a reviewer other than the author.
"""

from .indicators import Dataset, Indicator
from .observations import Observation
from .people import Person
from .profile import CourtProfile, Department

__all__ = ["CourtProfile", "Dataset", "Department", "Indicator", "Observation", "Person"]
