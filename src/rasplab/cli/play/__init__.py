"""The playground: the explorer page with an editor, served to this machine's own browser.

`engine` compiles source text into what the page shows, `worker` runs it under limits, `server` is
the page's other side, and `examples` are the programs that one begins with.
"""
