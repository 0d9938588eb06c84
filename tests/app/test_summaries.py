"""What the terminal says while the beginning of a conversation is summarised, and of its summary."""

import shutil
from pathlib import Path

from atrium.app.chat.screen import progress_in_words, summary_in_words
from atrium.testing.daemon import running_daemon
from tests.app.running import run_atrium
from tests.app.terminal import ENTER, terminal
from tests.sessions import forgetful

LONG = "peas and beans and lentils " * 5


async def test_a_question_and_a_chat_say_what_they_wait_for(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(forgetful.__file__, home / "plugins")
    async with running_daemon(home) as daemon, daemon.attach() as client:
        for asked in ("by a question", "in a chat"):
            session = await client.sessions.create("echo", title=asked)
            for number in range(3):
                assert (await run_atrium("chat", session, "-m", f"{number} {LONG}", home=home))[0] == 0
            if asked == "by a question":
                code, out, err = await run_atrium("chat", session, "-p", "forgetful", "-m", "and now?", home=home)
                assert (code, out.startswith("I know a summary")) == (0, True)
                assert "Summarising the earlier conversation" in err
            else:
                async with terminal("chat", session, "-p", "forgetful", home=home) as screen:
                    await screen.until("2 peas")
                    screen.type(f"and now?{ENTER}")
                    await screen.until("forgetful has a summary of the first")
                    await screen.until("I know a summary")
                    screen.type(f"/quit{ENTER}")


def test_it_names_the_part_where_there_are_more() -> None:
    assert progress_in_words({"part": 1, "parts": 1}) == "Summarising the earlier conversation"
    assert progress_in_words({"part": 2, "parts": 3}) == "Summarising the earlier conversation (part 2 of 3)"


def test_it_says_who_wrote_for_whom() -> None:
    own = {"providerId": "two", "readerId": "two", "messages": 8}
    assert summary_in_words(own) == "two has a summary of the first 8 messages, written by itself"
    assert summary_in_words(own | {"providerId": "one"}).endswith("written by one")
