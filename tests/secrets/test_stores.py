"""The stores of secrets: the contract, and what each promises besides."""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from pydantic import SecretStr

from atrium.adapters.secrets import EncryptedFileStore, HomeSecretStore, KeyringStore, KeySource, MemorySecretStore
from atrium.adapters.secrets.encryption_key import CREDENTIAL, VARIABLE
from atrium.adapters.secrets.whole_file import WholeFile
from atrium.sdk.secrets import SecretsDamaged, SecretsUnavailable
from atrium.testing.secret_suite import SecretSuite, StoreFactory
from tests.secrets.setting import program

CANARY = "sk-canary-8d1f0c77"


def now() -> float:
    return 1_800_000_000.0


def file_store(folder: Path, **key: str) -> EncryptedFileStore:
    return EncryptedFileStore(folder, KeySource(folder, **key), now)


class Ring(KeyringBackend):
    """A keyring of this process, which can be locked, and be silent as one that asks a person."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library has not typed it
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.speaking = threading.Event()
        self.speaking.set()

    def get_password(self, service: str, username: str) -> str | None:
        self._answer()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer()
        del self.kept[service, username]

    def _answer(self) -> None:
        self.speaking.wait()
        if self.locked:
            raise KeyringLocked("it is locked")


def ring_store(folder: Path, ring: Ring | None, patience: float = 50) -> KeyringStore:
    return KeyringStore(folder, now, lambda: ring, patience)


class TestMemory(SecretSuite):
    @pytest.fixture
    def factory(self) -> StoreFactory:
        store = MemorySecretStore(now)
        return lambda: store


class TestEncryptedFile(SecretSuite):
    @pytest.fixture
    def factory(self, tmp_path: Path) -> StoreFactory:
        return lambda: file_store(tmp_path / "secrets")


class TestKeyring(SecretSuite):
    @pytest.fixture
    def factory(self, tmp_path: Path) -> StoreFactory:
        ring = Ring()
        return lambda: ring_store(tmp_path / "secrets", ring)


class TestOfAHome(SecretSuite):
    @pytest.fixture
    def factory(self, tmp_path: Path) -> StoreFactory:
        return lambda: home_store(tmp_path, None)


def home_store(folder: Path, ring: Ring | None, choice: str = "auto") -> HomeSecretStore:
    return HomeSecretStore(choice, ring_store(folder, ring), file_store(folder))  # type: ignore[arg-type]  # a choice


async def test_the_files_are_their_owners_alone_and_have_no_value(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    await file_store(folder).set("A", SecretStr(CANARY))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["key", "lock", "store.json"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert CANARY.encode() not in path.read_bytes()
        assert base64.b64encode(CANARY.encode())[:-4] not in path.read_bytes()


async def test_whatever_is_changed_in_the_file_is_noticed(tmp_path: Path) -> None:
    store, path = file_store(tmp_path), tmp_path / "store.json"
    await store.set("A", SecretStr("one"))
    await store.set("B", SecretStr("two"))
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        if is_spaced_otherwise(bytes(changed), whole):
            continue
        path.write_bytes(changed)
        with pytest.raises(SecretsUnavailable) as refusal:
            await store.get("A")
        assert "set the secrets again" in str(refusal.value)
        with pytest.raises(SecretsUnavailable):
            await store.set("C", SecretStr("three"))
        assert path.read_bytes() == changed
    for place in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:place])
        with pytest.raises(SecretsDamaged):
            await store.get("A")
    path.write_bytes(whole)
    assert (await store.get("A")).get_secret_value() == "one"


def is_spaced_otherwise(changed: bytes, whole: bytes) -> bool:
    try:
        return bool(json.loads(changed) == json.loads(whole))
    except ValueError:
        return False


async def test_values_cannot_be_given_another_name(tmp_path: Path) -> None:
    store, path = file_store(tmp_path), tmp_path / "store.json"
    await store.set("A", SecretStr("one"))
    path.write_text(path.read_text().replace('"A"', '"B"'))
    for name in ("A", "B"):
        with pytest.raises(SecretsDamaged):
            await store.get(name)


@pytest.mark.parametrize("source", ["variable", "credential"])
async def test_the_key_may_come_from_elsewhere(tmp_path: Path, source: str) -> None:
    key, folder = base64.b64encode(secrets.token_bytes(32)).decode(), tmp_path / "secrets"
    environ = {VARIABLE: key} if source == "variable" else {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    if source == "credential":
        (tmp_path / CREDENTIAL).write_text(key + "\n")
    store = EncryptedFileStore(folder, KeySource.of(folder, environ), now)
    await store.set("A", SecretStr("one"))
    assert VARIABLE not in environ, "no child of the process shall have it"
    assert not (folder / "key").exists()
    with pytest.raises(SecretsUnavailable, match=r"the key of .* is gone: put it back into .*ATRIUM_SECRETS_KEY"):
        await file_store(folder).get("A")
    assert (await file_store(folder, variable=key).get("A")).get_secret_value() == "one"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (base64.b64encode(bytes(32)).decode(), r"ATRIUM_SECRETS_KEY is not the key of .*: give the one it was"),
        ("too short", "openssl rand -base64 32"),
        (base64.b64encode(bytes(31)).decode(), "openssl rand -base64 32"),
    ],
)
async def test_a_wrong_key_says_what_to_do_and_changes_nothing(tmp_path: Path, key: str, why: str) -> None:
    await file_store(tmp_path).set("A", SecretStr("one"))
    wrong = file_store(tmp_path, variable=key)
    for attempt in (lambda: wrong.get("A"), lambda: wrong.set("A", SecretStr("two")), lambda: wrong.remove("A")):
        with pytest.raises(SecretsUnavailable, match=why) as refusal:
            await attempt()
        assert key not in str(refusal.value)
    with pytest.raises(SecretsUnavailable, match=why):
        wrong.has("A")
    assert [info.name for info in await wrong.list()] == ["A"], "names need no key"
    assert (await file_store(tmp_path).get("A")).get_secret_value() == "one"


def setting(folder: Path, name: str, count: int, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        program(folder, name, count), env=os.environ | environment, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("point", [f"secrets.{step}:{time}" for time in (1, 2, 3) for step in ("written", "replaced")])
async def test_nothing_is_lost_or_half_there_after_death_at(tmp_path: Path, point: str) -> None:
    with setting(tmp_path, "a", 3, ATRIUM_CRASH_AT=point) as dying:
        said = dying.communicate(timeout=50)[0]
    assert dying.returncode == -signal.SIGKILL
    acknowledged = {f"a-{number}" for number in said.split()}
    store = file_store(tmp_path)
    found = {info.name for info in await store.list()}
    assert acknowledged <= found <= acknowledged | {f"a-{len(acknowledged)}"}
    for name in found:
        assert (await store.get(name)).get_secret_value() == "value"
    await store.set("after", SecretStr("that"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "lock", "store.json"]


async def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    with setting(tmp_path, "a", 8) as one, setting(tmp_path, "b", 8) as two:
        assert (one.wait(50), two.wait(50)) == (0, 0)
    names = {f"{who}-{number}" for who, number in itertools.product("ab", range(8))}
    assert {info.name for info in await file_store(tmp_path).list()} == names


def test_a_lock_that_is_never_let_go_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    refused = pytest.raises(SecretsUnavailable, match="try again when it has ended")
    with WholeFile(path).changing(), refused, WholeFile(path, patience=0.01).changing():
        raise AssertionError("two hold one lock")


async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a file")
    with pytest.raises(SecretsUnavailable, match=r"secrets.*: (File exists|Not a directory)"):
        await file_store(tmp_path / "secrets").set("A", SecretStr(CANARY))


async def test_a_keyring_keeps_the_values_and_the_home_only_names(tmp_path: Path) -> None:
    ring = Ring()
    await ring_store(tmp_path / "one", ring).set("A", SecretStr(CANARY))
    await ring_store(tmp_path / "two", ring).set("A", SecretStr("of another home"))
    assert sorted(ring.kept.values()) == ["of another home", CANARY]
    assert CANARY not in (tmp_path / "one" / "keyring.json").read_text()
    await ring_store(tmp_path / "one", ring).remove("A")
    assert list(ring.kept.values()) == ["of another home"]


async def test_a_keyring_that_is_locked_silent_or_gone_says_what_to_do(tmp_path: Path) -> None:
    ring = Ring()
    store = ring_store(tmp_path, ring, patience=0.01)
    await ring_store(tmp_path, ring).set("A", SecretStr("one"))
    ring.locked = True
    with pytest.raises(SecretsUnavailable, match=r"it is locked.*unlock it and try again, or .*secrets.store"):
        await ring_store(tmp_path, ring).get("A")
    ring.speaking.clear()
    with pytest.raises(SecretsUnavailable, match=r"has not answered.*unlock it"):
        await store.get("A")
    ring.speaking.set()
    with pytest.raises(SecretsUnavailable, match="start the hub in your session; unlock it"):
        await ring_store(tmp_path, None).get("A")
    (tmp_path / "keyring.json").write_text("{")
    with pytest.raises(SecretsDamaged, match="set the secrets again"):
        store.has("A")


@pytest.mark.parametrize("has_keyring", [True, False])
async def test_a_home_stays_with_the_store_of_its_first_secret(tmp_path: Path, has_keyring: bool) -> None:
    ring = Ring()
    first, later = (ring, None) if has_keyring else (None, ring)
    await home_store(tmp_path, first).set("A", SecretStr("one"))
    assert bool(ring.kept) is has_keyring
    kept = home_store(tmp_path, later)
    assert kept.has("A")
    assert ("keyring" in kept.place) is has_keyring
    if has_keyring:
        with pytest.raises(SecretsUnavailable):
            await kept.set("B", SecretStr("two"))
    else:
        await kept.set("B", SecretStr("two"))
        assert not ring.kept


async def test_the_settings_may_choose_the_store(tmp_path: Path) -> None:
    ring = Ring()
    await home_store(tmp_path, ring, "file").set("A", SecretStr("one"))
    assert not ring.kept
    await home_store(tmp_path, ring, "keyring").set("B", SecretStr("two"))
    assert list(ring.kept.values()) == ["two"]
    assert [info.name for info in await home_store(tmp_path, ring, "keyring").list()] == ["B"]


def test_nothing_heavy_is_imported_before_a_secret_is_used(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from atrium.adapters.secrets import open_store
assert not open_store(Path({str(tmp_path)!r}), "auto", lambda: 1.8e9, {{}}).has("A")
assert not {{"cryptography", "keyring"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
