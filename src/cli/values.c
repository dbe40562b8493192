/*
 * The table of value kinds. Called by the commands, cli/selectors and what is
 * made from the command table. Knows neither command nor screen.
 */
#include "cli/values.h"

#include <string.h>
#include <strings.h>
#include "advice/checklist.h"
#include "cli/commands.h"
#include "core/notice.h"
#include "core/response.h"
#include "core/severity.h"
#include "core/status.h"
#include "util/suggest.h"

#define WORDS_MAX 64

/* Worst first, as people say them. */
static const char *severity_word(size_t i)
{
	return i < SEVERITY_MAX
		       ? severity_name((enum severity)(SEVERITY_MAX - 1 - i))
		       : NULL;
}

/* What somebody is told of. */
static const char *level_word(size_t i)
{
	return i < SEVERITY_MAX - 1 ? severity_word(i) : NULL;
}

static const char *state_word(size_t i)
{
	if (i < ALERT_STATE_MAX)
		return alert_state_name((enum alert_state)i);
	return i == ALERT_STATE_MAX ? "all" : NULL;
}

static const char *plan_state_word(size_t i)
{
	static const char *const words[] = { "on", "off", "all" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *advice_state_word(size_t i)
{
	static const char *const words[] = { "open", "gone", "all" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *item_state_word(size_t i)
{
	if (i < CHORE_STATE_MAX)
		return chore_state_name((enum chore_state)i);
	return i == CHORE_STATE_MAX ? "all" : NULL;
}

static const char *phase_word(size_t i)
{
	return i < PHASE_MAX ? phase_name((enum phase)i) : NULL;
}

static const char *verdict_word(size_t i)
{
	return i + 1 < VERDICT_MAX ? verdict_name((enum verdict)(i + 1)) : NULL;
}

static const char *action_word(size_t i)
{
	return i < RESPONSE_ACTION_MAX
		       ? response_action_name((enum response_action)i)
		       : NULL;
}

static const char *message_state_word(size_t i)
{
	return i < NOTICE_STATE_MAX ? notice_state_name((enum notice_state)i)
				    : NULL;
}

static const char *order_word(size_t i)
{
	static const char *const words[] = { "urgency", "seen", "due",
					     "severity", "id" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *format_word(size_t i)
{
	static const char *const words[] = { "man", "shell" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *colour_word(size_t i)
{
	static const char *const words[] = { "auto", "always", "never" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *command_word(size_t i)
{
	const struct command *c = commands_at(i);

	return c ? c->name : NULL;
}

static const char *kind_word(size_t i)
{
	const struct value_kind *k = values_at(i);

	return k ? k->name : NULL;
}

/* clang-format off: a row is a line */
static const struct value_kind kinds[] = {
	{ .name = "ACTION", .word = action_word },
	{ .name = "ADDRESS" },
	{ .name = "ADVICE-STATE", .word = advice_state_word, .several = true },
	{ .name = "COLOR", .word = colour_word },
	{ .name = "COMMAND", .word = command_word },
	{ .name = "FILE", .file = true },
	{ .name = "FORMAT", .word = format_word },
	{ .name = "GLOB" },
	{ .name = "HEAD" },
	{ .name = "HOOK", .present = values_hooks },
	{ .name = "ID", .present = values_alerts },
	{ .name = "ITEM-STATE", .word = item_state_word, .several = true },
	{ .name = "KIND", .word = kind_word },
	{ .name = "LEVEL", .word = level_word },
	{ .name = "LIMITS" },
	{ .name = "MESSAGE", .present = values_messages },
	{ .name = "MESSAGE-STATE", .word = message_state_word },
	{ .name = "N" },
	{ .name = "NAME", .present = values_queries },
	{ .name = "ORDER", .word = order_word },
	{ .name = "OWNER", .present = values_owners },
	{ .name = "PATH", .file = true },
	{ .name = "PHASE", .word = phase_word },
	{ .name = "PLAN-STATE", .word = plan_state_word, .several = true },
	{ .name = "QUERY" },
	{ .name = "RECOMMENDATION", .present = values_recommendations },
	{ .name = "RESPONSE", .present = values_responses },
	{ .name = "ROTATION", .present = values_rotations },
	{ .name = "SEVERITY", .word = severity_word, .several = true },
	{ .name = "SILENCE", .present = values_silences },
	{ .name = "SOURCE", .present = values_sources },
	{ .name = "STATE", .word = state_word, .several = true },
	{ .name = "SUBSCRIPTION", .present = values_subscriptions },
	{ .name = "TARGET", .present = values_targets },
	{ .name = "TEXT" },
	{ .name = "TIME" },
	{ .name = "USER" },
	{ .name = "VERDICT", .word = verdict_word },
	{ .name = "WHEN" },
	{ .name = "WHO", .present = values_owners },
};
/* clang-format on */

const struct value_kind *values_at(size_t i)
{
	return i < ARRAY_SIZE(kinds) ? &kinds[i] : NULL;
}

const struct value_kind *values_find(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strlen(kinds[i].name) == len &&
		    strncmp(kinds[i].name, name, len) == 0)
			return &kinds[i];
	}
	return NULL;
}

static int refuse_word(const struct value_kind *k, const char *where,
		       const char *word, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;
	const char *names[WORDS_MAX], *meant;
	size_t n = 0;

	while (n < WORDS_MAX && k->word(n)) {
		names[n] = k->word(n);
		n++;
	}
	meant = suggest_word(word, names, n);
	values_describe(&all, k->name);
	return err_set(err, ERR_CONF,
		       "%s: unknown word '%s'%s%s%s; it may be %s", where, word,
		       meant ? " (did you mean '" : "", meant ? meant : "",
		       meant ? "'?)" : "", all.buf);
}

int values_pick(const char *name, const char *where, const char *word,
		size_t *ret, struct err *err)
{
	const struct value_kind *k = values_find(name);
	const char *known;

	for (size_t i = 0; (known = k->word(i)); i++) {
		if (strcasecmp(word, known) == 0) {
			*ret = i;
			return 0;
		}
	}
	return refuse_word(k, where, word, err);
}

void values_describe(struct strbuf *sb, const char *name)
{
	const struct value_kind *k = values_find(name);

	if (!k || !k->word)
		return;
	for (size_t i = 0; k->word(i); i++) {
		if (i > 0)
			strbuf_addstr(sb, k->word(i + 1) ? ", " : " or ");
		strbuf_addstr(sb, k->word(i));
	}
	if (k->several)
		strbuf_addstr(sb, "; several joined by commas");
}
