#!/bin/sh
# A real client as referee: Debian's azure-cli lists the alerts of the fake
# cloud over TLS, triaged --once stores them, and the two must agree id by id.
# Where they do not, the fake speaks something the service does not, or the
# daemon reads something else than the client.
#
#   make check-referee        builds, then runs this
#
# Installs nothing. azure-cli 2.45 is what Debian 12 has; it signs in by the
# machine's identity, because everything else asks the real Microsoft first.
set -eu
cd "$(dirname "$0")/../.."
build=${TRIAGED_BUILD:-build}
alerts=${ALERTS:-257}

command -v az >/dev/null || {
	echo "No az here. Install it: apt-get install azure-cli" >&2
	exit 1
}
command -v openssl >/dev/null || {
	echo "No openssl here. Install it: apt-get install openssl" >&2
	exit 1
}

folder=$(mktemp -d)
fake=
finish() {
	exec 9>&- # the fake ends with its standard input
	[ -z "$fake" ] || wait "$fake" || true
	rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	-keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
printf '{"seed": 31, "subscriptions": 3, "alerts": %s, "page": 40}' "$alerts" \
	>"$folder/script"
mkfifo "$folder/input"
"$build/tests/fake/fake_azure" --cert "$folder/cert.pem" \
	--key "$folder/key.pem" --script "$folder/script" \
	--log "$folder/log" <"$folder/input" >"$folder/port" &
fake=$!
exec 9>"$folder/input"
tries=0
until port=$(sed -n 's/^PORT //p' "$folder/port") && [ -n "$port" ]; do
	tries=$((tries + 1))
	[ "$tries" -le 200 ] || { echo "the fake did not start" >&2; exit 1; }
	sleep 0.05
done
url=https://localhost:$port

# azure-cli, in a home of its own.
export AZURE_CONFIG_DIR="$folder/az" AZURE_CORE_COLLECT_TELEMETRY=no
export REQUESTS_CA_BUNDLE="$folder/cert.pem" MSI_ENDPOINT="$url/MSI/token"
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
quiet() {
	"$@" >"$folder/out" 2>&1 || { cat "$folder/out" >&2; exit 1; }
}
quiet az cloud register -n sim --endpoint-resource-manager "$url/" \
	--endpoint-active-directory "$url" \
	--endpoint-active-directory-resource-id https://management.azure.com/ \
	--endpoint-active-directory-graph-resource-id https://graph.windows.net/ \
	--endpoint-management https://management.core.windows.net/
quiet az cloud set -n sim
quiet az login --identity
az account list --query '[].id' -o tsv >"$folder/subscriptions"
while read -r subscription; do
	az security alert list --subscription "$subscription" \
		--query '[].[name, status, alertDisplayName]' -o tsv </dev/null
done <"$folder/subscriptions" | sort >"$folder/client"

# triaged, by a secret.
mkdir "$folder/state" "$folder/outbox"
printf x >"$folder/secret"
chmod 600 "$folder/secret"
cat >"$folder/triaged.yaml" <<EOF
user: $(id -un)
state-directory: $folder/state
control-socket: $folder/control.sock
listen: off
sources:
  - name: azure
    type: defender-for-cloud
    tenant: 11111111-2222-3333-4444-555555555555
    client-id: 66666666-7777-8888-9999-000000000000
    client-secret: {file: $folder/secret}
    endpoints: {login: "$url", resource-manager: "$url"}
    ca-file: $folder/cert.pem
targets: [{name: ops, type: folder, path: "$folder/outbox"}]
routes: [{digest: {at: "09:00", notify: [ops]}}]
fallback: ops
import-horizon: 3650d
EOF
"$build/triaged" -c "$folder/triaged.yaml" --once 2>"$folder/errors" || {
	cat "$folder/errors" >&2
	exit 1
}
"$build/triagectl" -c "$folder/triaged.yaml" --json sql \
	"SELECT native_id || char(9) || source_status || char(9) || title AS line
	FROM v_alerts WHERE source = 'azure'" >"$folder/rows"
python3 -c 'import json, sys
for row in json.load(sys.stdin)["rows"]:
    print(row["line"] if isinstance(row, dict) else row[0])' \
	<"$folder/rows" | sort >"$folder/daemon"

version=$(az version --query '"azure-cli"' -o tsv)
n=$(wc -l <"$folder/client")
if ! diff "$folder/client" "$folder/daemon" >"$folder/difference"; then
	echo "azure-cli $version (<) and triaged (>) disagree:" >&2
	head -20 "$folder/difference" >&2
	exit 1
fi
[ "$n" -eq "$alerts" ] || {
	echo "azure-cli $version listed $n alerts of $alerts" >&2
	exit 1
}
echo "azure-cli $version and triaged agree about $n alerts" \
	"of $(wc -l <"$folder/subscriptions") subscriptions: name, status, title"
