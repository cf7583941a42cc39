"""The composition root's own rules."""
