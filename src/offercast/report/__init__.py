"""HOW IT IS TOLD: text and JSON. No arithmetic here, only words and rounding."""
