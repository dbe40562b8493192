"""Runs inside the box, as root: the experiments, in the order of a machine's life."""
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import by_hand  # noqa: E402
import first_run  # noqa: E402
import life  # noqa: E402
import package  # noqa: E402
import people  # noqa: E402
import sandbox  # noqa: E402
from lab import SETTINGS, Lab, Surprise, sh  # noqa: E402

# Installing comes first and purging last; between them each leaves a daemon that runs.
EXPERIMENTS = [
    package.installed, package.unit_is_right, first_run.seals_and_starts,
    life.credentials, life.status_line, life.reload_good, life.reload_bad,
    life.watchdog, life.kills, life.owed_over_a_restart, life.exit_78, life.catalogue,
    people.operators, people.strangers, people.no_core, people.secrets_nowhere,
    sandbox.probes, sandbox.egress, sandbox.more_files, sandbox.runbook, sandbox.hook_unit,
    by_hand.root_becomes_triaged, by_hand.landlock,
    package.purged,
]
ALWAYS = {package.installed, life.credentials, package.purged}


def recover(lab):
    """A daemon that runs, for the next one."""
    print(sh("journalctl", "-q", "--no-pager", "-u", "triaged", "-n", "15", check=False).stdout)
    if not SETTINGS.parent.exists():
        return  # the package is gone
    lab.azure.heal()
    lab.settings()
    for drop_in in Path("/etc/systemd/system/triaged.service.d").glob("*.conf"):
        if drop_in.name != "mail.conf":
            drop_in.unlink()
    sh("systemctl", "daemon-reload")
    sh("systemctl", "restart", "triaged", check=False)


def run(experiment, lab):
    """True when it did well."""
    print(f"\n== {experiment.__doc__.strip()}", flush=True)
    began = time.monotonic()
    try:
        experiment(lab)
    except Exception as why:  # the others are to be tried all the same
        print(f"  FAILED {why}", flush=True)
        if not isinstance(why, (Surprise, AssertionError)):
            traceback.print_exc(file=sys.stdout)
        recover(lab)
        return False
    print(f"  ok     {time.monotonic() - began:.1f} s", flush=True)
    return True


def main():
    wanted = sys.argv[2:]
    lab = Lab("/root/boot")
    lab.package = sys.argv[1]
    chosen = [e for e in EXPERIMENTS
              if not wanted or e in ALWAYS or f"{e.__module__}.{e.__name__}" in wanted]
    failed = []
    try:
        failed = [e for e in chosen if not run(e, lab)]
    finally:
        lab.close()
    names = ", ".join(f"{e.__module__}.{e.__name__}" for e in failed)
    print(f"\ncheck-boot: {len(chosen) - len(failed)} of {len(chosen)} experiments did well"
          + (f"; FAILED: {names}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
