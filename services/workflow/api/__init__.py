"""The HTTP API: the same acts as the pages and the queue, for programs."""
