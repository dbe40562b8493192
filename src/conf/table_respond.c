/*
 * Options of `respond:`, what people may have done upstream.
 *
 * tested with: test_table
 */
#include "conf/table_priv.h"

#define RESPOND(field) offsetof(struct response_policy, field)

/* shown: section, name, type, default, help, reloadable */
/* clang-format off */
const struct option options_respond[] = {
{ .shown = { "respond", "actions", "list of actions", NONE,
    "what may be done; restore-user and activate go with what they take back",
    true },
  .load = load_actions, .offset = RESPOND(enabled) },
{ .shown = { "respond", "hooks", "list of target names", NONE,
    "targets of type exec that may be run", true },
  .load = load_hooks, .offset = RESPOND(hooks) },
{ .shown = { "respond", "protect", "list of globs", NONE,
    "accounts nothing is done to", true },
  .load = load_protect, .offset = RESPOND(protect) },
{ .shown = { "respond", "notify-by", "target name", NONE,
    "e-mail target that notify-user goes by", true },
  .load = load_target_name, .offset = RESPOND(notify_by) },
{ .shown = { "respond", "per-hour", "number", "10",
    "how many may be approved in any hour", true },
  .load = load_count, .offset = RESPOND(per_hour), .min = 1, .max = 1000 },
{ .shown = { "respond", "approver", "operate or admin", "admin",
    "the role that may approve", true },
  .load = load_approver, .offset = RESPOND(approver) },
{ .shown = { "respond", "second-person", "users, always or never", "users",
    "when somebody else than who asked must approve", true },
  .load = load_second_person, .offset = RESPOND(second) },
{ .shown = { "respond", "expires", "duration", "1h",
    "how long a plan waits for approval, and an approval for the service",
    true },
  .load = load_duration, .offset = RESPOND(expires_ms), .min = M,
  .max = 24 * H },
{ .shown = { "respond", "give-up-after", "duration", "24h",
    "how long after its approval one that was called is tried again", true },
  .load = load_duration, .offset = RESPOND(give_up_ms), .min = M,
  .max = 7 * 24 * H },
{ .shown = { .section = NULL } },
};
/* clang-format on */
