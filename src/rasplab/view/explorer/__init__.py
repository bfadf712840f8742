"""The explorer page: one HTML file that shows a model's insides, and runs it on what is typed.

>>> import rasplab
>>> from rasplab.view.explorer import explorer_page
>>> program, vocab = rasplab.programs.get("hist").at(3, 4)
>>> page = explorer_page(rasplab.compile(program, vocab=vocab, max_length=4), "aba")
>>> page[:15]
'<!doctype html>'
"""

from rasplab.view.explorer.document import Document, document_of
from rasplab.view.explorer.page import explorer_page, open_page, save_explorer

__all__ = ["Document", "document_of", "explorer_page", "open_page", "save_explorer"]
