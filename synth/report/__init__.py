"""A run as one HTML file that needs nothing else, and the figures behind it.

`facts` reads a journal once and makes JSON data of it (`coverage` and `evidence` count what needs more than a
tally), `browser` picks the samples whose texts come along, `page` turns both into HTML with `sections` and `parts`;
`assets/` holds the page's frame, style and script.  Everything after the journal is a pure function of its data, so
the same facts also make the dataset card (`synth/dataset/card.py`).
"""
