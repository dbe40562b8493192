/*
 * The stream answers go to. Called by the writers and by triagectl.c. Knows
 * no command.
 */
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_LEAST 20
#define WIDTH_MOST 1000

int output_write(FILE *out, const char *bytes, size_t len, struct err *err)
{
	if (fwrite(bytes, 1, len, out) == len && fflush(out) == 0)
		return 0;
	return err_set(err, errno > 0 ? -errno : -EIO,
		       "cannot write the answer: %s",
		       strerror(errno > 0 ? errno : EIO));
}

size_t output_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	long width = columns ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (width <= 0 && isatty(fileno(out)) &&
	    ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width <= 0)
		return 0;
	return (size_t)MIN(MAX(width, WIDTH_LEAST), WIDTH_MOST);
}

bool output_colour(FILE *out, const char *word)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (word && strcmp(word, "auto") != 0)
		return strcmp(word, "always") == 0;
	return isatty(fileno(out)) && !(no && *no) &&
	       !(term && strcmp(term, "dumb") == 0);
}
