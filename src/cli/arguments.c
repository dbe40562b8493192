/*
 * The command line by the command table: global options before or behind the
 * command, the command's own behind it, in any order. Called by triagectl.c;
 * the commands ask for values by name. Knows no command.
 */
#include "cli/arguments.h"

#include <getopt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "conf/conf.h"
#include "paths.h"
#include "util/strbuf.h"
#include "util/suggest.h"

#define OPTIONS_MAX 48
#define LONG_BASE 256 /* above every letter */

const struct option_row *option_global(size_t i)
{
	static const struct option_row rows[] = {
		{ "config", 'c', "FILE",
		  "read FILE instead of " CONF_DEFAULT_FILE },
		{ "database", 0, "FILE",
		  "read this database; the configuration is not needed" },
		{ "socket", 0, "PATH", "talk to the daemon at this socket" },
		{ "json", 0, NULL, "answer for programs, with every column" },
		{ "color", 0, "COLOR",
		  "when to use colours (not given: auto)" },
		{ "no-pager", 0, NULL, "no pager for what is long" },
		{ "help", 'h', NULL, "say what the command does" },
		{ "version", 'V', NULL, "say the version" },
	};

	return i < ARRAY_SIZE(rows) ? &rows[i] : NULL;
}

/* The options that may stand here, as getopt_long wants them. */
struct offer {
	const struct option_row *rows[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	size_t n;
	char letters[2 * OPTIONS_MAX + 3];
};

/* Is there one of this name already? getopt_long takes the first. */
static bool offer_has(const struct offer *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++) {
		if (strcmp(o->rows[i]->name, name) == 0)
			return true;
	}
	return false;
}

static void offer_add(struct offer *o, const struct option_row *row)
{
	size_t len = strlen(o->letters);
	bool hidden = offer_has(o, row->name);

	if (o->n == OPTIONS_MAX)
		abort(); /* the table has outgrown us */
	o->rows[o->n] = row;
	o->longs[o->n] = (struct option){
		/* Its letter serves all the same. */
		.name = hidden ? "" : row->name,
		.has_arg = row->value ? required_argument : no_argument,
		.val = LONG_BASE + (int)o->n,
	};
	o->n++;
	if (row->letter) {
		o->letters[len++] = row->letter;
		if (row->value)
			o->letters[len++] = ':';
		o->letters[len] = '\0';
	}
}

/* @stop: the first word that is no option ends it. */
static void offer_init(struct offer *o, const struct command *c, bool stop)
{
	*o = (struct offer){ 0 };
	(void)snprintf(o->letters, sizeof(o->letters), "%s", stop ? "+:" : ":");
	/* What a command calls its own goes before what all have. */
	for (size_t i = 0; c && i < c->n_options; i++)
		offer_add(o, &c->options[i]);
	for (size_t i = 0; option_global(i); i++)
		offer_add(o, option_global(i));
}

static const struct option_row *offer_find(const struct offer *o, int val)
{
	if (val >= LONG_BASE)
		return o->rows[val - LONG_BASE];
	for (size_t i = 0; i < o->n; i++) {
		if (o->rows[i]->letter && o->rows[i]->letter == val)
			return o->rows[i];
	}
	return NULL;
}

static int refuse_unknown(const struct offer *o, const char *typed,
			  struct err *err)
{
	const char *names[OPTIONS_MAX], *meant;
	size_t len = strcspn(typed, "=");
	char name[64];

	if (strncmp(typed, "--", 2) != 0 && optopt)
		return err_set(err, ERR_CONF, "unknown option '-%c'", optopt);
	for (size_t i = 0; i < o->n; i++)
		names[i] = o->rows[i]->name;
	if (len < 2 || len - 2 >= sizeof(name))
		return err_set(err, ERR_CONF, "unknown option");
	memcpy(name, typed + 2, len - 2);
	name[len - 2] = '\0';
	meant = suggest_word(name, names, o->n);
	if (!meant)
		return err_set(err, ERR_CONF, "unknown option '--%s'", name);
	return err_set(err, ERR_CONF,
		       "unknown option '--%s' (did you mean "
		       "'--%s'?)",
		       name, meant);
}

