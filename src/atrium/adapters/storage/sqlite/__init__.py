"""Storage in one SQLite file: write-ahead log, group commit, every acknowledged write fsynced."""

from atrium.adapters.storage.sqlite.adapter import SQLiteStorageAdapter
from atrium.adapters.storage.sqlite.faults import DatabaseUnusable
from atrium.adapters.storage.sqlite.schema import sqlite_version_problem

__all__ = ["DatabaseUnusable", "SQLiteStorageAdapter", "sqlite_version_problem"]
