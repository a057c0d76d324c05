"""The reference implementations beside peer libraries: the same work, how fast, and how far apart the numbers are."""