static int refuse(const struct offer *o, int how, const char *typed,
		  struct err *err)
{
	const struct option_row *row = optopt ? offer_find(o, optopt) : NULL;

	if (how == ':' && row)
		return err_set(err, ERR_CONF,
			       "option '--%s' needs a value: "
			       "--%s %s",
			       row->name, row->name, row->value);
	if (row)
		return err_set(err, ERR_CONF, "option '--%s' takes no value",
			       row->name);
	return refuse_unknown(o, typed, err);
}

static int read_options(int argc, char **argv, const struct offer *o,
			struct arguments *ret, struct err *err)
{
	int c;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, o->letters, o->longs, NULL)) !=
	       -1) {
		if (c == '?' || c == ':')
			return refuse(o, c, argv[optind - 1], err);
		if (ret->n_given == GIVEN_MAX)
			return err_set(err, ERR_CONF, "more than %d options",
				       GIVEN_MAX);
		ret->given[ret->n_given++] = (struct given){
			.option = offer_find(o, c),
			.value = optarg,
		};
	}
	return 0;
}

int arguments_parse(int argc, char **argv, struct arguments *ret,
		    struct err *err)
{
	struct offer offer;
	int rc;

	*ret = (struct arguments){ 0 };
	if (argc == 0)
		return 0;
	offer_init(&offer, NULL, true);
	rc = read_options(argc, argv, &offer, ret, err);
	if (rc < 0)
		return rc;
	if (optind >= argc)
		return 0;
	argc -= optind;
	argv += optind;
	ret->word = argv[0];
	ret->command = commands_find(argv[0]);
	if (!ret->command)
		return commands_refuse(argv[0], err);
	offer_init(&offer, ret->command, false);
	rc = read_options(argc, argv, &offer, ret, err);
	if (rc < 0)
		return rc;
	ret->words = argv + optind;
	ret->n_words = (size_t)(argc - optind);
	return 0;
}

static const struct option_row *own_option(const struct arguments *a,
					   const char *name)
{
	for (size_t i = 0; a->command && i < a->command->n_options; i++) {
		if (strcmp(a->command->options[i].name, name) == 0)
			return &a->command->options[i];
	}
	return NULL;
}

const char *arguments_nth(const struct arguments *a, const char *option,
			  size_t n)
{
	const struct option_row *own = own_option(a, option);

	for (size_t i = 0; i < a->n_given; i++) {
		const struct option_row *row = a->given[i].option;

		if (own ? row != own : strcmp(row->name, option) != 0)
			continue;
		if (n-- == 0)
			return a->given[i].value ? a->given[i].value : "";
	}
	return NULL;
}

const char *arguments_global(const struct arguments *a, const char *option)
{
	const char *last = NULL;

	for (size_t i = 0; i < a->n_given; i++) {
		for (size_t j = 0; option_global(j); j++) {
			if (a->given[i].option == option_global(j) &&
			    strcmp(option_global(j)->name, option) == 0)
				last = a->given[i].value;
		}
	}
	return last;
}

bool arguments_has(const struct arguments *a, const char *option)
{
	return arguments_nth(a, option, 0) != NULL;
}

const char *arguments_value(const struct arguments *a, const char *option)
{
	const char *value, *last = NULL;

	for (size_t n = 0; (value = arguments_nth(a, option, n)); n++)
		last = value;
	return last;
}

int arguments_number(const struct arguments *a, const char *option,
		     int64_t fallback, int64_t *ret, struct err *err)
{
	const char *value = arguments_value(a, option);
	long long number;
	char *end;

	if (!value) {
		*ret = fallback;
		return 0;
	}
	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno || *end || value[0] < '0' || value[0] > '9')
		return err_set(err, ERR_CONF,
			       "--%s takes a number from 0, not '%s'", option,
			       value);
	*ret = number;
	return 0;
}
