/*
 * Options of templates, inside a target.
 *
 * tested with: test_table
 */
#include "conf/table_priv.h"

#define EMAIL BIT(TARGET_EMAIL)
#define WEBHOOK BIT(TARGET_WEBHOOK)
#define TEMPLATE(field) offsetof(struct template_conf, field)

/* clang-format off */
const struct option options_template[] = {
{ .shown = { "targets.template", "subject", "template", NONE,
    "email: the subject; the same for all messages of one alert", true },
  .load = load_template_text, .offset = TEMPLATE(subject), .kinds = EMAIL },
{ .shown = { "targets.template", "text", "template", NONE,
    "what people read, as plain text", true },
  .load = load_template_text, .offset = TEMPLATE(text),
  .kinds = EMAIL | WEBHOOK },
{ .shown = { "targets.template", "html", "template", NONE,
    "email: the same as HTML", true },
  .load = load_template_text, .offset = TEMPLATE(html), .kinds = EMAIL },
{ .shown = { "targets.template", "title", "template", NONE,
    "chat and tickets: the headline", true },
  .load = load_template_text, .offset = TEMPLATE(title), .kinds = WEBHOOK },
{ .shown = { "targets.template", "body", "template", NONE,
    "json: the whole body", true },
  .load = load_template_text, .offset = TEMPLATE(body), .kinds = WEBHOOK },
{ .shown = { .section = NULL } },
};
/* clang-format on */
