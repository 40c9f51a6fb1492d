"""How the book lies and how the camera stands: everything of a photograph but the pages themselves."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

LEVELS = (0, 1, 2, 3)  # flat on glass, mild, a book on a table, a thick book with tilt


@dataclass(frozen=True, slots=True)
class Curl:
    """A page rises from the gutter as T(1 - e^(-x/a)) + h (x/b) e^(1 - x/b), in millimetres."""

    thickness: float  # T
    rise: float  # a: how fast it gets there
    hump: float  # h
    crest: float  # b: where the hump is highest
    cone: float = 0.0  # by which part of it the curl grows from the middle of the page to its foot
    twist: float = 0.0  # millimetres by which the outer bottom corner is lifted


@dataclass(frozen=True, slots=True)
class Scene:
    """One photograph. Lengths in millimetres, angles in degrees."""

    single: bool  # one page on the glass or table, no facing page
    curls: tuple[Curl, Curl]  # of the left and the right page
    focal: float  # over the width of the frame
    frame_mm: float  # what the width of the frame covers on the table
    tilt: float
    roll: float
    turn: float  # of the book on the table
    offset: tuple[float, float]  # of the camera from the middle of the book
    lens: float  # radial distortion: at the edge of the frame, as a part of the radius
    lamp: tuple[float, float, float]
    falloff: float  # how much of the light falls off with distance, 0 to 1
    gutter_shade: float  # how much darker the gutter is, 0 to 1
    shadow: float  # of a head or an arm over a corner, 0 to 1
    vignette: float
    cast: tuple[float, float, float]  # blue, green, red
    desk: tuple[int, int, int]  # blue, green, red
    grain: float  # of the desk
    show_through: float
    ink_blur: float  # in pixels of a 300 dpi page
    defocus: float  # in pixels of a frame 4000 wide
    motion: float = 0.0  # likewise
    noise: float = 2.0  # in grey levels
    jpeg: int = 92
    fingers: int = 0
    glare: float = 0.0  # a lamp mirrored on gloss paper: 0 none, 1 burns the print away
    block: float = 2.0  # visible edge of the block of pages beside the page


def draw_scene(level: int, seed: int) -> Scene:
    """A scene of one of the four levels."""
    random = Random(f"scene/{level}/{seed}")  # noqa: S311 (a drawing, not a secret)
    return _glass(random) if level == 0 else _table(level, random)


def _glass(random: Random) -> Scene:
    flat = Curl(0, 10, 0, 40)
    lid = random.choice([(250, 250, 250), (245, 245, 240), (25, 25, 25)])
    return Scene(
        single=True, curls=(flat, flat), focal=30, frame_mm=random.uniform(158, 170), tilt=0, roll=0,
        turn=random.uniform(-1.5, 1.5), offset=(random.uniform(-2, 2), random.uniform(-2, 2)), lens=0,
        lamp=(0, 0, 1e6), falloff=0, gutter_shade=0, shadow=0, vignette=0,
        cast=(1, 1, 1), desk=lid, grain=0.5, show_through=random.uniform(0, 0.06),
        ink_blur=random.uniform(0.5, 0.8),
        defocus=0.4, noise=1.5, block=0,
    )  # fmt: skip


def _table(level: int, random: Random) -> Scene:
    mild, thick = level == 1, level == 3
    between = random.uniform
    thickness = between(1, 3) if mild else between(16, 26) if thick else between(5, 11)
    crest = between(45, 75)
    curls = []
    for share in (random.uniform(0.35, 1.0), random.uniform(0.35, 1.0)):
        curls.append(
            Curl(
                thickness=thickness * share,
                rise=between(10, 16) if thick else between(12, 20),
                hump=between(0, 1.5) if mild else between(5, 11) * share if thick else between(2, 5) * share,
                crest=crest * between(0.85, 1.15),
                cone=0.0,
                twist=0.0,
            )
        )
    tone = random.choice(
        [(60, 75, 95), (35, 35, 38), (120, 130, 140), (70, 100, 150), (90, 60, 40), (140, 150, 150)]
    )
    return Scene(
        single=False, curls=(curls[0], curls[1]), focal=between(0.95, 1.3), frame_mm=between(335, 365),
        tilt=between(-1, 1) if mild else between(-8, 8) if thick else between(-2.5, 2.5),
        roll=between(-1, 1) if mild else between(-5, 5) if thick else between(-1.5, 1.5),
        turn=between(-1, 1) if mild else between(-5, 5) if thick else between(-2, 2),
        offset=(between(-8, 8), between(-8, 8)) if not thick else (between(-20, 20), between(-15, 15)),
        lens=between(-0.008, 0.004),
        lamp=(between(-250, 250), between(-250, 250), between(350, 600)), falloff=between(0.3, 1.0),
        gutter_shade=between(0.1, 0.25) if mild else between(0.25, 0.5), shadow=between(0, 0.35),
        vignette=between(0.05, 0.25), cast=(between(0.86, 1.0), between(0.95, 1.0), 1.0),
        desk=tone, grain=between(2, 9), show_through=between(0, 0.1), ink_blur=between(0.5, 0.9),
        defocus=between(0.4, 0.9), noise=between(1.5, 3.0), block=thickness * 0.25,
    )  # fmt: skip
