"""The process packages of this repository, checked and played."""
