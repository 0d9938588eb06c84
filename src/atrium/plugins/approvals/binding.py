"""What may be allowed beyond the one act that was asked about."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from atrium.contracts.approvals import Act, Answer

# A permission for these would be one for anything: they run what their arguments or their input say.
_RUNS_ANYTHING = re.compile(
    r"""(ba|da|a|z|k|mk|c|tc|fi|pw)?sh | powershell | busybox
    | python[\d.]* | pypy[\d.]* | ipython[\d.]* | node(js)? | deno | bun
    | ruby[\d.]* | perl[\d.]* | php[\d.]* | lua(jit)?[\d.]* | tclsh[\d.]* | awk | gawk | mawk | nawk | sed | ed
    | vim? | nvim | emacs
    | env | xargs | find | parallel | nice | nohup | timeout | stdbuf | strace | gdb | script | watch | time | setsid
    | flock | chroot | unshare | nsenter | tmux | screen | java | Rscript
    | sudo | doas | su | ssh | docker | podman | kubectl | systemd-run | crontab | at
    | make | cmake | ninja | gradle | mvn | ant | tox | nox | just
    | npm | npx | pnpm | yarn | pip[\d.]* | pipx | uv | uvx | poetry | cargo | go | gem | bundle | composer
    | git | tar | zip | rsync | scp | curl | wget | tee | dd""",
    re.VERBOSE | re.IGNORECASE,
)


def runs_anything(act: Act) -> bool:
    """Tell whether a command's program does whatever it is told: an interpreter, a shell, a launcher."""
    return bool(act.argv) and _RUNS_ANYTHING.fullmatch(PurePosixPath(act.argv[0]).name) is not None


def options(act: Act, *, project: str | None, session_id: str | None) -> tuple[Answer, ...]:
    """Return how the question may be answered.

    For ever is for one exact command or call in one project; for a session is for a tool within some paths.
    """
    found: list[Answer] = ["allow"]
    if session_id is not None and act.paths and not act.argv and all(map(_is_plain, act.paths)):
        found.append("allow_session")
    if project is not None and not runs_anything(act):
        found.append("allow_always")
    return (*found, "reject")


def covers(pattern: str, paths: tuple[str, ...]) -> bool:
    """Tell whether every path matches a pattern: an absolute path, or a folder with `/**` for all that is below it.

    Paths are compared as written, so one that climbs (`..`) is never covered. Links are the sandbox's business.
    """
    return bool(paths) and all(_covers(pattern, path) for path in paths)


def is_pattern(pattern: str) -> bool:
    """Tell whether this can be a pattern: absolute, no `..`, no wildcard but `/**` at the end, not the whole disk."""
    folder = PurePosixPath(pattern.removesuffix("/**"))
    return folder.is_absolute() and ".." not in folder.parts and "*" not in str(folder) and len(folder.parts) > 1


def _is_plain(path: str) -> bool:
    """Tell whether a pattern can cover a path: it is absolute and does not climb."""
    return path.startswith("/") and ".." not in PurePosixPath(path).parts


def _covers(pattern: str, path: str) -> bool:
    asked = PurePosixPath(path)
    if not _is_plain(path):
        return False
    if pattern.endswith("/**"):
        return asked.is_relative_to(pattern.removesuffix("/**"))
    return asked == PurePosixPath(pattern)
