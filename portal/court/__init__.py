"""Who the court is and what it achieved: profile, people, departments, figures."""
