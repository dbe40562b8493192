/*
 * The words for states, phases and verdicts, as the command line, the views
 * and the payloads print them. Knows no source's spelling.
 */
#include "core/status.h"

#include <stddef.h>
#include <strings.h>
#include "util/compiler.h"

static const char *const state_names[] = {
	[ALERT_OPEN] = "open",
	[ALERT_ACKNOWLEDGED] = "acknowledged",
	[ALERT_CLOSED] = "closed",
};
static const char *const phase_names[] = {
	[PHASE_DETECT] = "detect",	     [PHASE_TRIAGE] = "triage",
	[PHASE_INVESTIGATE] = "investigate", [PHASE_CONTAIN] = "contain",
	[PHASE_REMEDIATE] = "remediate",     [PHASE_DOCUMENT] = "document",
};
static const char *const source_state_names[] = {
	[SOURCE_ACTIVE] = "active",
	[SOURCE_IN_PROGRESS] = "in-progress",
	[SOURCE_RESOLVED] = "resolved",
	[SOURCE_DISMISSED] = "dismissed",
};
static const char *const verdict_names[] = {
	[VERDICT_NONE] = "",
	[VERDICT_TRUE_POSITIVE] = "true-positive",
	[VERDICT_FALSE_POSITIVE] = "false-positive",
	[VERDICT_BENIGN] = "benign",
};

_Static_assert(ARRAY_SIZE(state_names) == ALERT_STATE_MAX, "a state lacks one");
_Static_assert(ARRAY_SIZE(phase_names) == PHASE_MAX, "a phase lacks one");
_Static_assert(ARRAY_SIZE(source_state_names) == SOURCE_STATE_MAX,
	       "a source state lacks one");
_Static_assert(ARRAY_SIZE(verdict_names) == VERDICT_MAX, "a verdict lacks one");

/* A number from a newer or damaged database must still print. */
static const char *name_at(const char *const *names, size_t n, unsigned at)
{
	return at < n ? names[at] : "unknown";
}

/* The empty word stands for "no verdict" and is never typed by anybody. */
static bool find_name(const char *const *names, size_t n, const char *word,
		      size_t *ret)
{
	if (!word || !*word)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(word, names[i]) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *alert_state_name(enum alert_state s)
{
	return name_at(state_names, ARRAY_SIZE(state_names), (unsigned)s);
}

const char *source_state_name(enum source_state s)
{
	return name_at(source_state_names, ARRAY_SIZE(source_state_names),
		       (unsigned)s);
}

const char *phase_name(enum phase p)
{
	return name_at(phase_names, ARRAY_SIZE(phase_names), (unsigned)p);
}

const char *verdict_name(enum verdict v)
{
	return name_at(verdict_names, ARRAY_SIZE(verdict_names), (unsigned)v);
}

bool alert_state_parse(const char *word, enum alert_state *ret)
{
	size_t at;

	if (!find_name(state_names, ARRAY_SIZE(state_names), word, &at))
		return false;
	*ret = (enum alert_state)at;
	return true;
}

bool phase_parse(const char *word, enum phase *ret)
{
	size_t at;

	if (!find_name(phase_names, ARRAY_SIZE(phase_names), word, &at))
		return false;
	*ret = (enum phase)at;
	return true;
}

bool verdict_parse(const char *word, enum verdict *ret)
{
	size_t at;

	if (!find_name(verdict_names, ARRAY_SIZE(verdict_names), word, &at))
		return false;
	*ret = (enum verdict)at;
	return true;
}

bool source_state_is_closed(enum source_state s)
{
	switch (s) {
	case SOURCE_ACTIVE:
	case SOURCE_IN_PROGRESS:
		return false;
	case SOURCE_RESOLVED:
	case SOURCE_DISMISSED:
		return true;
	}
	return false;
}
