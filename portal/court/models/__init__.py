"""The court's profile, departments, people, indicators and figures.

Objects of all these models are published after one review, by a reviewer other than the author.
"""

from .indicators import Dataset, Indicator
from .observations import Observation
from .people import Person
from .profile import CourtProfile, Department

__all__ = ["CourtProfile", "Dataset", "Department", "Indicator", "Observation", "Person"]
