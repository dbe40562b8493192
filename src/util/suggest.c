/*
 * The nearest known word to a misspelt one. Called by conf/ for options and by
 * triage/ for the keys of a silence; knows neither.
 */
#include "util/suggest.h"

#include <stdio.h>
#include <string.h>
#include "util/compiler.h"

#define SUGGEST_WORD_MAX 40

static int smallest(int a, int b, int c)
{
	return MIN(MIN(a, b), c);
}

/* Optimal string alignment: insert, delete, replace, swap neighbours. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
	int rows[3][SUGGEST_WORD_MAX + 1];
	int *older = rows[0], *old = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= m; j++)
		old[j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		row[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			int differ = a[i - 1] != b[j - 1];

			row[j] = smallest(old[j] + 1, row[j - 1] + 1,
					  old[j - 1] + differ);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], older[j - 2] + 1);
		}
		spare = older;
		older = old;
		old = row;
		row = spare;
	}
	return old[m];
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	size_t n = strlen(s->word), m = strlen(candidate);
	int d;

	if (n > SUGGEST_WORD_MAX || m > SUGGEST_WORD_MAX)
		return;
	d = distance(s->word, n, candidate, m);
	/* One slip in three letters, or two at the start of a long word. */
	if (d > MAX(1, (int)MIN(n, m) / 3) || (s->best && d >= s->distance))
		return;
	s->best = candidate;
	s->distance = d;
}

const char *suggest_word(const char *typed, const char *const *words,
			 size_t n_words)
{
	struct suggest s = { .word = typed };

	for (size_t i = 0; i < n_words; i++)
		suggest_offer(&s, words[i]);
	return s.best;
}

const char *suggest_text(const struct suggest *s, char *buf)
{
	buf[0] = '\0';
	if (s->best)
		snprintf(buf, SUGGEST_TEXT_MAX, " (did you mean '%s'?)",
			 s->best);
	return buf;
}
