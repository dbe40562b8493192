"""What several scenarios need: alerts as the source exports them, a place where
the daemon reads them, and the settings around it. Standard library only."""
import datetime
import json
import os

from harness import wait_for

SUBSCRIPTION = "22222222-3333-4444-5555-666666666666"
RESOURCES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"

# A folder of exported alerts, looked at every second.
FILES = """
sources:
  - {name: exported, type: file, path: "{folder}/in/*.json", interval: 1s}
"""

# No source says critical; this rule does.
CROWN_JEWELS = """
rules:
  - name: crown-jewels
    when: {severity: high, resource: "*/resourceGroups/rg-crown/*"}
    set: {severity: critical}
"""


def flat(text):
    """A screen in one line; what a backslash joins for the shell is joined."""
    return " ".join(text.replace("\\\n", " ").split())


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def alert(number=1, severity="High", status="Active", crown=False, **properties):
    """An alert as Azure Resource Manager lists it. @crown: CROWN_JEWELS raises
    it to critical. @properties replace what stands here."""
    name = f"2517000000000000{number:04}_{number:08x}-0000-4000-8000-000000000000"
    group = "rg-crown" if crown else "rg-web"
    resource = f"{RESOURCES}/{group}/providers/Microsoft.Compute/virtualMachines/vm-{number}"
    return {
        "id": f"{RESOURCES}/{group}/providers/Microsoft.Security/locations/westeurope"
              f"/alerts/{name}",
        "name": name,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "systemAlertId": name,
            "alertType": "VM_SuspectScreenSaver",
            "alertDisplayName": f"Suspicious process {number}",
            "description": "A process that nobody knows was started.",
            "severity": severity,
            "status": status,
            "intent": "Execution",
            "timeGeneratedUtc": now(),
            "startTimeUtc": now(),
            "endTimeUtc": now(),
            "productName": "Microsoft Defender for Cloud",
            "vendorName": "Microsoft",
            "compromisedEntity": f"vm-{number}",
            "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": resource}],
            "remediationSteps": ["Look at the process tree.", "Isolate the machine."],
            "entities": [{"$id": "1", "type": "host", "hostName": f"vm-{number}"}],
            "extendedProperties": {},
            **properties,
        },
    }


def put(site, *alerts, name="alerts.json"):
    """Give the daemon's source a file with these alerts, whole at once."""
    folder = site.folder / "in"
    folder.mkdir(exist_ok=True)
    fresh = folder / f".{name}.new"
    fresh.write_text(json.dumps({"value": list(alerts)}))
    os.replace(fresh, folder / name)


def alert_row(site, title):
    """The row of the alert with that title, or None."""
    rows = site.rows("select * from v_alerts where title = ?", title)
    return rows[0] if rows else None


def wait_alert(site, title="Suspicious process 1"):
    return wait_for(lambda: alert_row(site, title), f"the alert {title!r}")


def deliveries(site, where="1", *values):
    return site.rows(f"select * from v_deliveries where {where} order by id", *values)


def wait_delivery(site, where, *values):
    """The first delivery for which @where holds, once there is one."""
    return wait_for(lambda: deliveries(site, where, *values), f"a delivery: {where}")[0]
