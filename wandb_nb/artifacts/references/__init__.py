"""References: entries of an artifact whose content stays at an address. One module per kind of address.

`reference_entries` makes them, `reference_downloads` gets their content. Nothing here knows versions or the store.
"""
