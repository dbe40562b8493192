"""A Postfix of our own on loopback ports: STARTTLS and AUTH, mail into a maildir.

Its settings, queue and mail are in one folder, and nothing leaves the machine;
the system's own Postfix, if any, is not touched. It needs root, and the packages
postfix, sasl2-bin and libsasl2-modules.
"""
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import fakes
from harness import wait_for
from ports import free_port

USER, PASSWORD, DOMAIN = "alerter", "corr3ct-h0rse", "test.invalid"
MISSING = (os.geteuid() != 0 or not shutil.which("saslpasswd2")
           or not Path("/usr/lib/postfix/sbin/master").exists()
           or not any(Path("/usr/lib").glob("*/sasl2/libsasldb.so")))

MAIN = """
compatibility_level = 3.6
config_directory = {conf}
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{domain}
mydestination =
mynetworks =
local_recipient_maps =
alias_maps =
default_transport = error:no mail leaves this machine
relay_transport = error:no mail leaves this machine
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_minimum_uid = 1000
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {domain}
cyrus_sasl_config_path = {conf}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
  check_recipient_access inline:{{busy@{domain}=DEFER, gone@{domain}=REJECT}},
  permit_sasl_authenticated, reject
"""

# What listens, what delivers, and what they ask.
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {conf}/sasldb2
mech_list: PLAIN LOGIN
"""


class Postfix:
    def __enter__(self):
        # Its processes run as other users, so not below the folder of the tests.
        self.folder = Path(tempfile.mkdtemp(prefix="triaged-postfix-"))
        self.folder.chmod(0o755)
        self.conf = self.folder / "conf"
        for name in ("conf/sasl", "queue", "data", "mail", "log"):
            (self.folder / name).mkdir(parents=True)
        self.tls = fakes.certificate(self.folder)
        self.port, self.tls_port = free_port(), free_port()
        words = {"folder": self.folder, "conf": self.conf, "domain": DOMAIN, "cert": self.tls[0],
                 "key": self.tls[1], "port": self.port, "tls_port": self.tls_port}
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER), ("sasl/smtpd.conf", SASL)):
            (self.conf / name).write_text(text.format(**words))
        self.add_user()
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", 5000, 5000)
        self.command("start")
        wait_for(self.answers, "Postfix to answer")
        return self

    def __exit__(self, *_):
        self.command("stop")
        shutil.rmtree(self.folder)

    def add_user(self):
        subprocess.run(["saslpasswd2", "-p", "-c", "-u", DOMAIN, "-f", self.conf / "sasldb2", USER],
                       input=PASSWORD.encode(), check=True, capture_output=True)
        shutil.chown(self.conf / "sasldb2", "postfix")

    def command(self, verb):
        subprocess.run(["postfix", "-c", self.conf, verb], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                return s.recv(3) == b"220"
        except OSError:
            return False

    def mails(self):
        """The delivered mails, as they are in the maildir: {file: bytes}."""
        return {path: path.read_bytes() for path in self.folder.glob("mail/inbox/new/*")}
