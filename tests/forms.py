"""Which cells of a table of tests are left to a longer form, as their like stands in the shorter one.

A whole migration takes seconds. Where a table of them differs by one word a row, `make test` runs some rows
and `make long` all; where a suite runs over several worlds and loops, `make quick` runs it on those that most
runs use. So it is where each row starts two interpreters.
"""

import re
from collections.abc import Mapping

LONGER: Mapping[str, tuple[str, ...]] = {
    "slow": (
        r"engine/relay/test_relay\.py::.*\[(asyncio-(plain|tls)|(asyncio|uvloop)-streams)",
        r"engine/relay/test_protocols\.py::.*\[asyncio",
        r"faults/test_source_contract\.py::.*(tls|streams|panopto)",
        r"cli/test_streams\.py::test_a_reader_that_has_gone\[(run|plan|status-option1)",
        r"cli/test_streams\.py::test_closed_streams\[numbers[^0]",
        r"carry/test_resumed\.py::test_two_hundred_items_come_through_lags_and_faults\[[^0]",
        r"benchmarks/test_command\.py::test_what_a_replay_costs",
    ),
    "long": (
        r"engine/relay/test_relay\.py::.*\[asyncio-streams",
        r"test_clients\.py::test_a_client_moves_a_workload\[(?!ferry crc-)(?!rclone multipart-tls).*-tls\]",
        r"test_clients\.py::test_a_client_carries_bytes_unchanged\[(ferry spot|ferry etag|sample way after)",
        r"test_clients\.py::test_bytes_are_read_back_unchanged\[.*-plain\]",
        r"test_schedules_bad_input\.py::test_tables_that_cannot_be_used\[plan-(?!Latin-1)",
        r"test_schedules_bad_input\.py::test_settings_without_valt\[plan\]",
        r"test_schedules_bad_input\.py::test_lists_that_valt_does_not_tell\[(rooms|blocked)",
        r"test_carry_worlds\.py::test_who_sees_it\[changes[1345678]",
        r"test_carry_worlds\.py::test_a_blank_presenter\[creator",
        r"test_carry_refused\.py::test_a_patch_that_is_answered_badly_once\[answer[134]",
        r"test_carry_refused\.py::test_settings_that_luminus_does_not_know\[changes[12]",
        r"test_carry_refused\.py::test_a_plan_says_when_the_token_ends\[600",
        r"test_schedules_interrupted\.py::test_killed_while_a_schedule_is_made\[before (it is r|the o)",
    ),
}
"""Patterns of the ids of tests, by the marker that they get."""


def longer(nodeid: str) -> list[str]:
    """Return the markers that a test gets by its id."""
    return [marker for marker, patterns in LONGER.items() if any(re.search(one, nodeid) for one in patterns)]
