/*
 * The table of commands. Called by triagectl.c, cli/arguments and cmd_help.
 * A command is a row here, its options in command_options.h, and a file
 * cmd_<name>.c.
 */
#include "cli/commands.h"

#include <string.h>
#include "cli/command_options.h"
#include "util/suggest.h"
#include "util/xmalloc.h"

#define OPTIONS(rows) rows, ARRAY_SIZE(rows)

static const struct command commands[] = {
	{ "status", "", 0, 0, "how triaged is, on one screen",
	  "Shows whether the daemon runs, how old the last complete poll of "
	  "each source is, what is open, overdue and next due, and what the "
	  "targets have been sent. Works while the daemon is down.",
	  NULL, 0, cmd_status },
	{ "list", "", 0, 0, "alerts, worst and most urgent first",
	  "Lists open and acknowledged alerts unless asked otherwise. "
	  "\"acked\" stands for acknowledged. DUE is when triage is due.",
	  OPTIONS(list_options), cmd_list },
	{ "show", "ID", 1, 1, "everything about one alert",
	  "ID is the alert's number, or its native id as the source shows it.",
	  OPTIONS(show_options), cmd_show },
	{ "why", "ID", 1, 1, "why an alert went the way it did",
	  "Tells every decision about an alert in order: why it is so severe, "
	  "its clocks, which route carries it and which key is in the way of "
	  "the others, each step of its ladders, every message, and what comes "
	  "next. --target answers in one sentence why somebody was told, or "
	  "was not. Works while the daemon is down; without settings it tells "
	  "what the database knows.",
	  OPTIONS(why_options), cmd_why },
	{ "forecast", "", 0, 0,
	  "which clocks will run out, and who hears of it",
	  "Lists the alerts whose clock runs out within a day if nobody does "
	  "anything, soonest first: who has each, until when, and whom its "
	  "ladder tells next. Works while the daemon is down.",
	  OPTIONS(forecast_options), cmd_forecast },
	{ "timeline", "ID", 1, 1, "what happened to an alert, in order",
	  "Events and notifications of one alert, oldest first, in local "
	  "time.",
	  NULL, 0, cmd_timeline },
	{ "search", "TEXT...", 1, WORDS_ANY, "alerts that have these words",
	  "Looks through title, description, entities, resource, detector, "
	  "tags and ids of all alerts, open and closed, for every word of "
	  "TEXT: an address, a user, a path. \"tor exit\" in quotes of its own "
	  "is a phrase, ranso* the beginning of a word. First comes what has "
	  "them in the better place, a title before a description; then open "
	  "ones, then the newest. Works while the daemon is down.",
	  OPTIONS(search_options), cmd_search },
	{ "activities", "ID", 1, 1, "what its user or address did around it",
	  "Shows the audit trail of Cloud Apps around the alert for the user "
	  "or the address it is about, oldest first, the alert where it stands "
	  "in it. The first time the daemon asks a source of type cloud-apps "
	  "or graph-hunting and keeps the answer as evidence with the alert, "
	  "also when you do not wait; after that what is kept is shown, and "
	  "said from when it is. Without the daemon, too.",
	  OPTIONS(activities_options), cmd_activities },
	{ "ack", "ID...", 1, WORDS_ANY, "take alerts: stops the escalation",
	  "Acknowledges each alert in your name. An alert that somebody else "
	  "has acknowledged stays theirs unless --take is given; "
	  "acknowledging your own again renews it. With the code of a message, "
	  "such as 1042-K7PMX, it is in the name of who that was sent to.",
	  OPTIONS(ack_options), cmd_ack },
	{ "assign", "ID... WHO", 2, WORDS_ANY, "say who owns alerts",
	  "WHO is a person or a team, or - for nobody. An alert that has an "
	  "owner and whose phase somebody has set is triaged: its triage clock "
	  "and its escalation stop. To assign alone acknowledges nothing.",
	  OPTIONS(note_options), cmd_assign },
	{ "phase", "ID... PHASE", 2, WORDS_ANY,
	  "say how far the work is: confirms the severity",
	  "PHASE is triage, investigate, contain, remediate or document. Who "
	  "sets it has looked and confirms the severity; an alert that has an "
	  "owner too is triaged: its triage clock and its escalation stop.",
	  OPTIONS(note_options), cmd_phase },
	{ "hold", "ID...", 1, WORDS_ANY, "have resolve clocks wait",
	  "Holds the resolve clock of each alert for a time, with a reason; "
	  "its due time moves by as much. The triage clock never waits. "
	  "--end ends a hold before its time.",
	  OPTIONS(hold_options), cmd_hold },
	{ "note", "ID TEXT", 2, 2, "write a note into an alert's history",
	  "TEXT is one word for the shell: put it in quotes. Changes nothing "
	  "else; also for closed alerts.",
	  NULL, 0, cmd_note },
	{ "close", "ID...", 1, WORDS_ANY, "close alerts, with a verdict",
	  "Closes each alert. --as is needed.", OPTIONS(close_options),
	  cmd_close },
	{ "reopen", "ID...", 1, WORDS_ANY, "open closed alerts again",
	  "Begins a new episode of each alert: new clocks, and the ladders "
	  "from their first step.",
	  OPTIONS(note_options), cmd_reopen },
	{ "related", "ID", 1, 1, "other alerts about the same, and why",
	  "Lists alerts, open and closed, that share an incident, a resource, "
	  "an entity (user, address, host, file hash) or a technique with this "
	  "one. The fewer alerts have what they share, and the nearer they are "
	  "in time, the earlier they stand. Works while the daemon is down.",
	  OPTIONS(related_options), cmd_related },
	{ "respond", "ID ACTION [HOOK]", 2, 3,
	  "have something done upstream about an alert",
	  "ACTION is revoke-sessions, suspend-user, notify-user; dismiss, "
	  "resolve or in-progress, where the alert came from; or exec with "
	  "the name of a HOOK, a program of the site. restore-user and "
	  "activate take back what was done here. Shows the exact calls, what "
	  "undoes them, who must approve, and asks; --plan only shows. What "
	  "you may approve yourself is then done and its outcome told, "
	  "everything else waits for `triagectl approve`; so does all of it "
	  "without a terminal, unless --yes is given. What is not named under "
	  "respond: in the settings cannot be done.",
	  OPTIONS(respond_options), cmd_respond },
	{ "approve", "[RESPONSE]", 0, 1,
	  "let what somebody asked for be done, or not",
	  "Without a number lists what waits for approval or is being done. "
	  "With one shows the plan, asks, has it done and tells what came of "
	  "it; --refuse says no, which who asked may do too. Who asked for "
	  "something that a second person must approve cannot approve it.",
	  OPTIONS(approve_options), cmd_approve },
	{ "oncall", "[ROTATION]", 0, 1, "who has the duty, and who follows",
	  "Shows who of each rotation has the duty, until when, and who "
	  "follows. Reads the settings alone.",
	  OPTIONS(oncall_options), cmd_oncall },
	{ "outbox",
	  "[show MESSAGE | retry MESSAGE... | drop MESSAGE... | enable TARGET]",
	  0, WORDS_ANY, "messages owed, refused or given up",
	  "Lists what waits for its next try, oldest first, what was given "
	  "up, and the targets that are out of order. MESSAGE is the number in "
	  "the first column. `outbox show` tells one message in full. `outbox "
	  "retry`, or --dead for all, puts what was given up back. `outbox "
	  "drop`, or --target TARGET for all that one is owed, gives it up "
	  "for good and needs --reason. `outbox enable TARGET` sends again to "
	  "a target that disabled itself or refused our credentials.",
	  OPTIONS(outbox_options), cmd_outbox },
	{ "silence", "add | list | end SILENCE...", 1, WORDS_ANY,
	  "not to be told about some alerts for a while",
	  "What a silence covers is stored and its clocks run; what is still "
	  "open at the end is told then. `silence add` needs --match, --for "
	  "and --reason; 7 days at most, 24 hours when it can match high "
	  "alerts, and critical ones only with --critical, 4 hours at most. "
	  "`silence list` shows those that stand, `silence end` ends one.",
	  OPTIONS(silence_options), cmd_silence },
	{ "maintenance", "list", 1, 1, "planned work, and what it holds back",
	  "Planned work stands in the configuration. Shows when each goes on "
	  "next and how many alerts it holds back now.",
	  NULL, 0, cmd_maintenance },
	{ "sources", "", 0, 0, "where alerts come from, and how polls go",
	  "One row for each source and scope (a subscription).",
	  OPTIONS(sources_options), cmd_sources },
	{ "coverage", "", 0, 0, "which time is proven to have been read",
	  "One row for each source and scope, unproven ones first, then the "
	  "slices of time that cannot be read. The exit status is 1 when "
	  "anything is unproven. Works while the daemon is down.",
	  OPTIONS(coverage_options), cmd_coverage },
	{ "audit", "ladders | verify", 1, 1,
	  "proofs: every step taken, no event changed",
	  "`audit ladders` works out from the settings which steps of the "
	  "ladders were due, of past episodes too, and looks for what each has "
	  "left behind: a message, or a reason why not. Says what it could "
	  "not prove. The exit status is 1 when a step is missing or late. "
	  "`audit verify` walks the audit log, each event of which carries the "
	  "hash of the one before, and names the first that was changed, taken "
	  "out or put in; a running daemon is asked for the newest one. The "
	  "exit status is 1 when the log does not hold. Both work while the "
	  "daemon is down.",
	  OPTIONS(audit_options), cmd_audit },
	{ "plans", "", 0, 0, "plans that are on, and what is unwatched",
	  "One row for each plan of Defender for Cloud and subscription; plans "
	  "that are off although there are resources for them come first. "
	  "Shows what the daemon has read, and says when. Works while the "
	  "daemon is down.",
	  OPTIONS(plans_options), cmd_plans },
	{ "score", "", 0, 0, "the secure score, and how it has changed",
	  "One row for each subscription, compared with a week ago, and all of "
	  "them together as the service weighs them. Works while the daemon is "
	  "down.",
	  OPTIONS(score_options), cmd_score },
	{ "recommendations", "[RECOMMENDATION]", 0, 1,
	  "what the service recommends, worst first",
	  "One row for each kind of recommendation, and how many resources it "
	  "is about; a row for each resource with --each, --state or "
	  "--resource. RECOMMENDATION is the number in the first column: then "
	  "tells what is wrong, what to do, and which other resources it is "
	  "about. Works while the daemon is down.",
	  OPTIONS(recommendations_options), cmd_recommendations },
	{ "checklist", "", 0, 0, "what is to be set up, and how",
	  "For each subscription: a plan for each kind of resource that is "
	  "there, contacts, e-mail, export, agents and sharing; for triaged: "
	  "sources, ways to tell somebody, a drill. Each is done, missing or "
	  "unknown, with the fact, how old it is, and the next command. The "
	  "exit status is 1 when anything is missing or unknown. Works while "
	  "the daemon is down.",
	  OPTIONS(checklist_options), cmd_checklist },
	{ "blindspots", "", 0, 0, "from where no alert would come",
	  "Tells resources that no plan watches, time that could not be read, "
	  "items not understood, and what no source asks for, each with the "
	  "next command. The exit status is 1 when there is any. Works while "
	  "the daemon is down.",
	  OPTIONS(blindspots_options), cmd_blindspots },
	{ "top", "", 0, 0, "the most urgent alerts, live",
	  "Shows what `triagectl list` would, and what is overdue and "
	  "undelivered, until q is typed; j and k choose an alert, Enter "
	  "shows it, s sorts otherwise. Only on a terminal. Works while the "
	  "daemon is down, and says so.",
	  OPTIONS(top_options), cmd_top },
	{ "watch", "", 0, 0, "what happens, as it happens",
	  "Tells every event of the audit log in a line of its own, and "
	  "messages that were given up, until Ctrl-C; with --json an object "
	  "a line. Goes on while the daemon is down and when the database is "
	  "replaced.",
	  OPTIONS(watch_options), cmd_watch },
	{ "check", "", 0, 0, "a plugin for Nagios and Icinga",
	  "One line with the worst of what it looked at, then a line for each; "
	  "the numbers stand behind the first. The exit status is 0 for OK, 1 "
	  "WARNING, 2 CRITICAL, 3 UNKNOWN. A daemon that is down is CRITICAL, "
	  "and what the database tells is judged all the same; what may not be "
	  "read is UNKNOWN. LIMITS are WARNING,CRITICAL, one of them alone "
	  "(5 or ,5), or off; from the limit on it is bad.",
	  OPTIONS(check_options), cmd_check },
	{ "doctor", "", 0, 0, "what is wrong, why, and the next command",
	  "Asks the daemon what it knows to be wrong (sign-in, permissions, "
	  "network, targets, database), and looks at the database for what "
	  "was given up, cannot be read or was not understood, at the unit, "
	  "the disk, the clock and the time zones. Each finding says where, "
	  "why, and the next command, the worst first. The exit status is 1 "
	  "when there is trouble, also when the daemon does not answer. No "
	  "request leaves this machine for it, but the question for a name "
	  "that could not be resolved.",
	  NULL, 0, cmd_doctor },
	{ "sql", "[NAME | QUERY]", 0, 1, "ask the database",
	  "Without a word lists the ready queries. NAME runs one of them, "
	  "QUERY any statement that only reads. The views are v_alerts, "
	  "v_revisions, v_entities, v_origins, v_sla, v_deliveries, "
	  "v_delivery_alerts, v_events, v_polls, v_quarantine, v_gaps, "
	  "v_suppressions, v_silences, v_drills, v_evidence, "
	  "v_evidence_fetches, v_plans, v_secure_score, v_recommendations, "
	  "v_posture_reads, v_posture_settings, v_resource_types and "
	  "v_responses.",
	  OPTIONS(sql_options), cmd_sql },
	{ "report", "[ID]", 0, 1,
	  "the record of an alert, or of a shift, as a document",
	  "With ID writes what was known, decided and done about an alert, who "
	  "was told when and what proves it. With --shift 12h, or --since and "
	  "--until, what one shift hands over to the next: what waits, what "
	  "happened, who was told how often, what is out of order, who is on "
	  "call. In Markdown. Works while the daemon is down.",
	  OPTIONS(report_options), cmd_report },
	{ "test-notify", "TARGET", 1, 1, "send a test message to a target",
	  "Puts a test message into the outbox and waits up to 30 seconds "
	  "for its outcome.",
	  OPTIONS(test_notify_options), cmd_test_notify },
	{ "drill", "", 0, 0, "if an alert came now, would somebody answer?",
	  "Has the daemon raise an alert that is plainly a drill: its title "
	  "begins with DRILL and it counts in no figure. It goes the way of "
	  "every other, rules, routes, silences and quiet hours included, "
	  "really wakes people, and leaves hooks out. Tells who was told after "
	  "how long, or why not, until somebody acknowledges it, --wait is "
	  "over, or Ctrl-C; then it closes. The exit status is 1 when no "
	  "receiver accepted a message. One runs at a time.",
	  OPTIONS(drill_options), cmd_drill },
	{ "what-if", "", 0, 0, "the stored past under another policy",
	  "Lives through the stored alerts again under the policy of another "
	  "settings file and tells what would have been different: breaches, "
	  "severities, routes, and pages by target and hour. Changes nothing "
	  "and needs no secret. -c names the settings of the running daemon, "
	  "as ever.",
	  OPTIONS(what_if_options), cmd_what_if },
	{ "setup", "", 0, 0, "the first run: ask, check live, write settings",
	  "Asks what triaged must know, one question at a time, with where in "
	  "the portal each answer stands. Tries it on a copy: signs in, asks "
	  "every API, names the role that is missing and the command that "
	  "grants it, reaches every target and sends a test message. Then "
	  "shows what it changes and writes one drop-in, "
	  "conf.d/10-setup.yaml, and the secrets as credentials. Run it again "
	  "to change answers. Without a terminal it needs --answers or "
	  "--answer; `triagectl help setup` and triagectl(1) name them.",
	  OPTIONS(setup_options), cmd_setup },
	{ "import", "FILE...", 1, WORDS_ANY, "bring alerts in from files",
	  "FILE is what `export` wrote, or alerts as an API of Defender gives "
	  "them, one JSON object a line. They are handed to the first source "
	  "of "
	  "type file that reads a folder, and go the way of every other alert; "
	  "what is older than import-horizon pages nobody, what is known "
	  "changes nothing. Lines that cannot be used are named; the exit "
	  "status is then 1.",
	  NULL, 0, cmd_import },
	{ "export", "", 0, 0, "alerts with their whole history, as JSON lines",
	  "Writes every alert, or those selected, with revisions, entities, "
	  "clocks, events and messages, one object a line, to standard output. "
	  "The last line says how many; without it the export is not complete. "
	  "Works while the daemon is down.",
	  OPTIONS(export_options), cmd_export },
	{ "backup", "FILE", 1, 1, "copy the database, while it works",
	  "Copies the database as it is now to FILE, checks the copy and has "
	  "it "
	  "on the disk before it says so. Nobody waits for it. An existing "
	  "FILE "
	  "is kept unless --force is given. Works while the daemon is down.",
	  OPTIONS(backup_options), cmd_backup },
	{ "restore", "FILE", 1, 1, "put a backup in the place of the database",
	  "Verifies FILE, says what would be lost, and puts a copy of it in "
	  "the "
	  "place of the database, which stays beside under another name. The "
	  "daemon must be stopped first. Messages that were sent since the "
	  "backup are not sent again; sources are read on from where the "
	  "backup had come.",
	  OPTIONS(restore_options), cmd_restore },
	{ "db", "check | compact", 1, 1,
	  "whether the database file is sound; make it small",
	  "`db check` looks at the file, its write-ahead log, schema, "
	  "structure, indices, references, views and space, and says what to "
	  "do about what is bad. Changes nothing; works beside the daemon and "
	  "while it is down. The exit status is 1 when anything is bad. `db "
	  "compact` writes the file anew without its free room, such that it "
	  "gives room back by itself from then on; triaged must be stopped.",
	  OPTIONS(db_options), cmd_db },
	{ "reload", "", 0, 0, "have the daemon read its configuration again",
	  "A file with faults changes nothing; the faults are shown.", NULL, 0,
	  cmd_reload },
	{ "help", "[COMMAND]", 0, 1, "this list, or help for one command",
	  "Shows what a command does, its words and its options.",
	  OPTIONS(help_options), cmd_help },
	{ "version", "", 0, 0, "the version of triagectl",
	  "The daemon's version stands in `triagectl status`.", NULL, 0,
	  cmd_version },
};

