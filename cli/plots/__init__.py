"""`segue plot`: drawings of what the API tells, in the terminal or as PNG.

drawings.py     what is drawn: from documents to points and cells, without colours or sizes
terminal.py     drawings as text; png.py as pictures
commands.py     the commands
"""
