"""What a person feels, measured in Chromium: loading, opening, scrolling, tokens, memory."""
