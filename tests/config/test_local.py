"""The private servers: start, share, stop, and come back after every kind of sudden death."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from config.local import LocalServers

PROJECT = Path(__file__).resolve().parents[2]
# Another process that becomes a user, says which servers it found, and releases when its input ends.
OTHER_USER = """
import sys
from pathlib import Path
from config.local import LocalServers
servers = LocalServers(Path(sys.argv[1]))
servers.ensure()
print(servers.pids()["postgres"], servers.pids()["valkey"], flush=True)
sys.stdin.read()
print(servers.release(), flush=True)
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[LocalServers]:
    """Those of a directory that nobody has used."""
    private = LocalServers(tmp_path / "data")
    yield private
    private.stop()


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose servers have run."""
    directory = tmp_path_factory.mktemp("used") / "data"
    LocalServers(directory).ensure()
    LocalServers(directory).stop()
    return directory


@pytest.fixture
def known(used: Path, servers: LocalServers) -> LocalServers:
    """Those of a copy of it: its cluster need not be made again and again."""
    subprocess.run(["cp", "-a", used, servers.data_dir], check=True)
    return servers


def other_user(servers: LocalServers) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", OTHER_USER, str(servers.data_dir)]
    return subprocess.Popen(arguments, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def found_pids(user: subprocess.Popen[str]) -> dict[str, int]:
    assert user.stdout is not None
    postgres, valkey = user.stdout.readline().split()
    return {"postgres": int(postgres), "valkey": int(valkey)}


def ask(servers: LocalServers, query: str) -> object:
    with psycopg.connect(servers.database_url(role="owner"), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_addresses_are_known_without_starting_or_creating_anything(tmp_path: Path) -> None:
    data_dir = Path("/srv/liveledger")
    servers = LocalServers(data_dir)
    assert (
        servers.database_url(role="web") == "postgresql://liveledger_web@/liveledger?host=/srv/liveledger/run"
    )
    assert servers.database_url(role="worker") == (
        "postgresql://liveledger_worker@/liveledger?host=/srv/liveledger/run"
    )
    assert servers.database_url(role="owner") == "postgresql://postgres@/liveledger?host=/srv/liveledger/run"
    assert servers.redis_url == "unix:///srv/liveledger/run/valkey.sock"
    assert servers.pids() == {}
    assert not data_dir.exists()


@pytest.mark.parametrize("name", ["x" * 120, "with space"])
def test_a_path_that_no_socket_can_have_gets_a_short_one_that_is_always_the_same(
    tmp_path: Path, name: str
) -> None:
    first, again = LocalServers(tmp_path / name), LocalServers(tmp_path / "elsewhere" / ".." / name)
    assert first.socket_dir == again.socket_dir
    assert first.socket_dir.parent == Path("/tmp")
    assert len(str(first.socket_dir)) == len("/tmp/liveledger-") + 16
    assert LocalServers(tmp_path / f"{name}.other").socket_dir != first.socket_dir


def test_a_fresh_start_gives_both_servers_ready_within_six_seconds_and_a_warm_one_within_two(
    servers: LocalServers,
) -> None:
    said: list[str] = []
    began = time.monotonic()
    servers.ensure(progress=said.append)
    fresh = time.monotonic() - began
    assert ask(servers, "SELECT current_user || '@' || current_database()") == "postgres@liveledger"
    assert Redis.from_url(servers.redis_url).ping() is True
    assert said[-3:] == ["Creating the database cluster", "Starting PostgreSQL", "Starting Valkey"]
    assert servers.release() is True
    assert servers.pids() == {}
    began = time.monotonic()
    servers.ensure()
    warm = time.monotonic() - began
    print(f"fresh start {fresh:.2f} s, warm start {warm:.2f} s")
    assert (fresh < 6, warm < 2) == (True, True)


def test_servers_are_private_durable_and_of_one_locale(known: LocalServers) -> None:
    known.ensure()
    settings = {
        name: ask(known, f"SHOW {name}")
        for name in ("listen_addresses", "synchronous_commit", "fsync", "server_encoding", "TimeZone")
    }
    assert settings == {
        "listen_addresses": "",
        "synchronous_commit": "on",
        "fsync": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }
    locale = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'liveledger'"
    assert ask(known, locale) == "b C.UTF-8"
    assert str(ask(known, "SHOW server_version")).startswith("18.")
    assert stat.S_IMODE(known.socket_dir.stat().st_mode) == 0o700
    redis = Redis.from_url(known.redis_url, decode_responses=True)
    names = ("port", "appendonly", "save", "maxmemory-policy")
    assert {name: redis.config_get(name)[name] for name in names} == {
        "port": "0",
        "appendonly": "no",
        "save": "",
        "maxmemory-policy": "noeviction",
    }


def test_servers_live_in_sessions_of_their_own_where_no_terminal_interrupts_them(
    known: LocalServers,
) -> None:
    known.ensure()
    assert os.getsid(0) not in {os.getsid(pid) for pid in known.pids().values()}


def test_the_last_of_two_users_stops_the_servers(known: LocalServers) -> None:
    known.ensure()
    pids = known.pids()
    with other_user(known) as user:
        assert found_pids(user) == pids
        assert known.release() is False
        assert known.pids() == pids
        answer, _ = user.communicate(input="")
    assert answer.strip() == "True"
    assert known.pids() == {}


def test_releasing_without_use_does_nothing(known: LocalServers) -> None:
    known.ensure()
    assert LocalServers(known.data_dir).release() is False
    assert sorted(known.pids()) == ["postgres", "valkey"]


def test_a_killed_user_leaves_running_servers_and_no_trace_in_the_count(known: LocalServers) -> None:
    with other_user(known) as user:
        pids = found_pids(user)
        user.kill()
    assert known.pids() == pids
    known.ensure()
    assert known.pids() == pids
    assert known.release() is True
    assert known.pids() == {}


def test_killed_servers_come_back_with_everything_committed(known: LocalServers) -> None:
    known.ensure()
    with psycopg.connect(known.database_url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('acknowledged')")
    killed = known.pids()
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    known.ensure()
    assert {known.pids()[name] != pid for name, pid in killed.items()} == {True}
    assert ask(known, "SELECT word FROM kept") == "acknowledged"
    assert Redis.from_url(known.redis_url).ping() is True


def test_pids_that_other_programs_have_by_now_do_not_hinder_a_start(known: LocalServers) -> None:
    known.ensure()
    for pid in known.pids().values():
        os.kill(pid, signal.SIGKILL)
    pid_file = known.data_dir / "postgres" / "postmaster.pid"
    stale = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *stale[1:], ""]))
    (known.data_dir / "valkey" / "valkey.pid").write_text(str(os.getpid()))
    assert known.pids() == {}
    known.ensure()
    assert sorted(known.pids()) == ["postgres", "valkey"]


def test_three_processes_that_start_at_once_share_one_pair_of_servers(servers: LocalServers) -> None:
    users = [other_user(servers) for _ in range(3)]
    assert len({tuple(found_pids(user).values()) for user in users}) == 1
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda user: user.communicate(input="")[0].strip(), users)
    assert "True" in answers
    assert servers.pids() == {}


def test_a_lost_socket_is_made_anew(known: LocalServers) -> None:
    known.ensure()
    for name in (".s.PGSQL.5432", "valkey.sock"):
        (known.socket_dir / name).unlink()
    known.ensure()
    assert ask(known, "SELECT 1") == 1
    assert Redis.from_url(known.redis_url).ping() is True


def test_an_unfinished_database_cluster_is_made_again(servers: LocalServers) -> None:
    (servers.data_dir / "postgres.new" / "base").mkdir(parents=True)
    servers.ensure()
    assert ask(servers, "SELECT 1") == 1
    assert not (servers.data_dir / "postgres.new").exists()


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(servers: LocalServers) -> None:
    key = servers.secret_key()
    assert len(key) == 64
    assert LocalServers(servers.data_dir).secret_key() == key
    assert stat.S_IMODE((servers.data_dir / "secret_key").stat().st_mode) == 0o600
