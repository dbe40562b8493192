"""The first run: triagectl setup from an installed package to a daemon that has alerts."""
import json
import os
import shutil
import stat
from pathlib import Path

from lab import (DROP_INS, MAIL_SECRET, SECRET, SETTINGS, answers, must, pid, seen, sh, tried,
                 value, wait_for)
import fakes
from harness import CLIENT, TENANT

SEALED = [Path("/etc/triaged/azure-secret.cred"), Path("/etc/triaged/smtp-password.cred")]
PLAIN = [Path("/etc/triaged/credentials") / path.stem for path in SEALED]
CONF = Path("/etc/triaged/conf.d")


def answers_file(lab, smtp):
    """What a person would answer."""
    given = {"azure": "yes", "cloud-apps": "no", "tenant": TENANT, "client-id": CLIENT,
             "endpoint-login": lab.azure.url, "endpoint-resource-manager": lab.azure.url,
             "mail-server": f"127.0.0.1:{smtp.port}", "mail-starttls": "yes",
             "mail-from": "triaged@example.org", "mail-to": ["anna@example.org"],
             "mail-username": "triaged", "mail-ca-file": "/etc/triaged/mail-authority.pem"}
    for name, secret in (("client-secret", SECRET), ("mail-password", MAIL_SECRET)):
        path = lab.folder / name
        path.write_text(secret)
        path.chmod(0o600)
        given[name] = {"file": str(path)}
    path = lab.folder / "answers.json"
    path.write_text(json.dumps(given))
    return str(path)


def setup(*options):
    """Its whole answer as an object; what it says holds no secret."""
    out = sh("triagectl", "setup", "--json", *options)
    must(SECRET not in out.stdout and MAIL_SECRET not in out.stdout, "it tells a secret")
    return json.loads(out.stdout)


def seals_and_starts(lab):
    """triagectl setup seals the secrets and starts the service, changes and reloads it"""
    shutil.copy(lab.tls[0], "/etc/triaged/mail-authority.pem")
    Path("/etc/triaged/mail-authority.pem").chmod(0o644)
    users = {"users": {"triaged": MAIL_SECRET}, "require_auth": True}
    with fakes.Smtp(lab.folder, users, tls=lab.tls) as smtp:
        first_run(lab, smtp)
    forget()


def first_run(lab, smtp):
    tried("triagectl setup --answers ..., as root")
    told = setup("--answers", answers_file(lab, smtp))
    must(told["started"] and told["encrypted"] and told["failed"] == 0, told)
    wait_for(answers, "the daemon to answer")
    must(sh("systemctl", "is-enabled", "triaged").stdout.strip() == "enabled", "not enabled")
    for path in SEALED:
        must(stat.S_IMODE(path.stat().st_mode) == 0o600, f"others may read {path}")
        must(SECRET not in path.read_text() and MAIL_SECRET not in path.read_text(), path)
    must(not any(path.exists() for path in PLAIN), "a secret lies there as it is")
    must(len(smtp.messages()) >= 1, "no test message came")
    wait_for(lambda: value("select count(*) from v_alerts where source = 'azure'")
             == lab.n_alerts(), "every alert")
    old = pid()
    tried("again with another address; again without encryption")
    must(setup("--no-test-notice")["files"] == [], "something changes without a change")
    changed = setup("--no-test-notice", "--answer", "mail-to=ben@example.org")
    must([os.path.basename(row["path"]) for row in changed["files"]] ==
         ["10-setup.yaml.before", "10-setup.yaml"], changed)
    must(pid() == old, "a changed address restarts the daemon")
    must(not setup("--no-test-notice", "--no-encrypt")["encrypted"], "still encrypted")
    wait_for(lambda: pid() not in (0, old) and answers(), "a daemon with the secrets anew")
    must(not any(path.exists() for path in SEALED) and not (DROP_INS / "10-setup.conf").exists(),
         "what was sealed is left behind")
    must(not list(Path("/run").glob("triaged-setup-*")), "its copy of the secrets is left behind")
    seen(f"{lab.n_alerts()} alerts and a test message; sealed 0600, an unchanged run changes "
         "nothing, a changed address reloads, changed secrets restart")


def forget():
    """As the package left it, for what comes next."""
    sh("systemctl", "disable", "--now", "triaged")
    for path in (SETTINGS, *PLAIN, *CONF.glob("10-setup.yaml*")):
        path.unlink(missing_ok=True)
    for path in Path("/var/lib/triaged").iterdir():
        if path.is_file():
            path.unlink()
