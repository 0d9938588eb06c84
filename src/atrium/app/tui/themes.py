"""The colours of the full-screen terminal: light, dark and high contrast, with the roles of the web page."""

from __future__ import annotations

from textual.theme import Theme

DARK, LIGHT, CONTRAST = "dark", "light", "contrast"


def themes() -> tuple[Theme, ...]:
    """Return the themes; text is readable at WCAG AA in each, at AAA in high contrast."""
    return (
        _theme(DARK, "#131110 #1b1918 #ebe7e1 #a29d95 #35312e #7fc0cf #e3b273 #ea8b7f #84c79a"),
        _theme(LIGHT, "#f6f4f1 #fdfcfb #1f1c19 #5e5953 #d9d5cf #20697a #835612 #b23a30 #23703f"),
        _theme(CONTRAST, "#000000 #000000 #ffffff #e0e0e0 #ffffff #7fe8ff #ffd75f #ff9d94 #8dff9d"),
    )


def _theme(name: str, colours: str) -> Theme:
    surface, raised, text, muted, line, accent, warning, danger, positive = colours.split()
    return Theme(
        name=name,
        primary=accent,
        secondary=muted,
        accent=accent,
        warning=warning,
        error=danger,
        success=positive,
        foreground=text,
        background=surface,
        surface=surface,
        panel=raised,
        dark=name != LIGHT,
        text_alpha=1.0,
        variables={
            "muted": muted,
            "line": line,
            "raised": raised,
            "block-cursor-text-style": "none",
            "block-cursor-foreground": text,
            "block-cursor-background": line if name != CONTRAST else "#004a5a",
            "input-cursor-background": text,
            "input-cursor-foreground": surface,
            "input-selection-background": f"{accent} 30%",
            "scrollbar": line,
            "scrollbar-hover": muted,
            "scrollbar-active": muted,
            "scrollbar-background": surface,
            "scrollbar-background-hover": surface,
            "scrollbar-background-active": surface,
        },
    )
