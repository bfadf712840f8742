"""A solution of every exercise, a module each, as a learner would write it."""
