"""From the photograph of an open book to finished pages: one pure step a file, arrays in and arrays out.

The order of the steps, and who calls them:

    geometry.flatten   find the page(s) -> split at the gutter -> upright -> surface -> one remap
    (then, a page)     light -> fingers and show-through -> margins -> bilevel, grey or colour

A step never resamples the picture: each only says where its points lie in the photograph, and the last
one reads the photograph once, at the resolution of the page. Nothing here opens a file or keeps a state.
"""
