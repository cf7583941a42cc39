"""The whole installation, from outside."""
