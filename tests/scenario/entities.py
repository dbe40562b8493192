"""Who and what an alert names, worked out from its JSON by rules of their own.

The rules follow what the APIs document about their entities, not our normalizers: a set of
(kind, value) for each alert, which the database must hold, neither less nor more.

What stands in an alert and is no entity of it, each for a reason:
- a process of which only the number is known: there is nothing to look for;
- a value of the registry without a name; its key is an entity;
- a connection neither end of which is known;
- the further names of somebody who has a better one (SID, object id, LogonId);
- SHA-1 beside SHA-256 of one file;
- at Graph: the addresses of a machine and who was logged on there (`ipInterfaces`,
  `lastIpAddress`, `loggedOnUsers`), and the file of the parent process, which are
  properties of a piece of evidence; what matters of them is evidence itself.
"""
import json

LINE_MAX = 500


def lower_keys(value):
    return {key.lower(): member for key, member in value.items()}


def clean(text):
    """Text as it fits a line."""
    text = text.replace("\r\n", " ")
    text = "".join(" " if char in "\r\n\t" else char for char in text).strip()
    return text if len(text) <= LINE_MAX else text[:LINE_MAX - 1] + "\u2026"


def text_of(node, *keys):
    """The first member that is text and not empty."""
    for key in keys:
        value = (node or {}).get(key)
        if isinstance(value, str) and value:
            return value
    return None


def tail(path):
    return path.rsplit("/", 1)[-1] if path and "/" in path else path


