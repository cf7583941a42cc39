"""How fast the product is, side by side with what it could be compared with: `make bench`, docs/performance.md."""
