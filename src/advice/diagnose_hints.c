/*
 * The table behind the diagnosis: words of an error, the step that failed,
 * what it comes from and what to type. Called by diagnose.c. The words are
 * those of net/xfer_words, net/token_error, source/listing and notify/, and
 * the tests take them from there.
 *
 * tested with: test_diagnose scenario/test_doctor
 */
#include "advice/diagnose_priv.h"

#include <stddef.h>

#define TRY "curl -sv --max-time 10 -o /dev/null{via} {endpoint}"
#define TLS                                                                    \
	"openssl s_client{tunnel}{starttls} -connect {address} -servername "   \
	"{host}"
#define TLS_CHAIN TLS " -showcerts </dev/null 2>/dev/null | grep -E ' (s|i):'"
#define TLS_LOOK(what) TLS " </dev/null 2>/dev/null | openssl x509 -noout " what
#define LOOK_CLOCK "timedatectl"
#define LOOK_LOG "journalctl -u triaged --since -1h"

#define RAN_OUT                                                                \
	"the server's own certificate is out of its time, and its owner must " \
	"renew it; or this machine's clock is wrong"
#define OTHER_NAME                                                             \
	"another machine answers in the place of {host}: a wrong address in "  \
	"the settings or the DNS, or a portal in between"
#define NO_TLS_THERE                                                           \
	"check the port, and that no device in between cuts the connection"
#define PROXY_PASSWORD                                                         \
	"triaged has no password for a proxy: have this machine let through "  \
	"without one"
#define PROXY_REFUSES "have {proxy} let this machine through to {endpoint}"

/* clang-format off: a row is a few lines */
const struct hint network_hints[] = {
	{ "cannot resolve the proxy ", NULL, STEP_PROXY,
	  "the name in proxy: of the settings is not known",
	  "getent ahosts {host}" },
	{ "cannot resolve ", NULL, STEP_NAMES, NULL, "getent ahosts {host}" },
	{ "Could not resolve host: ", NULL, STEP_NAMES, NULL,
	  "getent ahosts {host}" },
	{ "the proxy ", "(407)", STEP_PROXY, PROXY_PASSWORD, TRY },
	{ "the proxy ", "refuses to connect", STEP_PROXY, PROXY_REFUSES, TRY },
	{ "certificate of ", "has expired", STEP_TLS, RAN_OUT,
	  TLS_LOOK("-subject -dates") },
	{ "certificate of ", "not yet valid", STEP_TLS, RAN_OUT,
	  TLS_LOOK("-subject -dates") },
	/* A host name, a hostname, an ipv4 address: libcurl's words change. */
	{ "certificate of ", "matches target", STEP_TLS, OTHER_NAME,
	  TLS_LOOK("-subject -ext subjectAltName") },
	{ "certificate of ", "not match target", STEP_TLS, OTHER_NAME,
	  TLS_LOOK("-subject -ext subjectAltName") },
	{ "certificate of ", NULL, STEP_TLS, NULL, TLS_CHAIN },
	{ "SSL certificate problem", "has expired", STEP_TLS, RAN_OUT,
	  TLS_LOOK("-subject -dates") },
	{ "SSL certificate problem", NULL, STEP_TLS,
	  "a private CA needs ca-file", TLS_CHAIN },
	{ "no TLS 1.2", NULL, STEP_TLS, NO_TLS_THERE, TLS " </dev/null" },
	{ "no certificates of authorities on this machine", NULL, STEP_TLS,
	  NULL, "ls -l /etc/ssl/certs" },
	{ "cannot read certificates from ca-file", NULL, STEP_TLS, NULL,
	  "triaged --check-config" },
	{ "connection refused by ", NULL, STEP_CONNECTION, NULL, TRY },
	{ "cannot connect to ", NULL, STEP_CONNECTION, NULL, TRY },
	{ "no connection to ", NULL, STEP_CONNECTION, NULL, TRY },
	{ "no socket for", NULL, STEP_CONNECTION, NULL, TRY },
	{ "the connection to ", NULL, STEP_CONNECTION, NULL, TRY },
	{ "no answer from ", NULL, STEP_CONNECTION, NULL, TRY },
	{ "answers too slowly", NULL, STEP_CONNECTION, NULL, TRY },
	{ "Failed to connect", NULL, STEP_CONNECTION, NULL, TRY },
	{ "Couldn't connect", NULL, STEP_CONNECTION, NULL, TRY },
	{ "Timeout was reached", NULL, STEP_CONNECTION, NULL, TRY },
	{ "timed out", NULL, STEP_CONNECTION, NULL, TRY },
	{ 0 },
};

#define NEW_SECRET "az ad app credential reset --id {client} --append"
#define STORE_IT                                                               \
	"the command makes a new one and prints it once: store it as "         \
	"{secret}, then systemctl restart triaged"
#define LOOK_TENANT "az account list --all --query \"[].tenantId\""
#define LOOK_APP "az ad sp show --id {client}"

