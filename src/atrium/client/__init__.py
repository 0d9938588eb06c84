"""The Python client of a hub: attach, talk, follow, stay in step.

async with attach() as client:
    session = await client.sessions.create("echo")
    await client.sessions.send(session, "hello")
    async for entry in client.follow(session):
        ...
"""

from atrium.client.client import Client, attach
from atrium.client.connection import Connection, ConnectionState
from atrium.client.conversation import Conversation, ConversationMessage, Step, Text, Tool, Turn
from atrium.client.entries import Entry
from atrium.client.errors import ClientError, ConnectionLost, NotRunning, ProblemError, StreamReset, UnexpectedAnswer
from atrium.client.location import Location, home_folder
from atrium.client.pace import Pace
from atrium.client.sessions import MessagePage, SessionPage, Sessions
from atrium.client.topics import HttpSnapshotProvider, WebSocketSubscriber

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
    "Step",
    "StreamReset",
    "Text",
    "Tool",
    "Turn",
    "UnexpectedAnswer",
    "WebSocketSubscriber",
    "attach",
    "home_folder",
]
