/*
 * The options of each command: a part of the table in commands.c, which alone
 * includes it.
 */
#ifndef CLI_COMMAND_OPTIONS_H
#define CLI_COMMAND_OPTIONS_H

#include "cli/arguments.h"

#define OPTION_IF_VERSION                                                      \
	{                                                                      \
		"if-version", 0, "N",                                          \
			"only if it is still of this version, as shown"        \
	}
#define OPTION_CSV                                                             \
	{                                                                      \
		"csv", 0, NULL,                                                \
			"answer as CSV that is safe to open in a spreadsheet"  \
	}

/* The same alerts in every command that takes them: cli/selectors. */
/* clang-format off */
#define OPTION_SELECTORS(states)                                               \
	{ "severity", 0, "SEVERITY", "as bad as that" },                       \
	{ "state", 0, "STATE",                                                 \
	  "in this state (not given: " states ")" },                           \
	{ "phase", 0, "PHASE", "in this phase of the work" },                  \
	{ "source", 0, "SOURCE", "from this source" },                         \
	{ "owner", 0, "OWNER", "owned by this person or team" },               \
	{ "overdue", 0, NULL, "with a clock that has run out" },               \
	{ "resource", 0, "GLOB",                                               \
	  "resource path that matches, or contains, GLOB" }
#define OPTION_SEEN                                                            \
	{ "since", 0, "WHEN",                                                  \
	  "first seen since: 24h, 2026-11-21, \"2026-11-21 08:00\"" },         \
	{ "until", 0, "WHEN", "first seen until" }
#define OPTION_SCOPE                                                           \
	{ "source", 0, "SOURCE", "of this source" },                           \
	{ "subscription", 0, "SUBSCRIPTION", "of this subscription" }
#define OPTION_SORT                                                            \
	{ "sort", 0, "ORDER", "what comes first (not given: urgency)" }
/* clang-format on */

static const struct option_row ack_options[] = {
	{ "note", 'n', "TEXT", "why, kept in the audit log" },
	{ "take", 0, NULL, "take it over from who acknowledged it before" },
	OPTION_IF_VERSION,
};

static const struct option_row audit_options[] = {
	{ "since-hash", 0, "HEAD",
	  "with verify: an event's hash, or EVENT:HASH, that was noted before "
	  "and must be there (several times: each)" },
};

static const struct option_row backup_options[] = {
	{ "force", 0, NULL, "replace FILE when it is there" },
};

static const struct option_row activities_options[] = {
	{ "around", 0, "TIME",
	  "so long before and behind the alert (not given: 2h; at most 7d)" },
	{ "user", 0, "USER", "of this user: a name to sign in, or object id" },
	{ "ip", 0, "ADDRESS", "of this address" },
	{ "limit", 0, "N",
	  "at most N activities, the nearest to the alert (not given: 500; at "
	  "most 2000)" },
	{ "refresh", 0, NULL, "ask again, also when the answer is kept" },
	OPTION_CSV,
};

static const struct option_row blindspots_options[] = {
	OPTION_SCOPE,
	OPTION_CSV,
};

static const struct option_row check_options[] = {
	{ "poll-age", 0, "LIMITS",
	  "since a source was last read whole (not given: 3 of its intervals, "
	  "10m at least; critical at the double)" },
	{ "overdue", 0, "LIMITS",
	  "clocks overdue, as high=1,5 for one severity (several times: each; "
	  "not given: critical=,1 high=1,5 medium=10)" },
	{ "dead", 0, "LIMITS", "messages given up (not given: 1,10)" },
	{ "unsent-age", 0, "LIMITS",
	  "for which the oldest unsent message waits (not given: 15m,1h)" },
	{ "db-size", 0, "LIMITS",
	  "of the database (not given: retention: size-limit, critical a tenth "
	  "above it)" },
	{ "gaps", 0, "LIMITS",
	  "slices of time that cannot be read (not given: 1)" },
	{ "quarantine", 0, "LIMITS", "items not understood (not given: 1)" },
};

static const struct option_row checklist_options[] = {
	OPTION_SCOPE,
	{ "state", 0, "ITEM-STATE", "in this state (not given: all)" },
	OPTION_CSV,
};

static const struct option_row close_options[] = {
	{ "as", 0, "VERDICT", "what it turned out to be" },
	{ "note", 'n', "TEXT", "why, kept in the audit log" },
	OPTION_IF_VERSION,
};

