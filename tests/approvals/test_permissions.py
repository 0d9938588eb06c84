"""What is allowed beyond one act: exactly this again in this project, or a tool within a folder in this session."""

from typing import Any

import pytest

from atrium.contracts.approvals import Act
from atrium.plugins.approvals.binding import covers, is_pattern, options, runs_anything
from atrium.sdk import InvalidInput
from tests.approvals.house import ALICE, REMOVE, WRITE, House, house


async def _allow(there: House, act: Act, answer: str, pattern: str | None = None) -> None:
    asking = there.ask(act)
    [question] = await there.open(1)
    await there.answer(question["id"], answer, pattern=pattern)
    await asking


async def test_always_is_for_exactly_this_act_in_this_project() -> None:
    async with house() as there:
        await _allow(there, REMOVE, "allow_always")
        again = await there.ask(REMOVE, key="call-2", session_id="session-2")
        assert again.allowed
        assert again.rule is not None
        changes: list[dict[str, Any]] = [
            {"argv": ("rm", "-r", "src")}, {"cwd": "/"}, {"env": {"LANG": "de"}}, {"tool": "other"},
        ]  # fmt: skip
        for number, change in enumerate(changes):
            _ = there.ask(REMOVE.model_copy(update=change), key=f"changed-{number}")
            await there.open(number + 1)
        _ = there.ask(REMOVE, key="elsewhere", project="other")
        await there.open(5)


async def test_a_session_permission_is_for_a_tool_within_a_folder() -> None:
    async with house() as there:
        await _allow(there, WRITE, "allow_session", pattern="/home/alice/notes/**")
        below = WRITE.model_copy(update={"paths": ("/home/alice/notes/deep/b.md",), "arguments": {"text": "other"}})
        assert (await there.ask(below, key="call-2")).allowed
        outside: list[dict[str, Any]] = [
            {"paths": ("/home/alice/notes-private/b.md",)},
            {"paths": ("/home/alice/notes/../.ssh/config",)},
            {"paths": ("/home/alice/notes/a.md", "/etc/passwd")},
            {"paths": ("notes/a.md",)},
            {"paths": ()},
            {"tool": "delete_file"},
            {"argv": ("rm", "a.md")},
        ]
        for number, change in enumerate(outside):
            _ = there.ask(WRITE.model_copy(update=change), key=f"outside-{number}")
            await there.open(number + 1)
        _ = there.ask(WRITE, key="another session", session_id="session-2")
        await there.open(len(outside) + 1)


@pytest.mark.parametrize("path", ["notes/a.md", "/home/alice/../bob/a.md"])
def test_a_path_that_no_pattern_covers_is_not_offered_for_a_session(path: str) -> None:
    act = WRITE.model_copy(update={"paths": (*WRITE.paths, path)})
    assert "allow_session" in options(WRITE, project=None, session_id="s")
    assert "allow_session" not in options(act, project=None, session_id="s")


async def test_a_permission_can_be_taken_back() -> None:
    async with house() as there:
        await _allow(there, REMOVE, "allow_always")
        [permission] = (await there.call("approvals.permissions", ALICE)).data
        assert permission["title"] == "Write a.md"
        await there.call("approvals.take_back", ALICE, permission["id"])
        _ = there.ask(REMOVE, key="call-2")
        await there.open(1)


@pytest.mark.parametrize(
    "pattern", ["/**", "/", "relative/**", "/home/*/notes/**", "/home/../etc/**", "", "/etc/**", None]
)
async def test_a_pattern_must_be_a_place_that_covers_the_act(pattern: str | None) -> None:
    async with house() as there:
        _ = there.ask()
        [question] = await there.open(1)
        with pytest.raises(InvalidInput, match="pattern"):
            await there.answer(question["id"], "allow_session", pattern=pattern)
        assert len(await there.open(1)) == 1


@pytest.mark.parametrize(
    "program",
    [
        "python3",
        "/usr/bin/python3.12",
        "bash",
        "sh",
        "node",
        "env",
        "sudo",
        "npx",
        "uv",
        "make",
        "git",
        "find",
        "tar",
        "SSH",
        *(
            "ash",
            "pwsh",
            "mksh",
            "perl5.36",
            "lua5.4",
            "java",
            "flock",
            "chroot",
            "unshare",
            "tmux",
            "screen",
            "script",
        ),
    ],
)
def test_programs_that_run_anything_are_never_allowed_for_long(program: str) -> None:
    act = Act(tool="command", argv=(program, "x"), paths=("/tmp/x",))
    assert runs_anything(act)
    assert options(act, project="p", session_id="s") == ("allow", "reject")


@pytest.mark.parametrize("program", ["ls", "rm", "rg", "pytest-report", "gitk-like", "/opt/tool"])
def test_other_programs_can_be_allowed_for_ever(program: str) -> None:
    assert not runs_anything(Act(tool="command", argv=(program,)))


def test_every_part_of_an_act_is_in_its_digest() -> None:
    changes: list[dict[str, object]] = [
        {"tool": "x"}, {"arguments": {"a": 1}}, {"argv": ("rm", "-r", "build ")}, {"argv": ("rm", "-r build")},
        {"cwd": "/home/alice"}, {"env": {"LANG": "C", "PATH": "/tmp"}}, {"paths": ("/x",)},
    ]  # fmt: skip
    digests = {REMOVE.digest(), *(REMOVE.model_copy(update=change).digest() for change in changes)}
    assert len(digests) == len(changes) + 1


def test_patterns() -> None:
    assert is_pattern("/home/a/**")
    assert is_pattern("/home/a/b.md")
    assert covers("/home/a/b.md", ("/home/a/b.md",))
    assert not covers("/home/a/b.md", ("/home/a/b.md2",))
    assert not covers("/home/a/**", ())
