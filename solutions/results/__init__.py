"""The reference models trained on real images and measured: `make results`, which writes solutions/RESULTS.md.

entry     the words in which a homework says what a model is: how it is built, trained, measured, sampled and shown
data      data sets that several homeworks learn from, with what a value on them can be
hwN       the models of homework N, each said once;  adversaries  what several of them share
features  the small classifier by whose features samples are judged
suite     all of them, found by their homework's name
harness   training that goes on after an interruption, measuring, and the record of a run
page      RESULTS.md from the records;  pictures  grids of images
measured/ the records and pictures of the last runs
"""
