/*
 * A command as the one who reads it must type it: beside a triagectl that was
 * given options, and by somebody who is root or is not.
 */
#ifndef CLI_AS_TYPED_H
#define CLI_AS_TYPED_H

#include <stdbool.h>
#include "util/compiler.h"

struct typist {
	const char *config, *database, *socket; /* given; NULL not */
	bool root;
};

/*
 * @line with those options at each "triagectl" and "triaged", and "sudo"
 * before what root alone may do, for who is not: of commands joined by "&&" or
 * ";", each. Its words are whole words of a shell already. Heap.
 */
char *as_typed(const struct typist *t, const char *line) must_check;
/* The same by who runs this program, with what it was given. Heap. */
struct session;
char *as_typed_here(const struct session *s, const char *line) must_check;
/* It on the screen: @before, @file as a word of a shell, @behind. */
void as_typed_say(struct session *s, const char *before, const char *file,
		  const char *behind);

#endif
