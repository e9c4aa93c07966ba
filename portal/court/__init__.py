"""The court's profile, people and departments, and its statistical figures."""
