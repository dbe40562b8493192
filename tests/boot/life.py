"""The life of the daemon: it starts, reads settings anew, is killed, comes back."""
import os
import shutil
import signal
import time
from pathlib import Path

from lab import (DATABASE, DROP_INS, MAIL_SECRET, SECRET, SETTINGS, Mark, Surprise, answers, drop_in,
                 must, pid, rows, seen, sh, show, tried, value, wait_for, wait_other_pid,
                 wait_state)

WAITING = "select count(*) from v_deliveries where target = 'mail' and state = 'retry'"


def credentials(lab):
    """It starts with credentials: a folder of them, and one encrypted by systemd-creds"""
    shutil.copy(lab.tls[0], "/etc/triaged/mail-authority.pem")
    Path("/etc/triaged/mail-authority.pem").chmod(0o644)
    Path("/etc/triaged/conf.d").mkdir(exist_ok=True)
    lab.settings()
    plain = Path("/etc/triaged/credentials/azure-secret")
    plain.write_text(SECRET)
    plain.chmod(0o600)
    tried("LoadCredential=triaged:/etc/triaged/credentials with azure-secret in it, as shipped;\n"
          "         systemd-creds encrypt --name=smtp-password --with-key=host, and\n"
          "         LoadCredentialEncrypted=smtp-password:... in a drop-in")
    sh("systemd-creds", "setup")
    sh("systemd-creds", "encrypt", "--name=smtp-password", "--with-key=host", "-",
       "/etc/triaged/smtp-password.cred", input=MAIL_SECRET)
    drop_in("mail", "[Service]\nLoadCredentialEncrypted=smtp-password:"
            "/etc/triaged/smtp-password.cred\n", restart=False)
    sh("systemctl", "enable", "triaged")
    sh("systemctl", "restart", "triaged")
    wait_for(answers, "the daemon to answer")
    text = lab.wait_nothing_lost()
    owed = value("select count(*) from v_deliveries where target = 'mail'")
    must(owed and len(lab.smtp.messages()) == owed, f"{owed} mails owed, "
         f"{len(lab.smtp.messages())} came")
    seen(f"signed in at the cloud and at the mail server; {text}; {len(lab.smtp.messages())} mails")


def status_line(lab):
    """systemctl status says in one line how it is"""
    line = wait_for(lambda: (s := show("StatusText")) and "polled" in s and "not polled" not in s
                    and s, "the line after the first poll", limit=45)
    tried("systemctl status triaged")
    out = sh("systemctl", "status", "--no-pager", "-n", "0", "triaged").stdout
    must(f'Status: "{line}"' in out, out)
    must(f"{lab.n_alerts()} open" in line, line)
    seen(line)


def reload_good(lab):
    """A reload takes new settings, without a restart"""
    before, mark = pid(), Mark()
    lab.settings('targets: [{name: second, type: folder, path: /var/lib/triaged/folder}]\n')
    sh("install", "-d", "-o", "triaged", "-g", "triaged", "/var/lib/triaged/folder")
    tried("one more target in conf.d/boot.yaml, systemctl reload triaged")
    sh("systemctl", "reload", "triaged")
    must(pid() == before, "it was restarted")
    must("second" in sh("triagectl", "test-notify", "second").stdout, "the target is not there")
    line = mark.line("settings read again", "-u", "triaged")
    must(os.listdir("/var/lib/triaged/folder"), "nothing came to the new target")
    seen(f"pid {before} as before; a test message arrived there; journal: {line}")


def reload_bad(lab):
    """A reload of wrong settings fails with the reason, and the old ones stay"""
    before, mark = pid(), Mark()
    SETTINGS.write_text(SETTINGS.read_text() + "no-such-option: 1\n")
    tried("a line of nonsense in triaged.yaml, systemctl reload triaged")
    done = sh("systemctl", "reload", "triaged", check=False)
    must(done.returncode != 0, "systemctl reload says all is well")
    line = mark.line("no-such-option", "-u", "triaged")
    must("triaged.yaml:" in mark.text("-u", "triaged"), "the journal does not name the place")
    must(pid() == before and show("ActiveState") == "active", "the daemon did not go on")
    lab.raise_alerts(1)
    text = lab.wait_nothing_lost()
    seen(f"systemctl: status {done.returncode}; journal: {line}\n"
         f"pid {before} goes on with the old settings: {text}")
    lab.settings()
    sh("systemctl", "reload", "triaged")


def watchdog(lab):
    """A daemon that hangs is killed by the watchdog and comes back with nothing lost"""
    drop_in("watchdog", "[Service]\nWatchdogSec=2\nRestartSec=200ms\n")
    old, mark = pid(), Mark()
    tried(f"WatchdogSec=2 by a drop-in; kill -STOP {old}; 20 alerts raised while it hangs")
    os.kill(old, signal.SIGSTOP)
    lab.raise_alerts(20)
    new = wait_other_pid(old)
    line = mark.line("Watchdog timeout", "-u", "triaged")
    seen(f"journal: {line}\npid {old} -> {new}; {lab.wait_nothing_lost()}")
    drop_in("watchdog", None)


