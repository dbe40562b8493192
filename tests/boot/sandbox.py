"""What the daemon cannot do though somebody else gives the orders, and what hooks still can."""
import json
import shutil
from pathlib import Path

from lab import (DROP_INS, HOOKS, answers, drop_in, must, probe_results, rows, seen, sh, tried,
                 value, wait_for)

PROBE = Path("/usr/local/libexec/probe.py")
EXEC = """
targets:
  - {{name: handler, type: exec, command: [{command}], timeout: 60s}}
"""
# Nearly everything works for root in the box; these do not, in a container.
NOT_IN_THE_BOX = {"set a kernel variable", "load a kernel module", "load a kernel", "set the clock",
                  "read the kernel's log", "count events of the processor", "make a device",
                  "raise the limit of core files", "load BPF",
                  "gain privileges by a program", "set the host name", "read /home", "mount",
                  "send to a multicast address", "send to a broadcast address", "real-time priority"}


def run_as_hook(lab, *command, reload=("systemctl", "reload", "triaged"), more=""):
    """What a hook of the daemon printed, by way of the audit log."""
    words = ", ".join(json.dumps(str(word)) for word in command)
    lab.settings(EXEC.format(command=words) + more)
    sh(*reload)
    last = value("select coalesce(max(id), 0) from v_events")
    done = sh("triagectl", "test-notify", "handler", check=False)
    event = wait_for(lambda: rows("select detail from v_events where kind = 'runbook' and id > ? "
                                  "order by id desc limit 1", last) or done.returncode,
                     "the hook to end")
    must(isinstance(event, list), f"test-notify: {done.stdout}{done.stderr}")
    return json.loads(event[0]["detail"])["output"]


def install_probe():
    shutil.copy(Path(__file__).with_name("probe.py"), PROBE)


def judge(results):
    let = [name for name, row in results.items() if row["outcome"] != "refused"]
    must(not let, f"allowed: {', '.join(let)}")
    width = max(map(len, results))
    return "\n".join(f"{name:{width}}  {row['words']}" for name, row in results.items())


def probes(lab):
    """Every line of the sandbox, tried from inside by a hook: refused"""
    install_probe()
    Path("/home/anna-files").mkdir(parents=True, exist_ok=True)
    Path("/root/a-file").touch()
    outside = probe_results(sh("/usr/bin/python3", str(PROBE)).stdout)
    tried(f"{len(outside)} attempts as a hook of the daemon; and the same as root outside of it,\n"
          "         so that a refusal is the sandbox's")
    let = {name for name, row in outside.items() if row["outcome"] == "allowed"}
    dull = set(outside) - let - NOT_IN_THE_BOX
    must(not dull, f"refused to root too, so they prove nothing: {dull}")
    seen(f"outside {len(let)} of {len(outside)} are allowed; inside:\n"
         + judge(probe_results(run_as_hook(lab, "/usr/bin/python3", PROBE))))


def egress(lab):
    """A site's egress.conf is enforced"""
    script = HOOKS / "knock"
    script.write_text("#!/bin/sh\nfor a in 127.0.0.1 127.0.0.2; do curl -s -m 2 -o /dev/null "
                      f"http://$a:{lab.azure.port}/ ; echo $a $?; done\n")
    script.chmod(0o755)
    before = run_as_hook(lab, script).split()
    drop_in("egress", "[Service]\nIPAddressAllow=\nIPAddressAllow=127.0.0.1\n")
    after = run_as_hook(lab, script).split()
    tried("IPAddressAllow= and IPAddressAllow=127.0.0.1 in a drop-in; a hook connects to "
          "127.0.0.1\n         and 127.0.0.2, before and with it")
    drop_in("egress", None)
    must(before[1] == after[1] == "0", f"127.0.0.1 does not answer: {before} {after}")
    must(before[3] == "7" and after[3] == "28",
         f"127.0.0.2: curl said {before[3]}, then {after[3]}")
    seen("127.0.0.1 answers both times; 127.0.0.2 refuses at once before (nobody listens there), "
         "and with\nit no packet leaves: time-out")


