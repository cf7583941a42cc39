"""The ways to people, one module each: how a delivery begins, and for outside channels how it is sent."""