def kills(lab):
    """kill -9, twenty times in a row: every time it comes back, nothing is lost"""
    drop_in("kills", "[Service]\nRestartSec=100ms\n")
    tried("RestartSec=100ms by a drop-in; 20 times: 3 alerts raised, then kill -9; the start\n"
          "         limit of systemd (5 in 10 s) would end it at the sixth")
    began, before = time.monotonic(), int(show("NRestarts"))
    for _ in range(20):
        old = pid()
        lab.raise_alerts(3)
        os.kill(old, signal.SIGKILL)
        wait_other_pid(old)
    n = int(show("NRestarts")) - before
    must(n == 20, f"{n} restarts")
    seen(f"{n} restarts in {time.monotonic() - began:.0f} s; {lab.wait_nothing_lost()}")
    drop_in("kills", None)


def owed_over_a_restart(lab):
    """A restart while mails are owed loses none and doubles none"""
    lab.wait_nothing_lost()
    done = len(lab.smtp.messages())
    lab.smtp.script(faults=[{"method": "dot", "reply": "451 4.3.0 come back later"}])
    lab.raise_alerts(5)
    wait_for(lambda: value("select count(*) from v_alerts") == lab.n_alerts() and not value(
        "select count(*) from v_deliveries where state in ('pending', 'leased')"), "mails that wait")
    owed = value(WAITING)
    must(owed, "no mail is owed")
    tried(f"the mail server answers 451; {owed} mails are owed; systemctl restart triaged; then\n"
          "         it takes mail again")
    sh("systemctl", "restart", "triaged")
    wait_for(answers, "the daemon to answer")
    still = value(WAITING)
    lab.smtp.script(faults=[])
    sh("triagectl", "outbox", "retry", "--target", "mail", check=False)
    text = lab.wait_nothing_lost()
    came = lab.smtp.messages()[done:]
    must(len(came) == owed, f"{len(came)} of {owed} mails arrived")
    seen(f"{still} were still owed after the restart; {owed} arrived, each once; {text}")


def exit_78(lab):
    """Settings that cannot be used: status 78, no restart, OnFailure= runs"""
    alarm = Path("/etc/systemd/system/alarm.service")
    rang = Path("/run/alarm-rang")
    alarm.write_text(f"[Service]\nType=oneshot\nExecStart=/bin/touch {rang}\n")
    DROP_INS.joinpath("alarm.conf").write_text("[Unit]\nOnFailure=alarm.service\n")
    sh("systemctl", "daemon-reload")
    SETTINGS.write_text("no-such-option: 1\n")
    tried("triaged.yaml is one line of nonsense, OnFailure=alarm.service; systemctl restart")
    began = int(show("NRestarts"))
    must(sh("systemctl", "restart", "triaged", check=False).returncode, "it started")
    wait_for(rang.exists, "the alarm")
    wait_state("failed")
    must(show("ExecMainStatus") == "78", f"status {show('ExecMainStatus')}")
    must(int(show("NRestarts")) == began and show("Result") == "exit-code", "it was restarted")
    seen("failed with status 78, restarted 0 times, the alarm rang")
    alarm.unlink()
    rang.unlink()
    DROP_INS.joinpath("alarm.conf").unlink()
    lab.settings()
    sh("systemctl", "daemon-reload")
    sh("systemctl", "start", "triaged")
    wait_for(answers, "the daemon to answer")


def catalogue(lab):
    """journalctl -x says what an entry means and what to do"""
    mark = Mark()
    SETTINGS.write_text(SETTINGS.read_text() + "no-such-option: 1\n")
    sh("systemctl", "reload", "triaged", check=False)
    lab.settings()
    sh("systemctl", "reload", "triaged")
    tried("a refused reload; journalctl -x -u triaged")
    out = sh("journalctl", "-x", "-q", "--no-pager", f"--after-cursor={mark.cursor}", "-u",
             "triaged", "-o", "short").stdout
    texts = [line[2:].strip() for line in out.splitlines() if line.startswith("\N{LIGHT SHADE}")]
    texts = [line.strip("\N{LIGHT SHADE} ") for line in texts]
    start = next((i for i, line in enumerate(texts) if "Settings were refused" in line), None)
    must(start is not None, out)
    text = "\n".join(texts[start:start + 14])
    must("triaged --check-config" in text and "no-such-option" in text, text)
    seen(text)
    if not rows("select 1 from v_events limit 1"):
        raise Surprise(f"{DATABASE} has no events")
