"""What a daemon would have read of the posture of subscriptions, put into the database
of a site whose daemon does not run."""
import contextlib
import sqlite3
import time

DAY_MS = 86400000
HOUR_MS = 3600000
FIRST = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"
SECOND = "cccccccc-1111-4222-8333-dddddddddddd"
PARTS = ["plans", "scores", "recommendations", "kinds", "contacts", "exports", "provisioning", "sharing",
         "subscriptions"]
KINDS = {
    "k-ports": (3, "Management ports should be closed on your virtual machines", "Low"),
    "k-disks": (2, "Virtual machines should encrypt temp disks, caches, and data flows "
                   "between Compute and Storage resources", "Moderate"),
    "k-logs": (1, "Diagnostic logs in Key Vault should be enabled", None),
}
REMEDIATION = "To close them:\n1. Open the machine.\n2. Choose Networking.\n3. Restrict the rule."


class Posture:
    """Writes as the daemon would have; all of it as of @age_ms ago."""

    def __init__(self, site, age_ms=3 * HOUR_MS):
        self.database = sqlite3.connect(site.state / "triaged.db", isolation_level=None)
        self.now_ms = int(time.time() * 1000)
        self.seen_ms = self.now_ms - age_ms
        self.scope = self.source = None

    def close(self):
        self.database.close()

    def put(self, table, **values):
        marks = ", ".join("?" * len(values))
        self.database.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(values)}) VALUES ({marks})",
                              list(values.values()))
        return self.database.execute("SELECT last_insert_rowid()").fetchone()[0]

    def subscription(self, name=FIRST, source="azure", troubles=None, parts=PARTS[:-1], title=None):
        """What follows is of that one; @troubles: {part: why it was never read}."""
        row = self.database.execute("SELECT id FROM source WHERE name = ?", [source]).fetchone()
        self.source = row[0] if row else self.put("source", name=source, kind="defender-for-cloud",
                                                  started_ms=self.seen_ms)
        self.scope = self.put("posture_scope", source_id=self.source, subscription=name, name=title,
                              watched_ms=self.seen_ms, sought_ms=self.seen_ms, told_ms=self.seen_ms)
        for part in parts:
            trouble = (troubles or {}).get(part)
            self.put("posture_read", scope_id=self.scope, part=PARTS.index(part), tried_ms=self.seen_ms,
                     complete_ms=None if trouble else self.seen_ms, n=1, n_unread=0, trouble=trouble)

    def left_out(self, name, title, state="Enabled"):
        """One that the source could read; the list of all of them has been read."""
        scope = self.put("posture_scope", source_id=self.source, subscription="")
        self.put("posture_read", scope_id=scope, part=PARTS.index("subscriptions"), tried_ms=self.seen_ms,
                 complete_ms=self.seen_ms, n=2, n_unread=0)
        self.put("posture_scope", source_id=self.source, subscription=name, name=title, state=state,
                 told_ms=self.seen_ms)

    def plan(self, name, on, **more):
        self.put("plan", **{"scope_id": self.scope, "name": name, "is_on": int(on),
                            "tier": "Standard" if on else "Free", "is_deprecated": 0,
                            "since_ms": self.seen_ms, "seen_ms": self.seen_ms, **more})

    def resources(self, type_, n):
        self.put("resource_count", scope_id=self.scope, type=type_, n=n, seen_ms=self.seen_ms)

    def score(self, percent, days_ago=0, of=56, weight=10):
        day = self.now_ms // DAY_MS - days_ago
        self.put("secure_score", scope_id=self.scope, name="ascScore", day=day, current=int(percent * of),
                 max=of * 100, percent=int(percent * 100), weight=weight,
                 seen_ms=self.seen_ms - days_ago * DAY_MS)

    def kinds(self):
        for kind, (severity, title, effort) in KINDS.items():
            self.put("advice_kind", source_id=self.source, kind=kind, title=title, severity=severity,
                     effort=effort, is_preview=0, seen_ms=self.seen_ms, description=f"About {title}.",
                     remediation=REMEDIATION, categories="Compute")

    def advice(self, kind, resource, days=1, gone=None, **more):
        """@resource: an ARM id, or the name of a machine; @gone: 1 healthy, 4 absent."""
        if "/" not in resource:
            resource = (f"/subscriptions/{FIRST}/resourceGroups/rg-web/providers/Microsoft.Compute/"
                        f"virtualMachines/{resource}")
        return self.put("advice", **{
            "scope_id": self.scope, "native_id": f"{resource}/{kind}".lower(), "kind": kind, "state": 0,
            "resource_id": resource, "resource_key": resource.lower(),
            "resource_type": "Microsoft.Compute/virtualMachines",
            "first_seen_ms": self.now_ms - days * DAY_MS, "since_ms": self.now_ms - days * DAY_MS,
            "seen_ms": self.seen_ms, "gone_ms": self.seen_ms if gone else None, "gone_as": gone,
            "cause": "", "portal_url": "https://portal.azure.com/#x", **more})

    def setting(self, part, name, on, detail=None):
        self.put("posture_setting", scope_id=self.scope, part=PARTS.index(part), name=name, is_on=int(on),
                 detail=detail, seen_ms=self.seen_ms)


def usual(posture):
    """One subscription like many: servers watched, storage not, nobody told."""
    posture.subscription()
    for name, on in (("Arm", True), ("VirtualMachines", True), ("StorageAccounts", False), ("KeyVaults", False),
                     ("CosmosDbs", False)):
        posture.plan(name, on)
    posture.plan("VirtualMachines", True, sub_plan="P2", enabled_ms=posture.seen_ms - 90 * DAY_MS,
                 extensions_off="AgentlessVmScanning, FileIntegrityMonitoring")
    posture.plan("Dns", True, is_deprecated=1, replaced_by="VirtualMachines")
    posture.resources("Microsoft.Compute/virtualMachines", 7)
    posture.resources("Microsoft.Storage/storageAccounts", 12)
    posture.resources("Microsoft.KeyVault/vaults", 1)
    posture.score(61.36)
    posture.score(59.1, days_ago=8)
    posture.kinds()
    for number in range(3):
        posture.advice("k-ports", f"web-0{number}", days=30 + number)
    posture.advice("k-disks", "web-01", days=3)
    posture.advice("k-logs", f"/subscriptions/{FIRST}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/safe",
                   resource_type="Microsoft.KeyVault/vaults")
    posture.advice("k-ports", "old-01", days=60, gone=1)
    posture.setting("contacts", "contact 1", False, "no alerts, by e-mail")
    posture.setting("provisioning", "default", True)
    posture.setting("sharing", "MCAS", True, "DataExportSettings")
    posture.setting("sharing", "WDATP", False, "DataExportSettings")


@contextlib.contextmanager
def writing(site, **options):
    posture = Posture(site, **options)
    try:
        yield posture
    finally:
        posture.close()
