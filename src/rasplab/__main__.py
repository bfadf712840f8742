"""`python -m rasplab` is the command `rasplab`."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:  # Python looks in the current directory first: a `json.py` there
        sys.path.append(sys.path.pop(0))  # would be taken for its own

    from rasplab.cli import main

    sys.exit(main())
