"""Pictures of every page, taken from the demo year: `make pictures` writes `docs/pictures/` and `docs/pages.md`.

Taken twice they are the same to the byte, with the same Chromium and fonts; its own words are Chinese where
`chromium-l10n` is installed.
"""
