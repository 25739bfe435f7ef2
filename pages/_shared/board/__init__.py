"""The Leaderboard: which aligners are compared, and what came of it."""
