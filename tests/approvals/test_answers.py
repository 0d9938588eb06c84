"""A question blocks until it is answered: once, for exactly one act, by the person it belongs to."""

import asyncio

import pytest

from atrium.contracts.approvals import Act
from atrium.plugins.approvals.errors import ActChanged, AlreadyAnswered
from atrium.sdk import InvalidInput, NotFound, TooManyRequests
from atrium.sdk.spi import StorageAdapter
from tests.approvals.house import ALICE, BOB, PHONE, REMOVE, SCRIPT, WRITE, house, turns


async def test_an_act_waits_for_its_answer_and_gets_it(adapter: StorageAdapter) -> None:
    async with house(adapter) as there:
        asking = there.ask(REMOVE, title="Remove build")
        [question] = await there.open(1)
        assert not asking.done()
        assert question["title"] == "Remove build"
        assert question["act"]["command"] == "rm -r build"
        assert question["act"]["env"] == ["LANG"]
        assert "key" not in question
        closed = await there.answer(question["id"], "allow", message="go on")
        assert (closed["status"], closed["answeredBy"], closed["message"]) == ("allowed", "phone", "go on")
        decision = await asking
        assert decision.allowed
        assert decision.digest == question["digest"]
        assert decision.message == "go on"
        assert await there.open(0) == []


async def test_a_rejection_reaches_the_asker_with_its_words(adapter: StorageAdapter) -> None:
    async with house(adapter) as there:
        asking = there.ask()
        [question] = await there.open(1)
        await there.answer(question["id"], "reject", message="not this file")
        decision = await asking
        assert (decision.allowed, decision.status, decision.message) == (False, "rejected", "not this file")


async def test_of_many_answers_the_first_one_counts(adapter: StorageAdapter) -> None:
    async with house(adapter) as there:
        asking = there.ask()
        [question] = await there.open(1)
        answers = [there.answer(question["id"], answer) for answer in ("allow", "reject", "allow", "reject")]
        outcomes = await asyncio.gather(*answers, return_exceptions=True)
        losers = [outcome for outcome in outcomes if isinstance(outcome, AlreadyAnswered)]
        [winner] = [outcome for outcome in outcomes if isinstance(outcome, dict)]
        assert len(losers) == 3
        assert (await asking).status == winner["status"]
        with pytest.raises(AlreadyAnswered, match="by phone"):
            await there.answer(question["id"], "allow", caller=ALICE)


async def test_an_answer_is_for_the_act_that_was_read(adapter: StorageAdapter) -> None:
    async with house(adapter) as there:
        asking = there.ask()
        [question] = await there.open(1)
        with pytest.raises(ActChanged):
            await there.answer(question["id"], "allow", digest="0" * 64)
        await there.answer(question["id"], "allow", digest=question["digest"])
        assert (await asking).allowed


async def test_nobody_answers_for_another_person() -> None:
    async with house() as there:
        _ = there.ask()
        [question] = await there.open(1)
        with pytest.raises(NotFound):
            await there.answer(question["id"], "allow", caller=BOB)
        with pytest.raises(NotFound):
            await there.call("approvals.get", BOB, question["id"])
        assert (await there.call("approvals.get", PHONE, question["id"]))["status"] == "pending"


async def test_another_act_under_the_same_key_is_another_question(adapter: StorageAdapter) -> None:
    async with house(adapter) as there:
        harmless = there.ask(REMOVE)
        [first] = await there.open(1)
        asking = there.ask(REMOVE.model_copy(update={"argv": ("rm", "-r", "/")}))
        assert (await harmless).status == "withdrawn"
        [second] = await there.open(1)
        assert (second["act"]["command"], asking.done()) == ("rm -r /", False)
        with pytest.raises(AlreadyAnswered, match="withdrawn"):
            await there.answer(first["id"], "allow")
        await there.answer(second["id"], "allow")
        assert (await asking).approval_id == second["id"]


async def test_an_answer_is_given_to_one_asker_only() -> None:
    async with house() as there:
        asking = [there.ask(), there.ask()]
        [question] = await there.open(1)
        await turns()
        await there.answer(question["id"], "allow")
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyAnswered", "Decision"]


