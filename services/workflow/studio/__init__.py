"""The process owner's working copies: changed file by file, checked and tried, then submitted as a version."""
