/* What the files of setup_site.h share. */
#ifndef CLI_SETUP_PRIV_H
#define CLI_SETUP_PRIV_H

#include "cli/setup_site.h"
#include "util/strbuf.h"

/* The main file of a site that has none. */
#define SETUP_MAIN_TEXT                                                        \
	"# Settings of triaged, see triaged.yaml(5). Files conf.d/*.yaml "     \
	"beside this one\n# are read too; triagectl setup keeps one there.\n"
#define SETUP_UNIT_DROPIN "/etc/systemd/system/triaged.service.d/10-setup.conf"

/* Where credential @name lies: as it is, or sealed (heap). */
char *setup_plain_path(const struct setup_site *s, const char *name);
char *setup_sealed_path(const struct setup_site *s, const char *name);
/* Append what is in a file. -errno when it cannot be read. */
int setup_read(const char *path, struct strbuf *out) must_check;
/* Is the secret of question @i our own, and not wanted by anything any more?
 */
bool setup_is_unused(const struct setup_site *s, const struct setup_answers *a,
		     size_t i);
void setup_stage_remove(struct setup_site *s);

#endif
