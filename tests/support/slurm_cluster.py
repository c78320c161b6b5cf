"""A real Slurm of one node on loopback, from Debian's packages, as root: started, asked, stopped.

No cgroups and no accounting: memory is watched by sampling every second, and `jobcomp.log` keeps
one line a finished job. Slurm's inner steps drop SLURM_CONF, so the configuration has to lie in
/etc/slurm; a cluster that is already set up there is left alone.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ETC = Path("/etc/slurm")
OURS = "# written by Sutradhar's make test-slurm, and taken away after it\n"
CPUS, MEMORY_MB, GPUS = 4, 16_000, 2
NULL_DEVICE = os.makedev(1, 3)


@dataclass(frozen=True)
class Job:
    """What Slurm says of a job. `comment` is its rule with wildcards, as the plugin writes it."""

    id: int
    state: str
    comment: str
    cpus: int
    memory_mb: int
    gpus: int
    minutes: int


class Cluster:
    """Slurm in `folder`: its state, logs and devices. Use it in a with statement."""

    def __init__(self, folder: Path, slots: int = CPUS):
        self.folder = folder
        self.slots = slots
        self.node = socket.gethostname().partition(".")[0]
        self._munged: subprocess.Popen[bytes] | None = None
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._written: list[Path] = []

    def __enter__(self) -> Self:
        try:
            self._configure()
            self._start_munge()
            self.start("slurmctld", "-c")
            self.start("slurmd", "-c")
            self._wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if {"slurmctld", "slurmd"} <= self._daemons.keys():
            self._cancel_all()
        for name in ("slurmd", "slurmctld"):
            self.stop(name)
        if self._munged:
            _end(self._munged)
        for path in self._written:
            path.unlink(missing_ok=True)

    def start(self, name: str, *options: str) -> None:
        """Start `slurmctld` or `slurmd` in the foreground, as a child of this process."""
        with (self.folder / f"{name}.out").open("ab") as log:
            self._daemons[name] = subprocess.Popen([name, "-D", *options], stdout=log, stderr=log)

    def stop(self, name: str) -> None:
        """Stop a daemon as the system would, and wait for it."""
        if daemon := self._daemons.pop(name, None):
            _end(daemon)

    def control(self, *arguments: str) -> str:
        """Ask scontrol."""
        return _ask("scontrol", *arguments)

    def jobs(self) -> list[Job]:
        """Every job that the controller remembers, which is all of them, the first one first."""
        lines = self.control("show", "job", "--oneliner").splitlines()
        return sorted((_job(line) for line in lines if line.startswith("JobId=")), key=_number)

    def finished(self) -> str:
        """The completion log as Slurm wrote it."""
        return (self.folder / "jobcomp.log").read_text("utf-8")

    def _cancel_all(self) -> None:
        """Leave no job behind that outlives its daemons; all jobs of the cluster are the tests'."""
        with suppress(subprocess.CalledProcessError, TimeoutError):
            _ask("scancel", "--user=root")
            _wait(lambda: not _ask("squeue", "--noheader").strip(), "jobs that do not end")

    def _configure(self) -> None:
        if os.geteuid():
            raise PermissionError("a cluster's daemons are root's: run make test-slurm as root")
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        for number in range(GPUS):
            os.mknod(self.folder / f"gpu{number}", stat.S_IFCHR | 0o666, NULL_DEVICE)
        texts = {
            "slurm.conf": f"""
                ClusterName=test
                SlurmctldHost={self.node}(127.0.0.1)
                SlurmctldPort=16817
                SlurmdPort=16818
                SlurmUser=root
                SlurmdUser=root
                StateSaveLocation={self.folder}/state
                SlurmdSpoolDir={self.folder}/spool
                SlurmctldPidFile={self.folder}/slurmctld.pid
                SlurmdPidFile={self.folder}/slurmd.pid
                ProctrackType=proctrack/linuxproc
                TaskPlugin=task/none
                SwitchType=switch/none
                MpiDefault=none
                JobAcctGatherType=jobacct_gather/linux
                JobAcctGatherFrequency=task=1
                JobAcctGatherParams=OverMemoryKill
                JobCompType=jobcomp/filetxt
                JobCompLoc={self.folder}/jobcomp.log
                AccountingStorageType=accounting_storage/none
                SelectType=select/cons_tres
                SelectTypeParameters=CR_Core_Memory
                SchedulerParameters=sched_interval=2,bf_interval=5
                SlurmdParameters=config_overrides
                MinJobAge=86400
                MaxJobCount=5000
                KillWait=10
                ReturnToService=2
                GresTypes=gpu
                NodeName=DEFAULT CPUs={self.slots} RealMemory={MEMORY_MB} Gres=gpu:{GPUS}
                NodeName={self.node} NodeAddr=127.0.0.1
                PartitionName=main Nodes={self.node} Default=YES MaxTime=INFINITE State=UP
                """,
            "gres.conf": f"NodeName={self.node} Name=gpu File={self.folder}/gpu[0-{GPUS - 1}]",
        }
        for name, text in texts.items():
            path = ETC / name
            if path.exists() and not path.read_text("utf-8").startswith(OURS):
                raise FileExistsError(f"{path} is a cluster's own: run this on another host")
            lines = [line.strip() for line in text.strip().splitlines()]
            path.write_text(OURS + "\n".join(lines) + "\n", "utf-8")
            self._written.append(path)

    def _start_munge(self) -> None:
        run = Path("/run/munge")
        if (run / "munge.socket.2").is_socket() and not _fails("munge", "-n"):
            return
        run.mkdir(exist_ok=True)
        shutil.chown(run, "munge", "munge")
        self._munged = subprocess.Popen(
            ["runuser", "-u", "munge", "--", "munged", "--foreground"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(lambda: not _fails("munge", "-n"), "munge gives no credentials")

    def _wait_until_idle(self) -> None:
        def idle() -> bool:
            with suppress(subprocess.CalledProcessError):
                return "State=IDLE" in self.control("show", "node", self.node)
            return False

        _wait(idle, f"the node never came up; its logs are in {self.folder}")


def _job(line: str) -> Job:
    fields = dict(pair.split("=", 1) for pair in line.split() if "=" in pair)
    return Job(
        id=int(fields["JobId"]),
        state=fields["JobState"],
        comment=fields["Comment"],
        cpus=int(fields["NumCPUs"]),
        memory_mb=_megabytes(fields["MinMemoryNode"]),
        gpus=int(fields.get("TresPerJob", "gres:gpu:0").rpartition(":")[2]),
        minutes=_minutes(fields["TimeLimit"]),
    )


def _number(job: Job) -> int:
    return job.id


def _megabytes(text: str) -> int:
    """Slurm shortens: 1500M, 2G, 2.50G."""
    return round(float(text[:-1]) * {"M": 1, "G": 1024}[text[-1]])


def _minutes(limit: str) -> int:
    """`1-02:05:00` and `00:04:00` as minutes."""
    days, _, clock = limit.rpartition("-")
    hours, minutes, _ = clock.split(":")
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes)


def _ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(ready: Callable[[], bool], complaint: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(complaint)
        time.sleep(0.2)