/* Of assign, phase and reopen. */
static const struct option_row note_options[] = {
	{ "note", 'n', "TEXT", "why, kept in the audit log" },
	OPTION_IF_VERSION,
};

static const struct option_row hold_options[] = {
	{ "for", 0, "TIME", "how long: 4h, 2d, at most 7d" },
	{ "reason", 0, "TEXT", "what it waits for, kept in the audit log" },
	{ "end", 0, NULL, "the clock runs again" },
	OPTION_IF_VERSION,
};

static const struct option_row help_options[] = {
	{ "format", 0, "FORMAT",
	  "the whole table, as the manual's section or for completion" },
	{ "values", 0, "KIND",
	  "what a word in capitals, such as TARGET, may be here and now" },
};

static const struct option_row export_options[] = {
	OPTION_SELECTORS("all"),
	OPTION_SEEN,
	{ "limit", 0, "N", "at most N alerts (not given: all)" },
};

static const struct option_row list_options[] = {
	OPTION_SELECTORS("open,acknowledged"),
	OPTION_SEEN,
	OPTION_SORT,
	{ "limit", 0, "N", "at most N alerts (not given: 1000)" },
	OPTION_CSV,
};

static const struct option_row oncall_options[] = {
	{ "at", 0, "WHEN", "at this moment: \"2026-11-21 08:00\"" },
	OPTION_CSV,
};

static const struct option_row outbox_options[] = {
	{ "state", 0, "MESSAGE-STATE",
	  "in this state (not given: what is not sent)" },
	{ "target", 0, "TARGET", "of this target alone" },
	{ "dead", 0, NULL, "with retry: all that were given up" },
	{ "reason", 'r', "TEXT", "with drop: why, kept in the audit log" },
	{ "limit", 0, "N", "at most N rows, 0 for all (not given: 1000)" },
	OPTION_CSV,
};

static const struct option_row forecast_options[] = {
	{ "within", 0, "TIME", "look ahead so far (not given: 24h)" },
	{ "limit", 0, "N", "at most N clocks, 0 for all (not given: 1000)" },
	OPTION_CSV,
};

static const struct option_row plans_options[] = {
	OPTION_SCOPE,
	{ "state", 0, "PLAN-STATE", "that are so (not given: all)" },
	OPTION_CSV,
};

static const struct option_row recommendations_options[] = {
	{ "severity", 0, "SEVERITY", "as bad as that" },
	OPTION_SCOPE,
	{ "state", 0, "ADVICE-STATE", "each in this state (not given: open)" },
	{ "resource", 0, "GLOB",
	  "each of resources whose path matches, or contains, GLOB" },
	{ "each", 0, NULL, "a row for each resource" },
	{ "since", 0, "WHEN", "with --state gone: since then" },
	{ "limit", 0, "N", "at most N rows (not given: 1000)" },
	OPTION_CSV,
};

static const struct option_row related_options[] = {
	{ "limit", 0, "N", "at most N alerts (not given: 20)" },
	OPTION_CSV,
};

static const struct option_row score_options[] = {
	OPTION_SCOPE,
	{ "since", 0, "WHEN", "compare with then (not given: 7d)" },
	{ "daily", 0, NULL, "a row for each day since then" },
	OPTION_CSV,
};

static const struct option_row respond_options[] = {
	{ "plan", 0, NULL, "only show what would be done" },
	{ "reason", 'r', "TEXT", "why, for who approves it and the audit log" },
	{ "user", 0, "USER", "to this one of the accounts that the alert has" },
	{ "as", 0, "VERDICT",
	  "with dismiss and resolve: what it turned out to be" },
	{ "contain", 0, NULL, "when done, set the alert's phase to contain" },
	{ "yes", 'y', NULL, "do not ask" },
	{ "no-wait", 0, NULL, "do not wait for the outcome" },
};

static const struct option_row approve_options[] = {
	{ "plan", 0, NULL,
	  "only show what would be done, or what became of it" },
	{ "refuse", 0, NULL, "say no: it is not done" },
	{ "reason", 'r', "TEXT", "with --refuse: why, kept in the audit log" },
	{ "yes", 'y', NULL, "do not ask" },
	{ "no-wait", 0, NULL, "do not wait for the outcome" },
};

static const struct option_row search_options[] = {
	OPTION_SELECTORS("all"),
	OPTION_SEEN,
	{ "limit", 0, "N", "at most N alerts (not given: 50)" },
	OPTION_CSV,
};

static const struct option_row show_options[] = {
	{ "full", 0, NULL, "the whole description and every event" },
};

