"""The Python client of a hub: attach, talk, follow, stay in step.

async with attach() as client:
    session = await client.sessions.create("echo")
    await client.sessions.send(session, "hello")
    async for entry in client.follow(session):
        ...
"""

from .client import Client, attach
from .connection import Connection, ConnectionState
from .conversation import Conversation, ConversationMessage, Text, Tool, Turn
from .entries import Entry
from .errors import ClientError, ConnectionLost, NotRunning, ProblemError, StreamReset, UnexpectedAnswer
from .location import Location, home_folder
from .pace import Pace
from .sessions import MessagePage, SessionPage, Sessions
from .topics import HttpSnapshotProvider, WebSocketSubscriber

__all__ = [
    "Client",
    "ClientError",
    "Connection",
    "ConnectionLost",
    "ConnectionState",
    "Conversation",
    "ConversationMessage",
    "Entry",
    "HttpSnapshotProvider",
    "Location",
    "MessagePage",
    "NotRunning",
    "Pace",
    "ProblemError",
    "SessionPage",
    "Sessions",
    "StreamReset",
    "Text",
    "Tool",
    "Turn",
    "UnexpectedAnswer",
    "WebSocketSubscriber",
    "attach",
    "home_folder",
]
