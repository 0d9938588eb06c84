"""All that a plugin may import."""

from atrium.contracts.events import Event
from atrium.sdk.context import Batch, Context, PluginStorage, SpaceStorage
from atrium.sdk.errors import (
    Action,
    AtriumError,
    Conflict,
    CursorReset,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    PluginFailed,
    PreconditionFailed,
    ProviderError,
    ServiceNotFound,
    ServiceTimeout,
    StorageFailed,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from atrium.sdk.http import EntryStream, FileReply, Reply, Resource, Upload
from atrium.sdk.plugin import (
    Clock,
    Config,
    Contribution,
    Manifest,
    NoConfig,
    Plugin,
    PluginMetadata,
    PluginStatus,
    frame,
    offer,
    route,
    service,
    subscribe,
)
from atrium.sdk.principal import Principal
from atrium.sdk.storage import (
    ABSENT,
    EXISTS,
    SYSTEM,
    Document,
    Entry,
    Index,
    Json,
    NewEntry,
    Page,
    Tail,
    Topic,
    TopicSnapshot,
)

__all__ = [
    "ABSENT", "EXISTS", "SYSTEM", "Action", "AtriumError", "Batch", "Clock", "Config", "Conflict", "Context",
    "Contribution", "CursorReset", "Document", "Entry", "EntryStream", "Event", "FieldError", "FileReply", "Forbidden",
    "Index", "InvalidInput", "Json", "Manifest", "NewEntry", "NoConfig", "NotFound", "Page", "Plugin", "PluginFailed",
    "PluginMetadata", "PluginStatus", "PluginStorage", "PreconditionFailed", "Principal", "ProviderError", "Reply",
    "Resource", "ServiceNotFound", "ServiceTimeout", "SpaceStorage", "StorageFailed", "Tail", "TooManyRequests",
    "Topic", "TopicSnapshot", "Unauthenticated", "Unavailable", "Upload", "frame", "offer", "route", "service",
    "subscribe",
]  # fmt: skip
