"""The player's addresses of an event, and the viewer's address of its session.

Opencast has had several players, and links to all of them stand in course pages: /play/ID, which leads to
whichever is set; Paella 8, 7 and 6; Theodul; the players of Matterhorn; and the LTI tools' own. Queries may
say more besides the id (mode=embed, t=30). An LTI launch is a POST that names its event in the body: it has
no address.
"""

from dataclasses import dataclass
from urllib.parse import quote

PLAY = "/play/"
"""What the address begins with that ends with the id."""

PAGES = (
    "/paella8/ui/watch.html",
    "/paella7/ui/watch.html",
    "/paella/ui/watch.html",
    "/paella/ui/embed.html",
    "/engage/theodul/ui/core.html",
    "/engage/ui/watch.html",
    "/engage/ui/player.html",
    "/engage/ui/embed.html",
    "/ltitools/player/index.html",
)
"""The pages that take the id as `id` of their query."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the old player was and where Panopto is: addresses without a slash at their ends."""

    player: str
    panopto: str

    def old(self, event_id: str) -> tuple[str, ...]:
        """Return every player address of an event."""
        name = quote(event_id, safe="")
        return (f"{self.player}{PLAY}{name}", *(f"{self.player}{page}?id={name}" for page in PAGES))

    def new(self, session_id: str) -> str:
        """Return the viewer's address of a session."""
        return f"{self.panopto}/Panopto/Pages/Viewer.aspx?id={quote(session_id, safe='')}"
