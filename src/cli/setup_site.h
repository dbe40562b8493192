/*
 * The place that `triagectl setup` works on: the directory of the settings,
 * what it wrote there before, a copy of it all to try things on, and the files
 * that are to change, which are written all or not at all.
 */
#ifndef CLI_SETUP_SITE_H
#define CLI_SETUP_SITE_H

#include <stdbool.h>
#include <sys/types.h>
#include "cli/setup_answers.h"
#include "util/err.h"

#define SETUP_FILES_MAX (SETUP_QUESTIONS_MAX * 2 + 8)

struct setup_site {
	char *directory, *main_file;
	bool is_system; /* the machine's own: a service goes with it */
	char *old; /* text of the present drop-in; NULL: none */
	char *stage; /* the copy; NULL: none */
	char *stage_file, *stage_credentials; /* in it */
};

/*
 * The site whose settings are @file. With @make, and where it is the machine's
 * own, the directory may be missing: it is made when something is written.
 * ERR_DENIED when its files cannot be written by this user.
 */
int setup_site_open(struct setup_site *s, const char *file, bool make,
		    struct err *err) must_check;
void setup_site_release(struct setup_site *s);
/* What was answered before, as far as it is not given now. @err of a drop-in
 * that cannot be understood is in words for a warning; then as without it. */
int setup_site_recall(struct setup_site *s, struct setup_answers *a,
		      struct err *err) must_check;

/* Does one of our secrets lie there as it is? */
bool setup_stores_plain(const struct setup_site *s);

/* Make the copy (anew), with @dropin in place of the present one. */
int setup_stage(struct setup_site *s, const struct setup_answers *a,
		const char *dropin, struct err *err) must_check;
/* Text in which the copy's paths stand: they become the site's (heap). */
char *setup_stage_translate(const struct setup_site *s, const char *text);

enum setup_change { SETUP_NEW, SETUP_CHANGED, SETUP_REMOVED };

struct setup_file {
	char *path;
	enum setup_change change;
	struct secret *bytes; /* wiped when it goes */
	mode_t mode;
	char *part; /* while it is not yet in place */
};

struct setup_plan {
	struct setup_file files[SETUP_FILES_MAX];
	size_t n;
	bool secrets, unit; /* any of these changes */
};

/* What has to change for @dropin and the secrets of @a; @encrypt: these at
 * rest by systemd-creds. */
int setup_plan_make(struct setup_plan *p, const struct setup_site *s,
		    const struct setup_answers *a, const char *dropin,
		    bool encrypt, struct err *err) must_check;
void setup_plan_release(struct setup_plan *p);
/* All of it, or nothing when one cannot be written. */
int setup_plan_write(struct setup_plan *p, struct err *err) must_check;
const char *setup_change_name(enum setup_change c);

#endif
