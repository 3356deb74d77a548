"""The pages for browsers, their forms and the data that open pages follow; `routes` lists the addresses.

May import `server.http` and all below it, never `server.protocol`. Templates escape all values; every change of data is
a form with a token.
"""
