"""Tries what a broken into daemon would try, and prints one JSON line for each: run as a hook inside
the sandbox, everything must be refused; run by root outside, nearly everything works, which
proves that the attempts are real. Standard library only; x86 and ARM, 64 bit.
"""
import ctypes
import json
import mmap
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {"x86_64": {"bpf": 321, "perf_event_open": 298, "init_module": 175, "keyctl": 250,
                      "kexec_load": 246},
           "aarch64": {"bpf": 280, "perf_event_open": 241, "init_module": 105, "keyctl": 219,
                       "kexec_load": 104}}[platform.machine()]
DAEMON = os.getppid()
SCRATCH = os.environ.get("PROBE_SCRATCH") or tempfile.gettempdir()


def call(name, *arguments):
    if getattr(LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def syscall(name, *arguments):
    if LIBC.syscall(NUMBERS[name], *arguments) < 0:
        number = ctypes.get_errno()
        # A call that is let in complains of what it was given.
        if number not in (14, 22, 7, 2, 95):
            raise OSError(number, os.strerror(number))


def write(path):
    with open(path, "a", encoding="ascii"):
        pass


def listed(path):
    if not os.listdir(path):
        raise OSError(2, "nothing to be seen there")


def mount_something():
    place = tempfile.mkdtemp(dir=SCRATCH).encode()
    try:
        call("mount", b"tmpfs", place, b"tmpfs", 0, None)
        call("umount", place)
    finally:
        os.rmdir(place)


def run_copy(folder):
    copy = os.path.join(folder, "probe-true")
    shutil.copy("/bin/true", copy)
    try:
        os.chmod(copy, 0o700)
        subprocess.run([copy], check=True)
    finally:
        os.unlink(copy)


def attach():
    """To the daemon, or to whoever started this."""
    call("ptrace", 16, DAEMON, 0, 0)
    os.waitpid(DAEMON, 0x40000000)


def write_and_execute():
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.close()


def set_user_id_bit():
    with tempfile.NamedTemporaryFile(dir=SCRATCH) as file:
        os.chmod(file.name, 0o4755)


def real_time():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def send_to(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            s.sendto(b"probe", (address, 9))
        except OSError as error:
            if error.errno != 101:  # no route is the network's word, not the sandbox's
                raise


def raise_core_limit():
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except ValueError as error:  # how it tells EPERM
        raise PermissionError(1, "Operation not permitted") from error


def privileges():
    """Whether a program that is given root by its file would get it."""
    with open("/proc/self/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    if status["NoNewPrivs"] == "1" and int(status["CapBnd"], 16) == 0:
        raise OSError(1, "NoNewPrivs is set, the bounding set is empty")


PROBES = {
    "write /etc": lambda: write("/etc/probe"),
    "write /usr": lambda: write("/usr/probe"),
    "write /": lambda: write("/probe"),
    "write /run": lambda: write("/run/probe"),
    "read /home": lambda: listed("/home"),
    "read /root": lambda: listed("/root"),
    "read the state of others": lambda: listed("/var/lib/dpkg"),
    "read /etc/shadow": lambda: open("/etc/shadow", encoding="ascii").close(),
    "read the credentials' source": lambda: listed("/etc/triaged/credentials"),
    "look at process 1": lambda: open("/proc/1/environ", "rb").close(),
    "read the memory of the daemon": lambda: open(f"/proc/{DAEMON}/mem", "rb").close(),
    "read the environment of the daemon":
        lambda: open(f"/proc/{DAEMON}/environ", "rb").close(),
    "trace the daemon": attach,
    "set a kernel variable": lambda: write("/proc/sys/kernel/domainname"),
    "write a control group": lambda: (os.mkdir("/sys/fs/cgroup/probe"),
                                      os.rmdir("/sys/fs/cgroup/probe")),
    "raw packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "send to a multicast address": lambda: send_to("224.0.0.251"),
    "send to a broadcast address": lambda: send_to("255.255.255.255"),
    "a user namespace": lambda: call("unshare", 0x10000000),
    "a mount namespace": lambda: call("unshare", 0x00020000),
    "mount": mount_something,
    "chroot": lambda: os.chroot("/"),
    "become root": lambda: (os.setuid(0), os.getuid() == 0 or 1 / 0),
    "change a file's owner": lambda: os.chown(tempfile.mkstemp(dir=SCRATCH)[1], 0, 1),
    "set the user id bit": set_user_id_bit,
    "make a device": lambda: os.mknod(os.path.join(SCRATCH, "probe-dev"), 0o20600,
                                      os.makedev(1, 3)),
    "execute from the state folder": lambda: run_copy("/var/lib/triaged"),
    "execute from the log folder": lambda: run_copy("/var/log/triaged"),
    "execute from /run/triaged": lambda: run_copy("/run/triaged"),
    "execute from /tmp": lambda: run_copy("/tmp"),
    "execute from /var/tmp": lambda: run_copy("/var/tmp"),
    "execute what it wrote in memory": write_and_execute,
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "set the host name": lambda: call("sethostname", b"probe", 5),
    "real-time priority": real_time,
    "another personality": lambda: call("personality", 0x0040000),
    "load BPF": lambda: syscall("bpf", 0, 0, 0),
    "count events of the processor": lambda: syscall("perf_event_open", 0, 0, -1, -1, 0),
    "load a kernel module": lambda: syscall("init_module", 0, 0, 0),
    "load a kernel": lambda: syscall("kexec_load", 0, 0, 0, 0),
    "read the kernel's log": lambda: call("klogctl", 10, None, 0),
    "gain privileges by a program": privileges,
    "raise the limit of core files": raise_core_limit,
}


def report(name, attempt):
    """In a process of its own: what one was given, the next must not have."""
    try:
        attempt()
        outcome, words = "allowed", ""
    except OSError as error:
        outcome, words = "refused", error.strerror
    except subprocess.CalledProcessError as error:
        outcome, words = "refused", str(error)
    except Exception as error:  # the attempt is at fault
        outcome, words = "broken", repr(error)
    print(json.dumps({"name": name, "outcome": outcome, "words": words}), flush=True)


def main():
    sys.stdin.close()
    for name, attempt in PROBES.items():
        child = os.fork()
        if child == 0:
            report(name, attempt)
            os._exit(0)
        os.waitpid(child, 0)


main()