const struct command *commands_at(size_t i)
{
	return i < ARRAY_SIZE(commands) ? &commands[i] : NULL;
}

const struct command *commands_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

int commands_refuse(const char *name, struct err *err)
{
	const char *names[ARRAY_SIZE(commands)], *meant;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	meant = suggest_word(name, names, ARRAY_SIZE(names));
	if (meant)
		return err_set(err, ERR_CONF,
			       "unknown command '%s' (did you mean '%s'?)",
			       name, meant);
	return err_set(err, ERR_CONF,
		       "unknown command '%s'; see: triagectl help", name);
}

/* The last word of these is a sentence, which the shell takes apart. */
static const char *quotes_hint(const struct command *c)
{
	if (c == commands_find("sql"))
		return "; put the query in quotes";
	return c == commands_find("note") ? "; put the text in quotes" : "";
}

int commands_check(const struct arguments *args, struct err *err)
{
	const struct command *c = args->command;

	if (args->n_words < c->least)
		return err_set(err, ERR_CONF, "%s needs %s", c->name, c->words);
	if (args->n_words > c->most)
		return err_set(err, ERR_CONF, "%s: one word too many: '%s'%s",
			       c->name, args->words[c->most], quotes_hint(c));
	return 0;
}

char *commands_usage(const struct command *c)
{
	return xasprintf("%s%s%s%s", c->name,
			 c->n_options > 0 ? " [options]" : "",
			 c->words[0] ? " " : "", c->words);
}
