/*
 * Options of targets.
 *
 * tested with: test_table
 */
#include "conf/table_priv.h"

#define EMAIL BIT(TARGET_EMAIL)
#define WEBHOOK BIT(TARGET_WEBHOOK)
#define FOLDER BIT(TARGET_FOLDER)
#define TARGET(field) offsetof(struct target_conf, field)

/* shown: section, name, type, default, help, reloadable */
/* clang-format off */
const struct option options_target[] = {
{ .shown = { "targets", "name", "name", REQUIRED, "what routes call it", true },
  .load = load_name, .offset = TARGET(name) },
{ .shown = { "targets", "type", "email, webhook or folder", REQUIRED,
    "how notices travel", true },
  .load = load_known },
{ .shown = { "targets", "server", "smtp://HOST:PORT or smtps://HOST:PORT",
    REQUIRED, "mail server; port 25 or 465 when left out", true },
  .load = load_server, .offset = TARGET(server), .kinds = EMAIL },
{ .shown = { "targets", "starttls", "true or false", "true",
    "smtp:// only with TLS; false only on loopback", true },
  .load = load_bool, .offset = TARGET(starttls), .kinds = EMAIL },
{ .shown = { "targets", "from", "e-mail address", REQUIRED, "sender", true },
  .load = load_address, .offset = TARGET(from), .kinds = EMAIL },
{ .shown = { "targets", "to", "list of e-mail addresses", REQUIRED,
    "recipients, one message each", true },
  .load = load_addresses, .offset = TARGET(to), .kinds = EMAIL },
{ .shown = { "targets", "username", "text", NONE, "to sign in with", true },
  .load = load_text, .offset = TARGET(username), .kinds = EMAIL },
{ .shown = { "targets", "password", "secret", NONE, "to sign in with", true },
  .load = load_secret, .offset = TARGET(password), .kinds = EMAIL },
{ .shown = { "targets", "url", "https URL, or secret", REQUIRED,
    "where to POST", true },
  .load = load_webhook_url, .offset = TARGET(url), .kinds = WEBHOOK },
{ .shown = { "targets", "format", "json", "json", "shape of the body", true },
  .load = load_word, .kinds = WEBHOOK },
{ .shown = { "targets", "signing-secret", "secret", NONE,
    "whsec_... that signs each request", true },
  .load = load_secret, .offset = TARGET(signing_secret), .kinds = WEBHOOK },
{ .shown = { "targets", "signing-secret-next", "secret", NONE,
    "a second one that is valid too, while changing it", true },
  .load = load_secret, .offset = TARGET(signing_secret_next),
  .kinds = WEBHOOK },
{ .shown = { "targets", "allow-private", "true or false", "false",
    "may reach loopback and private addresses, and http:", true },
  .load = load_bool, .offset = TARGET(allow_private), .kinds = WEBHOOK },
{ .shown = { "targets", "path", "path", REQUIRED,
    "directory that gets a file for each notice", true },
  .load = load_path, .offset = TARGET(path), .kinds = FOLDER },
{ .shown = { "targets", "ca-file", "path", NONE,
    "PEM file used instead of the system's authorities", true },
  .load = load_path, .offset = TARGET(ca_file), .kinds = EMAIL | WEBHOOK },
{ .shown = { .section = NULL } },
};
/* clang-format on */
