"""The commands of `huiyin`, grouped by whom they serve."""
