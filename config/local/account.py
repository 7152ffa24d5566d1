"""The system account that the private servers run under: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_NAMES = ("liveledger", "nobody")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who runs the servers; `uid` and `gid` None mean the caller itself."""

    uid: int | None
    gid: int | None

    def make_directory(self, path: Path) -> None:
        """Create a directory that only this account (and root) can enter; OSError when it is another's."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError as error:
            # In a shared place somebody may have put a directory, or a link to one, in our way.
            status = path.lstat()
            ours = {os.geteuid(), os.geteuid() if self.uid is None else self.uid}
            if not stat.S_ISDIR(status.st_mode) or status.st_uid not in ours:
                raise OSError(f"{path} belongs to somebody else: remove it and start again.") from error
        self.own(path)

    def own(self, path: Path) -> None:
        """Give a path to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def server_account(*, data_dir: Path) -> Account:
    """The caller's own account; for root an unprivileged one: the owner of the data if there is any."""
    if os.geteuid() != 0:
        return Account(uid=None, gid=None)
    owned = data_dir / "log"
    if owned.exists() and owned.stat().st_uid != 0:
        status = owned.stat()
        return Account(uid=status.st_uid, gid=status.st_gid)
    entry = _existing(ACCOUNT_NAMES[:1]) or _created(ACCOUNT_NAMES[0]) or _existing(ACCOUNT_NAMES)
    if entry is None:
        raise OSError(
            f"PostgreSQL does not run as root and no other account could be made: "
            f"create one (useradd --system {ACCOUNT_NAMES[0]}) or start as another user."
        )
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def let_through(path: Path, *, progress: Callable[[str], None]) -> None:
    """Let other accounts pass through (not list) the directories above a path: a home of mode 0700."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            progress(f"Let the database's account pass through {parent} (chmod o+x)")


def let_read(directory: Path) -> None:
    """Let other accounts read an installed directory that was written under a strict umask."""
    if directory.stat().st_mode & stat.S_IROTH:
        return
    for path in [directory, *directory.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if not path.is_symlink():
            path.chmod(mode | (mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6)


def _existing(names: tuple[str, ...]) -> pwd.struct_passwd | None:
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _created(name: str) -> pwd.struct_passwd | None:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", name], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    # Whatever useradd answered: another process may have made the account in the same moment.
    return _existing((name,))
