"""The geometric half of the pipeline in one call: a photograph in, flat upright pages out."""

from __future__ import annotations

from appliance.pages.sheet import Camera, FlatPage, Image, Wish


def flatten(photo: Image, camera: Camera | None = None, wish: Wish | None = None) -> list[FlatPage]:
    """All pages of one photograph, left before right; the same input gives the same output.

    Always gives at least one page: where none is to be seen, it is the whole photograph, with the finding
    `no_page` (or `covered`). The photograph itself is left as it is.
    """
    raise NotImplementedError
