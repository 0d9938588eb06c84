"""What a session may hold and ask for; each refusal names its limit."""

from __future__ import annotations

MAX_CONTENT_BYTES = 1 << 20
MAX_SETTINGS_BYTES = 64 << 10
MAX_ANSWER_CHARACTERS = 64 << 20
MAX_ATTACHMENTS = 10
MAX_FILE_NAME = 200
MAX_QUEUED = 1_000
MAX_TITLE = 200
MAX_TAG = 64
MAX_TAGS = 32
MAX_PINNED = 100
MAX_SEARCH = 200
MAX_TOKEN = 200
MAX_IDEMPOTENCY_KEY = 255
MAX_PAGE = 500
MAX_PAGE_BYTES = 4 << 20
MAX_FORKED_MESSAGES = 10_000
MAX_FORKED_BYTES = 64 << 20
MAX_INCLUDED_MESSAGES = 1_000
MAX_UNREAD = 1_000
HISTORY_MESSAGES = 200
HISTORY_CHARACTERS = 200_000
HISTORY_OUTPUT = 4_000
"""How many characters of a tool's output a later turn is told."""

HISTORY_TOOLS = 50
"""How many tool calls of one answer a later turn is told."""

MAX_FALLBACK = 10
RETRY_AFTER_SECONDS = 5.0