def folded(value):
    """The same with all keys in small letters; text that holds JSON is what it holds."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    if isinstance(value, dict):
        return {key.lower(): folded(member) if isinstance(member, (dict, list)) else member
                for key, member in value.items()}
    if isinstance(value, list):
        return [folded(member) if isinstance(member, (dict, list)) else member
                for member in value]
    return value


def objects_in(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for member in value if isinstance(value, list) else ():
        if isinstance(member, (dict, list)):
            yield from objects_in(member)


class Arm:
    """Entities of Defender for Cloud: objects of many types that refer to each other."""

    PLAIN = {
        "amazon-resource": ("resource", "amazonresourceid"),
        "azure-resource": ("resource", "resourceid"),
        "blob": ("blob", "url", "name"),
        "blob-container": ("blob-container", "url", "name"),
        "container": ("container", "name", "containerid"),
        "container-image": ("image", "imageid"),
        "dns": ("domain", "domainname"),
        "filehash": ("hash", "value"),
        "gcp-resource": ("resource", "resourcename"),
        "host-logon-session": ("session", "sessionid"),
        "ip": ("ip", "address"),
        "k8s-namespace": ("namespace", "name"),
        "mailbox": ("mailbox", "mailboxprimaryaddress", "upn", "displayname"),
        "malware": ("malware", "name"),
        "registry-value": ("registry-value", "name"),
        "security-group": ("group", "distinguishedname", "sid"),
        "url": ("url", "url"),
    }

    def __init__(self, entities):
        self.nodes = list(objects_in(folded(entities or [])))
        self.by_id = {}
        for node in self.nodes:
            if "$id" in node:
                self.by_id.setdefault(node["$id"], node)

    def follow(self, value):
        if isinstance(value, dict) and "$ref" in value:
            return self.by_id.get(value["$ref"])
        return value if isinstance(value, dict) else None

    def found(self):
        for node in self.nodes:
            kind = text_of(node, "type")
            if kind and "$ref" not in node:
                yield from self.of_node(kind.lower(), node)

    def of_node(self, kind, node):
        if kind in self.PLAIN:
            ours, *keys = self.PLAIN[kind]
            yield ours, text_of(node, *keys)
        elif kind.startswith("k8s-"):
            yield kind[len("k8s-"):], self.kubernetes(node)
        elif kind == "network-connection":
            yield "connection", self.connection(node)
        elif kind == "host":
            yield "host", self.host(node)
            yield "resource", text_of(node, "azureid")
        else:
            yield kind, {"account": self.account, "file": self.file, "process": self.process,
                         "registry-key": self.registry_key}[kind](node)

    def account(self, node):
        name = text_of(node, "name")
        suffix, domain = text_of(node, "upnsuffix"), text_of(node, "ntdomain")
        if not name:
            return text_of(node, "userprincipalname", "displayname", "aaduserid", "sid",
                           "puid", "id")
        if suffix and "@" not in name:
            return f"{name}@{suffix}"
        return f"{domain}\\{name}" if domain and not suffix and "\\" not in name else name

    def host(self, node):
        name = text_of(node, "hostname", "netbiosname", "fqdn")
        domain = text_of(node, "dnsdomain")
        name = name or tail(text_of(node, "azureid")) or text_of(node, "omsagentid")
        return f"{name}.{domain}" if name and domain and "." not in name else name

    def file(self, node):
        folder, name = text_of(node, "directory"), text_of(node, "name")
        if not folder or not name:
            return folder or name
        if folder[-1] in "/\\":
            return folder + name
        return folder + ("\\" if "\\" in folder else "/") + name

    def process(self, node):
        image = self.follow(node.get("imagefile"))
        return text_of(node, "commandline") or (self.file(image) if image else None)

    def registry_key(self, node):
        return "\\".join(filter(None, [text_of(node, "hive"), text_of(node, "key")]))

    def connection(self, node):
        ends = [text_of(self.follow(node.get(key)), "address")
                for key in ("sourceaddress", "destinationaddress")]
        if not any(ends):
            return None
        words = [ends[0] or "", f"to {ends[1]}" if ends[1] else ""]
        if isinstance(node.get("destinationport"), int):
            words.append(f"port {node['destinationport']}")
        words.append(text_of(node, "protocol") or "")
        return " ".join(filter(None, words))

    def kubernetes(self, node):
        space = text_of(self.follow(node.get("namespace")), "name")
        name = text_of(node, "name") or tail(text_of(self.follow(node.get("cloudresource")),
                                                     "resourceid"))
        return f"{space}/{name}" if space and name else name


class Graph:
    """Evidence of Graph; each piece says by its type what it is."""

    def __init__(self, evidence):
        self.evidence = folded(evidence or [])

    def found(self):
        for piece in self.evidence:
            kind = piece["@odata.type"].rsplit(".", 1)[-1].removesuffix("Evidence")
            yield from getattr(self, kind)(piece)

    def userAccount(self, account):
        account = account or {}
        name, domain = text_of(account, "accountname"), text_of(account, "domainname")
        yield "account", text_of(account, "userprincipalname") or (
            f"{domain}\\{name}" if name and domain else
            name or text_of(account, "displayname", "azureaduserid", "usersid"))

    def user(self, piece):
        yield from self.userAccount(piece.get("useraccount"))

    def device(self, piece):
        yield "host", text_of(piece, "devicednsname", "hostname", "mdedeviceid",
                              "azureaddeviceid")
        yield "resource", text_of(piece.get("vmmetadata"), "resourceid")

    def fileDetails(self, details):
        details = details or {}
        folder, name = text_of(details, "filepath"), text_of(details, "filename")
        if folder and name:
            yield "file", folder + ("/" if "/" in folder else "\\") + name
        else:
            yield "file", name
        yield "hash", text_of(details, "sha256", "sha1")

    def file(self, piece):
        yield from self.fileDetails(piece.get("filedetails"))

    def process(self, piece):
        yield "process", (text_of(piece, "processcommandline")
                          or text_of(piece.get("imagefile"), "filename"))
        yield from self.fileDetails(piece.get("imagefile"))
        yield from self.userAccount(piece.get("useraccount"))

    def cloudApplication(self, piece):
        name = text_of(piece, "displayname", "instancename")
        yield "app", name or str(piece["appid"])

    def oauthApplication(self, piece):
        yield "app", text_of(piece, "displayname", "appid")

    def azureResource(self, piece):
        yield "resource", text_of(piece, "resourceid", "resourcename")

    def ip(self, piece):
        yield "ip", text_of(piece, "ipaddress")

    def registryKey(self, piece):
        yield "registry-key", "\\".join(filter(None, [
            text_of(piece, "registryhive"), text_of(piece, "registrykey")]))


class CloudApps:
    """Entities of Cloud Apps: label and id. XSOAR regroups them in a list for each type."""

    KINDS = {"account": "account", "user": "account", "discovery_user": "account",
             "ip": "ip", "discovery_ip": "ip", "country": "country", "service": "app",
             "policyrule": "policy", "file": "file", "device": "host", "grouptag": "group"}

    def __init__(self, alert):
        self.alert = folded(alert)

    def found(self):
        for kind in ["entities", *self.KINDS]:
            for entity in self.alert.get(kind) or []:
                yield from self.of_entity(entity)
        policy = self.alert.get("policy")
        if isinstance(policy, dict):
            yield "policy", text_of(policy, "label")

    def of_entity(self, entity):
        kind = text_of(entity, "type").lower()
        best = {"account": ["pa", "em"], "user": ["id"]}.get(kind, [])
        value = text_of(entity, *best, "label", "id")
        yield self.KINDS[kind], value or str(entity["id"])


def of_behavior(row):
    """{(kind, value)} of one row of BehaviorEntities."""
    kinds = {"User": ("account", "AccountUpn"), "Ip": ("ip", "RemoteIP")}
    kind, column = kinds[row["EntityType"]]
    return {(kind, row[column])}


def of_alert(product, raw):
    """{(kind, value)} that the alert names."""
    top = lower_keys(raw)
    if product == "defender-for-cloud":
        inner = top.get("properties")
        door = Arm((lower_keys(inner) if isinstance(inner, dict) else top).get("entities"))
    elif product == "graph-security":
        door = Graph(top.get("evidence"))
    elif product == "cloud-apps":
        door = CloudApps(raw)
    else:
        return set()  # an incident names its alerts, and those the entities
    return {(clean(kind), clean(value)) for kind, value in door.found() if value and clean(value)}
