"""A method per file: every module here is imported when methods are asked for."""