async def test_the_same_key_asks_anew_once_its_answer_was_taken() -> None:
    async with house() as there:
        first = there.ask()
        [question] = await there.open(1)
        await there.answer(question["id"], "allow")
        await first
        _ = there.ask()
        [second] = await there.open(1)
        assert second["id"] != question["id"]


async def test_a_cancelled_asker_withdraws_the_question() -> None:
    async with house() as there:
        asking = there.ask()
        [question] = await there.open(1)
        asking.cancel()
        await there.open(0)
        assert (await there.call("approvals.get", ALICE, question["id"]))["status"] == "withdrawn"
        with pytest.raises(AlreadyAnswered, match="withdrawn"):
            await there.answer(question["id"], "allow")


async def test_a_question_stays_while_one_of_its_askers_does() -> None:
    async with house() as there:
        leaving, staying = there.ask(), there.ask()
        [question] = await there.open(1)
        await turns()
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await there.answer(question["id"], "allow")
        assert (await staying).allowed


async def test_low_risk_is_allowed_and_noted() -> None:
    async with house() as there:
        decision = await there.ask(risk="low")
        assert (decision.allowed, decision.rule) == (True, "low risk")
        assert (await there.call("approvals.get", ALICE, decision.approval_id))["rule"] == "low risk"


async def test_low_risk_can_be_asked_about() -> None:
    async with house(askLow=True) as there:
        asking = there.ask(risk="low")
        [question] = await there.open(1)
        await there.answer(question["id"], "reject")
        assert not (await asking).allowed


async def test_too_many_questions_are_refused() -> None:
    async with house(maxPending=2) as there:
        _ = there.ask(key="a")
        _ = there.ask(key="b")
        await there.open(2)
        with pytest.raises(TooManyRequests, match="2 questions wait"):
            await there.ask(key="c")
        _ = there.ask(key="c", caller=BOB)
        assert len(await there.open(1, BOB)) == 1


async def test_a_large_change_is_asked_about_whole_until_all_are_too_large(adapter: StorageAdapter) -> None:
    before, after = (
        20_000 * "the line as it was, with its end, it is\tlong\n",
        20_000 * "and the line as it is to be:\t“long”\n",
    )
    act = Act(tool="edit", arguments={"changes": [{"path": "/a", "oldText": before, "newText": after}]})
    async with house(adapter) as there:
        asking = there.ask(act)
        [question] = await there.open(1)
        assert question["act"]["arguments"] == act.arguments
        for count in range(2, 20):
            _ = there.ask(act, key=f"call-{count}")
            await there.open(count)
        with pytest.raises(TooManyRequests, match="very large together"):
            await there.ask(act, key="call-20")
        await there.answer(question["id"], "allow")
        assert (await asking).allowed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"title": " "}, "title", id="no title"),
        pytest.param({"title": "x" * 201}, "title", id="long title"),
        pytest.param({"key": ""}, "key", id="no key"),
        pytest.param({"act": Act(tool="")}, "act.tool", id="no tool"),
        pytest.param({"act": Act(tool="t", argv=("x" * 5_000_000,))}, "act", id="five megabytes"),
        pytest.param({"act": Act(tool="t", arguments={"n": 1 << 70})}, "act", id="a number that is too large"),
    ],
)
async def test_what_cannot_be_shown_is_refused(changes: dict[str, object], field: str) -> None:
    async with house() as there:
        with pytest.raises(InvalidInput) as refused:
            await there.ask(**{"act": WRITE, **changes})  # type: ignore[arg-type]  # wrong on purpose
        assert refused.value.fields[0].field == field
        assert await there.open(0) == []


async def test_an_answer_that_the_question_does_not_offer_is_refused() -> None:
    async with house() as there:
        _ = there.ask(SCRIPT)
        [question] = await there.open(1)
        assert question["options"] == ["allow", "reject"]
        for answer in ("allow_always", "allow_session"):
            with pytest.raises(InvalidInput, match="give one of allow, reject"):
                await there.answer(question["id"], answer)
        with pytest.raises(InvalidInput, match="message"):
            await there.answer(question["id"], "allow", message="x" * 4_001)
