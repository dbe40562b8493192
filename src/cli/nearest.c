/*
 * The nearest word to a mistyped one. Called wherever a command, an option, a
 * value or a query is not known. Knows none of them.
 */
#include "cli/nearest.h"

#include <string.h>
#include "util/compiler.h"

#define NEAREST_MAX 40

/* Insertions, deletions, changes and swaps from @a to @b (both short). */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_MAX + 1]; /* before last, last, this */
	size_t la = strlen(a), lb = strlen(b);

	for (size_t j = 0; j <= lb; j++)
		rows[1][j] = j;
	for (size_t i = 1; i <= la; i++) {
		rows[2][0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = rows[1][j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, rows[1][j] + 1);
			best = MIN(best, rows[2][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				best = MIN(best, rows[0][j - 2] + 1);
			rows[2][j] = best;
		}
		memcpy(rows[0], rows[1], sizeof(rows[0]));
		memcpy(rows[1], rows[2], sizeof(rows[1]));
	}
	return rows[1][lb];
}

const char *nearest_word(const char *typed, const char *const *words,
			 size_t n_words)
{
	size_t best = MAX(strlen(typed) / 3, 1) + 1;
	const char *found = NULL;

	if (strlen(typed) > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < n_words; i++) {
		size_t d;

		if (strlen(words[i]) > NEAREST_MAX)
			continue;
		d = distance(typed, words[i]);
		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
