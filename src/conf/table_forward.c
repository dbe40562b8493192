/*
 * Options of destinations of the event log.
 *
 * tested with: test_table
 */
#include "conf/table_priv.h"

#define TLS BIT(FORWARD_SYSLOG_TLS)
#define TCP BIT(FORWARD_SYSLOG_TCP)
#define SYSLOG (TLS | TCP)
#define FILE_TYPE BIT(FORWARD_FILE)
#define MIB (INT64_C(1) << 20)
#define TO(field) offsetof(struct forward_conf, field)

/* shown: section, name, type, default, help, reloadable */
/* clang-format off */
const struct option options_forward[] = {
{ .shown = { "forward", "name", "name", REQUIRED,
    "by which its place in the log is kept", true },
  .load = load_name, .offset = TO(name) },
{ .shown = { "forward", "type", "syslog-tls, syslog-tcp or file", REQUIRED,
    "how events travel", true },
  .load = load_known },
{ .shown = { "forward", "format", "json, cef, leef, ocsf or ecs", "json",
    "how an event is written", true },
  .load = load_forward_format, .offset = TO(format) },
{ .shown = { "forward", "from", "now or beginning", "now",
    "where in the log a new destination begins", true },
  .load = load_from, .offset = TO(from_beginning) },
{ .shown = { "forward", "server", "HOST:PORT", REQUIRED,
    "receiver; port 6514 (TLS) or 514 when left out", true },
  .load = load_forward_server, .kinds = SYSLOG },
{ .shown = { "forward", "facility", "word or number", "local4",
    "of the syslog messages", true },
  .load = load_facility, .offset = TO(facility), .kinds = SYSLOG },
{ .shown = { "forward", "enterprise-id", "number", "32473",
    "private enterprise number in the structured data", true },
  .load = load_count, .offset = TO(enterprise_id), .kinds = SYSLOG,
  .min = 1, .max = INT32_MAX },
{ .shown = { "forward", "framing", "octet-counting or lf", "octet-counting",
    "how one message ends and the next begins", true },
  .load = load_framing, .offset = TO(octet_counting), .kinds = SYSLOG },
{ .shown = { "forward", "hostname", "name", NONE,
    "this machine, as the messages call it", true },
  .load = load_host_name, .offset = TO(hostname), .kinds = SYSLOG },
{ .shown = { "forward", "ca-file", "path", NONE,
    "PEM file used instead of the system's authorities", true },
  .load = load_path, .offset = TO(ca_file), .kinds = TLS },
{ .shown = { "forward", "client-certificate", "secret", NONE,
    "PEM, certificate and key, for a receiver that asks for it", true },
  .load = load_secret, .offset = TO(client_certificate), .kinds = TLS },
{ .shown = { "forward", "settle", "duration", "10s",
    "how long a connection must hold for what was sent to count", true },
  .load = load_duration, .offset = TO(settle_ms), .kinds = SYSLOG,
  .min = 0, .max = 10 * M },
{ .shown = { "forward", "allow-plain", "true or false", "false",
    "may go beyond loopback without TLS", true },
  .load = load_bool, .offset = TO(allow_plain), .kinds = TCP },
{ .shown = { "forward", "path", "path", REQUIRED,
    "file that gets a line for each event", true },
  .load = load_path, .offset = TO(path), .kinds = FILE_TYPE },
{ .shown = { "forward", "rotate", "block", NONE,
    "when the file is put aside, and how many are kept", true },
  .load = load_map, .offset = 0, .sub = "forward.rotate",
  .kinds = FILE_TYPE },

{ .shown = { "forward.rotate", "size", "size", "100MiB",
    "a file is put aside before it grows above this", true },
  .load = load_size, .offset = TO(rotate_size), .min = MIB / 16,
  .max = 1024 * 1024 * MIB },
{ .shown = { "forward.rotate", "keep", "number", "10",
    "how many files put aside are kept; 0: the file just grows", true },
  .load = load_count, .offset = TO(rotate_keep), .min = 0, .max = 1000 },
{ .shown = { .section = NULL } },
};
/* clang-format on */
