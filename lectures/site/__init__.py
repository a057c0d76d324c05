"""Sphinx extensions of the lectures; `notes/conf.py` lists them."""
