"""Small copies of logged media, which a saved notebook holds: pictures, waveforms, first frames, rows of tables.

Works on the `media` of a message. Files may come from anybody: they are read only up to a limit, and by few decoders.
"""
