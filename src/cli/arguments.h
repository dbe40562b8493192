/* What was typed, sorted by the command table. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/err.h"

struct command;

/* An option: of every command (option_global) or of one. */
struct option_row {
	const char *name; /* "since": typed as --since */
	char letter; /* 0: none */
	const char *value; /* what follows it: "FILE"; NULL: nothing */
	const char *help;
};

#define GIVEN_MAX 64

struct arguments {
	const struct command *command; /* NULL: none was named */
	const char *word; /* the command as typed; NULL none */
	char **words; /* what is no option, behind the command; borrowed */
	size_t n_words;
	struct given {
		const struct option_row *option;
		const char *value;
	} given[GIVEN_MAX];
	size_t n_given;
};

/* Options of every command; row @i, or NULL behind the last. */
const struct option_row *option_global(size_t i);

/*
 * Read @argv, which is permuted. 0, or ERR_CONF with @err: what is wrong and
 * what was meant; ret->command is then the one whose help will tell more.
 * Counting words is commands_check()'s business.
 */
int arguments_parse(int argc, char **argv, struct arguments *ret,
		    struct err *err) must_check;

/* An option that the command calls its own is that one here, also when there
 * is one of the same name for every command. */
bool arguments_has(const struct arguments *a, const char *option);
/* The value given last, or NULL. */
const char *arguments_value(const struct arguments *a, const char *option);
/* Value number @n of an option that may stand several times, or NULL. */
const char *arguments_nth(const struct arguments *a, const char *option,
			  size_t n);
/* The value given last to an option of every command, or NULL. */
const char *arguments_global(const struct arguments *a, const char *option);
/* A number from 0, from an option; @fallback when it was not given. */
int arguments_number(const struct arguments *a, const char *option,
		     int64_t fallback, int64_t *ret,
		     struct err *err) must_check;

#endif
