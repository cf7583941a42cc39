"""The pages: they translate between people and the nouns and decide nothing."""
