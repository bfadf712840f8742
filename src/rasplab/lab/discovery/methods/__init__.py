"""The methods, a file each; every module here is imported when methods are asked for."""
