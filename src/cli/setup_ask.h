/*
 * The terminal of `triagectl setup`: one question at a time, what is secret
 * without an echo, and an end at any moment that leaves the terminal as it was.
 */
#ifndef CLI_SETUP_ASK_H
#define CLI_SETUP_ASK_H

#include <stdbool.h>
#include "cli/setup_answers.h"
#include "util/compiler.h"

/* From now on Ctrl-C and its kin end a question, not the program. */
void setup_ask_begin(void);
/* Did one of them come? */
bool setup_ask_stopped(void);

/* Words of ours to the screen; text of others goes through %s escaped. */
void setup_say(const char *fmt, ...) printf_like(1, 2);
/*
 * A line of @label and @text, which flows behind it into the lines it needs;
 * @command: it is one for the shell, to be copied.
 */
void setup_say_item(const char *label, const char *text, bool command);
/* No setup_say() shows anything any more: the answer is for programs. */
void setup_say_nothing(void);

/*
 * Ask question @i until it has an answer; Enter takes what stands in brackets.
 * 0, or ERR_CANCELLED when somebody ends it (Ctrl-C, Ctrl-D).
 */
int setup_ask(struct setup_answers *a, size_t i, struct err *err) must_check;
/* Yes or no; Enter is @usual. 1, 0 or ERR_CANCELLED. */
int setup_ask_yes(const char *ask, bool usual, struct err *err) must_check;
/*
 * One of @words (up to a NULL), by itself or its first letter; Enter is the
 * first. Its number, or ERR_CANCELLED.
 */
int setup_ask_word(const char *ask, const char *const *words,
		   struct err *err) must_check;
/* The name of a question; Enter is @usual. Its number, or ERR_CANCELLED. */
int setup_ask_name(const char *usual, struct err *err) must_check;

#endif