static const struct option_row report_options[] = {
	{ "shift", 0, "TIME", "hand over the last TIME: 12h" },
	{ "since", 0, "WHEN",
	  "hand over what happened since: 12h, \"2026-11-21 08:00\"" },
	{ "until", 0, "WHEN", "and until (not given: now)" },
	{ "output", 'o', "FILE", "write FILE, which must not be there yet" },
	{ "force", 0, NULL, "replace FILE" },
};

static const struct option_row silence_options[] = {
	{ "match", 'm', "TEXT",
	  "which alerts: \"severity=low title=*scan*\"; the "
	  "keys are those of when blocks" },
	{ "for", 0, "TIME", "how long: 30m, 2h, 1d" },
	{ "reason", 'r', "TEXT", "why, kept in the audit log" },
	{ "critical", 0, NULL, "hold back critical alerts too; 4h at most" },
	{ "notify", 0, "TARGET",
	  "announce the end there (not given: the "
	  "fallback)" },
	{ "preview", 0, NULL, "only say what it would cover now" },
	{ "all", 0, NULL, "list those that have ended too" },
};

static const struct option_row db_options[] = {
	{ "quick", 0, NULL, "do not compare the indices with their tables" },
	{ "dry-run", 0, NULL, "compact: what it takes, change nothing" },
};

static const struct option_row restore_options[] = {
	{ "dry-run", 0, NULL, "verify and compare, change nothing" },
	{ "force", 0, NULL, "although FILE's audit log does not hold" },
};

static const struct option_row coverage_options[] = { OPTION_CSV };

static const struct option_row sources_options[] = { OPTION_CSV };

static const struct option_row setup_options[] = {
	{ "answers", 0, "FILE",
	  "answers, YAML or JSON: \"name: value\"; a secret: {file: PATH}" },
	{ "answer", 0, "TEXT",
	  "NAME=VALUE, one answer (several times); a secret as NAME=@PATH" },
	{ "yes", 'y', NULL, "ask nothing: what has no answer is as usual" },
	{ "dry-run", 0, NULL, "check, and show what would be written" },
	{ "output", 'o', "PATH",
	  "make the files in this directory instead; needs no root" },
	{ "keep", 0, NULL, "write it although a check failed" },
	{ "no-test-notice", 0, NULL, "send no test message" },
	{ "no-encrypt", 0, NULL,
	  "leave secrets unencrypted, for root alone to read" },
	{ "no-start", 0, NULL, "neither start nor reload triaged" },
};

static const struct option_row sql_options[] = {
	{ "limit", 0, "N", "at most N rows, 0 for all (not given: 1000)" },
	{ "timeout", 0, "TIME", "stop after TIME (not given: 10s)" },
	OPTION_CSV,
};

static const struct option_row test_notify_options[] = {
	{ "no-wait", 0, NULL, "do not wait for the outcome" },
};

static const struct option_row drill_options[] = {
	{ "severity", 0, "LEVEL",
	  "how bad it is before rules are asked (not given: critical)" },
	{ "match", 'm', "TEXT",
	  "what rules and routes see: "
	  "\"resource=/subscriptions/... entity=web-01\"" },
	{ "wait", 0, "TIME", "end it after TIME (not given: 5m; at most 4h)" },
	{ "reason", 'r', "TEXT",
	  "why, told with it and kept in the audit log" },
	{ "require-ack", 0, NULL,
	  "exit status 1 also when nobody acknowledged it" },
	{ "with-hooks", 0, NULL,
	  "run targets of type exec too; needs the role admin" },
	{ "end", 0, NULL, "end the drill that runs" },
};

static const struct option_row top_options[] = {
	OPTION_SELECTORS("open,acknowledged"),
	OPTION_SEEN,
	OPTION_SORT,
	{ "interval", 0, "TIME", "look so often (not given: 2s)" },
};

static const struct option_row watch_options[] = {
	OPTION_SELECTORS("all"),
	{ "since", 0, "WHEN",
	  "begin with what has happened since (not given: now)" },
};

static const struct option_row what_if_options[] = {
	{ "config", 0, "FILE", "the settings whose policy is tried" },
	{ "since", 0, "WHEN",
	  "what happened since: 7d, 2026-11-01, \"2026-11-21 08:00\" (not "
	  "given: 30d)" },
};

static const struct option_row why_options[] = {
	{ "target", 0, "TARGET", "was it told of it, and why or why not" },
};

#endif