const struct hint source_hints[] = {
	{ "cannot write to ", "the disk", STEP_DATABASE, NULL, "df -h {word}" },
	{ "cannot write to ", "file may not grow", STEP_DATABASE, NULL,
	  "systemctl show -p LimitFSIZE triaged" },
	{ "AADSTS7000215:", NULL, STEP_SIGN_IN, STORE_IT, NEW_SECRET },
	{ "AADSTS7000222:", NULL, STEP_SIGN_IN, STORE_IT, NEW_SECRET },
	{ "AADSTS700016:", NULL, STEP_SIGN_IN, NULL, LOOK_APP },
	{ "AADSTS7000112:", NULL, STEP_SIGN_IN, NULL,
	  "az ad sp update --id {client} --set accountEnabled=true" },
	{ "AADSTS90002:", NULL, STEP_SIGN_IN, NULL, LOOK_TENANT },
	{ "AADSTS90038:", NULL, STEP_SIGN_IN, NULL, LOOK_TENANT },
	{ "AADSTS900382:", NULL, STEP_SIGN_IN, NULL, LOOK_TENANT },
	{ "AADSTS50012:", NULL, STEP_SIGN_IN, NULL, LOOK_CLOCK },
	{ "AADSTS700027:", NULL, STEP_SIGN_IN, NULL, LOOK_CLOCK },
	{ "AADSTS700024:", NULL, STEP_SIGN_IN, NULL, LOOK_CLOCK },
	{ "AADSTS700213:", NULL, STEP_SIGN_IN, NULL,
	  "az ad app federated-credential list --id {client}" },
	{ "AADSTS90055:", NULL, STEP_THROTTLING, NULL, "triagectl coverage" },
	{ "AADSTS", NULL, STEP_SIGN_IN, NULL, LOOK_APP },
	{ "service asks to wait (429)", NULL, STEP_THROTTLING, NULL,
	  "triagectl coverage" },
	/* Something else answers there: see what. */
	{ "the sign-in service answered ", NULL, STEP_SIGN_IN, NULL, TRY },
	{ "sign-in", NULL, STEP_SIGN_IN, NULL, LOOK_LOG },
	{ "sees no subscription", NULL, STEP_PERMISSION, NULL, "{grant}" },
	{ "HTTP 403", NULL, STEP_PERMISSION, NULL, "{grant}" },
	/* Who may sign in and lacks a role gets 403. */
	{ "refuses a new token", "check the tenant", STEP_SIGN_IN, NULL,
	  LOOK_TENANT },
	{ "with 401", NULL, STEP_PERMISSION, NULL, "{grant}" },
	{ "HTTP 401", NULL, STEP_PERMISSION, NULL, "{grant}" },
	{ "HTTP 429", NULL, STEP_THROTTLING, NULL, "triagectl coverage" },
	{ "asks to wait", NULL, STEP_THROTTLING, NULL, "triagectl coverage" },
	{ "have to wait", NULL, STEP_THROTTLING, NULL, "triagectl coverage" },
	{ "triaged.db", NULL, STEP_DATABASE, NULL, LOOK_LOG },
	{ 0 },
};

#define TEST "triagectl test-notify {name}"
#define RESTART_AND_TEST "systemctl restart triaged && " TEST
#define STORE_RIGHT "store the right one as {secret} first"

const struct hint target_hints[] = {
	{ "sign-in refused", NULL, STEP_SIGN_IN, STORE_RIGHT,
	  RESTART_AND_TEST },
	{ "the token is refused", NULL, STEP_SIGN_IN, NULL, LOOK_LOG },
	{ "no token for", NULL, STEP_SIGN_IN, NULL, LOOK_LOG },
	{ "Mail.Send", NULL, STEP_PERMISSION, NULL,
	  "az ad app permission admin-consent --id {client}" },
	{ "HTTP 401", NULL, STEP_SIGN_IN, STORE_RIGHT, RESTART_AND_TEST },
	{ "HTTP 403", NULL, STEP_SIGN_IN, STORE_RIGHT, RESTART_AND_TEST },
	{ "HTTP 404", NULL, "address", "nothing is there: correct url first",
	  RESTART_AND_TEST },
	{ "HTTP 429", NULL, STEP_THROTTLING, NULL, "triagectl status" },
	{ "cannot be started: ", NULL, "program", NULL, "ls -l {path}" },
	{ "a private address", NULL, STEP_CONNECTION, NULL,
	  "triaged --dump-config | grep -n allow-private" },
	{ "Permission denied", NULL, "folder", NULL, "ls -ld {path}" },
	{ "No such file", NULL, "folder", NULL, "ls -ld {path}" },
	{ "No space left", NULL, "folder", NULL, "df -h {path}" },
	{ "Read-only file system", NULL, "folder", NULL, "findmnt -T {path}" },
	{ 0 },
};
/* clang-format on */