def more_files(lab):
    """A site's sandbox.conf opens folders, and the settings have to name them too"""
    script = HOOKS / "reach"
    script.write_text("#!/bin/sh\ncat /data/exports/file\ntouch /data/siem/file && echo wrote\n"
                      "touch /data/exports/x || echo kept\ncp /bin/true /data/siem/true && "
                      "{ /data/siem/true || echo not executed; }\n")
    script.chmod(0o755)
    for name in ("exports", "siem"):
        Path("/data", name).mkdir(parents=True, exist_ok=True)
    Path("/data/exports/file").write_text("an export\n")
    shutil.chown("/data/siem", "triaged", "triaged")
    tried("/data/exports and /data/siem, by a hook, before and with sandbox.conf.example, and\n"
          "         sandbox: {read: [/data/exports], write: [/data/siem]} in the settings")
    before = run_as_hook(lab, script)
    must("an export" not in before and "wrote" not in before, before)
    example = Path("/mnt/source/systemd/sandbox.conf.example").read_text()
    more = "sandbox: {read: [/data/exports], write: [/data/siem]}\n"
    lab.settings(more)  # what Landlock allows is settled at the start
    drop_in("sandbox", example)
    after = run_as_hook(lab, script, more=more)
    lab.settings()
    drop_in("sandbox", None)
    shutil.rmtree("/data")
    must(after.startswith("an export\nwrote\n"), after)
    must("kept" in after and "not executed" in after, after)
    seen(f"before: {before.splitlines()[0]}\nwith it: read and wrote; wrote nothing to "
         "/data/exports and executed nothing from /data/siem")


def runbook(lab):
    """A hook inside the sandbox gets the event as JSON and may write where the daemon may"""
    script = HOOKS / "runbook"
    script.write_text("#!/bin/sh\nset -e\nt=$(python3 -c 'import json, sys; "
                      "print(json.load(sys.stdin)[\"type\"])')\n"
                      "echo \"$t\" > /var/log/triaged/hook\necho \"did it for $t as $(id -un)\"\n")
    script.chmod(0o755)
    tried("a shell script with python3 in it, writing to /var/log/triaged")
    out = run_as_hook(lab, script)
    wrote = Path("/var/log/triaged/hook").read_text()
    must("as triaged" in out and wrote.strip() in out, out)
    seen(f"the audit log has: {out.strip()}")


def hook_unit(lab):
    """A hook that needs more runs in a unit of its own, and its end is the daemon's to know"""
    script = HOOKS / "triaged-hook"
    script.write_text("#!/bin/sh\nset -e\ncat > /etc/hook-was-here\n"
                      "echo \"blocked, as $(id -un)\"\nexit $(cat /etc/hook-status)\n")
    script.chmod(0o755)
    folder = Path("/etc/systemd/system/triaged-hook@.service.d")
    folder.mkdir(exist_ok=True)
    (folder / "more.conf").write_text("[Service]\nDynamicUser=no\nUser=root\nProtectSystem=no\n")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "enable", "--now", "triaged-hook.socket")
    tried("triaged-hook.socket on; a hook that writes to /etc and runs as root by a drop-in;\n"
          "         command: [unix:/run/triaged-hook.sock]; exit 0, 75, 3")
    words = []
    for status in (0, 75, 3):
        Path("/etc/hook-status").write_text(str(status))
        last = value("select coalesce(max(id), 0) from v_deliveries")
        out = run_as_hook(lab, "unix:/run/triaged-hook.sock")
        must("blocked, as root" in out, out)
        row = wait_for(lambda n=last: rows("select state, last_error from v_deliveries where id > ? "
                                           "and target = 'handler' and state != 'leased'", n),
                       "the outcome")[0]
        words.append(f"exit {status}: {row['state']} {row['last_error'] or ''}")
        sh("triagectl", "outbox", "drop", "--target", "handler", check=False)
    event = json.loads(Path("/etc/hook-was-here").read_text())
    must(event["type"], "no event came")
    must([w.split()[2] for w in words] == ["sent", "retry", "dead"], "; ".join(words))
    eve = sh("runuser", "-u", "nobody", "-g", "triaged", "--", "/usr/bin/python3", "-c",
             "import socket; socket.socket(socket.AF_UNIX).connect('/run/triaged-hook.sock')",
             check=False)
    must(eve.returncode != 0 and "PermissionError" in eve.stderr, "anybody may set it off")
    seen("\n".join(words) + f"\na user of group triaged: {eve.stderr.strip().splitlines()[-1]}")
    sh("systemctl", "stop", "triaged-hook.socket")
    tried("the socket is gone")
    last = value("select max(id) from v_deliveries")
    sh("triagectl", "test-notify", "handler", check=False)
    row = wait_for(lambda: rows("select state, last_error from v_deliveries where id > ? and "
                                "state = 'retry'", last), "a retry")[0]
    must("cannot be reached" in row["last_error"], row["last_error"])
    seen(f"{row['state']}: {row['last_error']}")
    (folder / "more.conf").unlink()
    folder.rmdir()
    sh("systemctl", "disable", "--now", "triaged-hook.socket")
    for name in ("/etc/hook-status", "/etc/hook-was-here"):
        Path(name).unlink()
    lab.settings()
    sh("systemctl", "reload", "triaged")
    must(answers() and DROP_INS.exists(), "the daemon does not answer")
