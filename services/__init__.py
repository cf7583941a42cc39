"""Huiyin 回音: three services that talk by messages, the language they share and the plumbing under them."""
