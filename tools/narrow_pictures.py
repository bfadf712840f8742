"""Narrow variants of pictures, for narrow screens: a hook that MkDocs loads by its path.

Beside `NAME.svg` may lie `NAME-narrow.svg`, the same picture laid out to be read at 400 pixels, and
so beside `NAME.png`. Where a page shows the first, a browser takes the second in a narrow window.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

BELOW = 640
"""Pixels: windows up to this width are narrow; text beside a wide picture is 10 pixels there."""

_IMAGE = re.compile(r'<img [^>]*?\bsrc="(?P<path>[^"#]+)\.(?P<kind>svg|png)(?:#[\w-]*)?"[^>]*>')


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """The page, with both variants of each picture that has two."""
    del config

    def both(image: re.Match[str]) -> str:
        narrow = f"{image['path']}-narrow.{image['kind']}"
        place = posixpath.normpath(posixpath.join(page.url, narrow))
        if files.get_file_from_path(place) is None:
            return image[0]
        source = f'<source media="(max-width: {BELOW}px)" srcset="{narrow}">'
        return f"<picture>{source}{image[0]}</picture>"

    return _IMAGE.sub(both, html)
