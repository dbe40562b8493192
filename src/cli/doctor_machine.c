/*
 * What the doctor sees of the machine without the daemon: room on the disk,
 * the clock, the name servers. Called by cmd_doctor.c.
 *
 * tested with: scenario/test_doctor
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include "advice/diagnose.h"
#include "cli/doctor_priv.h"
#include "cli/resolve.h"
#include "util/shell.h"
#include "util/xmalloc.h"

#define MIB (INT64_C(1) << 20)
/* Below this a backlog, or one migration, fills the disk. */
#define ROOM_LEAST (16 * MIB)
#define ROOM_SMALL (512 * MIB)
#define ROOM_PERCENT 5
#define RESOLVE_MS 4000

/* --- disk --- */

/* Where the file system of @path is mounted (heap). */
static char *mount_of(const char *path)
{
	char *at = xstrdup(path);
	struct stat here, above;

	if (stat(at, &here) < 0)
		return at;
	for (char *cut = strrchr(at, '/'); cut; cut = strrchr(at, '/')) {
		CLEANUP(free_ptr)
		char *parent = cut == at ? xstrdup("/")
					 : xstrndup(at, (size_t)(cut - at));

		if (stat(parent, &above) < 0 || above.st_dev != here.st_dev)
			break;
		free(at);
		at = take(parent);
		if (strcmp(at, "/") == 0)
			break;
	}
	return at;
}

static void add_disk(struct checkup *c, bool trouble, const char *step,
		     const char *cause, const char *next)
{
	doctor_add(c, &(struct finding){ .trouble = trouble,
					 .about = "database",
					 .name = "triaged.db",
					 .step = step,
					 .cause = cause,
					 .next = next });
}

static void look_room(struct checkup *c, const char *directory,
		      const struct statvfs *fs)
{
	int64_t room = (int64_t)(fs->f_bavail * fs->f_frsize);
	int64_t all = (int64_t)(fs->f_blocks * fs->f_frsize);
	CLEANUP(free_ptr) char *mount = mount_of(directory);
	CLEANUP(free_ptr) char *word = shell_word(mount);
	CLEANUP(free_ptr)
	char *next =
		xasprintf("du -xhd3 %s 2>/dev/null | sort -h | tail -15", word);
	CLEANUP(free_ptr)
	char *cause =
		xasprintf("%lld MiB are free on the disk of %s%s",
			  (long long)(room / MIB), directory,
			  room < ROOM_LEAST
				  ? ", so what happens cannot be stored and "
				    "nobody is told; triaged goes on by itself "
				    "when there is room"
				  : "");

	if (room < ROOM_LEAST && room < all / 2)
		add_disk(c, true, "disk", cause, next);
	else if (room < ROOM_SMALL && room < all / 100 * ROOM_PERCENT)
		add_disk(c, false, "disk", cause, next);
}

static void look_inodes(struct checkup *c, const char *directory,
			const struct statvfs *fs)
{
	CLEANUP(free_ptr)
	char *cause = xasprintf("no more files can be made on the disk of %s "
				"(no inode is free)",
				directory);
	CLEANUP(free_ptr) char *mount = mount_of(directory);
	CLEANUP(free_ptr) char *word = shell_word(mount);
	CLEANUP(free_ptr)
	char *next = xasprintf("du -x --inodes -d3 %s 2>/dev/null | sort -n | "
			       "tail -15",
			       word);

	if (fs->f_files > 0 && fs->f_favail == 0)
		add_disk(c, true, "disk", cause, next);
}

void doctor_look_disk(struct checkup *c)
{
	const struct conf *conf = doctor_conf(c);
	CLEANUP(free_ptr) char *cause = NULL;
	struct statvfs fs;

	if (!conf || !conf->state_directory ||
	    statvfs(conf->state_directory, &fs) < 0)
		return;
	if (fs.f_flag & ST_RDONLY) {
		cause = xasprintf("the file system of %s is read-only, so "
				  "nothing can be stored and nobody is told; "
				  "the kernel makes it so when its disk fails, "
				  "and its log says why",
				  conf->state_directory);
		add_disk(c, true, "file system", cause,
			 "journalctl -k -b -g 'read-only|remount|I/O error'");
		return;
	}
	look_room(c, conf->state_directory, &fs);
	look_inodes(c, conf->state_directory, &fs);
}

/* --- clock --- */

/* How far it is off only a service's answer tells; that is the daemon's. */
void doctor_look_clock(struct checkup *c)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	if (state < 0 || !(t.status & STA_UNSYNC) ||
	    doctor_has_step(c, "clock"))
		return;
	doctor_add(c, &(struct finding){
			      .about = "machine",
			      .name = "clock",
			      .step = "time synchronization",
			      .cause = "nothing keeps this machine's clock "
				       "right; when it is off by 5 minutes "
				       "sign-ins are refused, and every due "
				       "time is wrong by as much",
			      .next = "timedatectl set-ntp true" });
}

/* --- name servers --- */

static void explain_silent(const struct strlist *servers, char **ret_why,
			   char **ret_next)
{
	CLEANUP(free_ptr) char *all = strlist_join(servers, ", ");
	const char *first = servers->n ? servers->v[0] : "";

	if (!servers->n) {
		*ret_why = xstrdup("/etc/resolv.conf names no name server");
		*ret_next = xstrdup("cat /etc/resolv.conf");
		return;
	}
	*ret_why = xasprintf("no name server answers (%s, of "
			     "/etc/resolv.conf), so no name is found",
			     all);
	if (strncmp(first, "127.0.0.5", 9) == 0)
		*ret_next = xstrdup("systemctl status systemd-resolved");
	else if (strncmp(first, "127.", 4) == 0 || strcmp(first, "::1") == 0)
		*ret_next = xstrdup("ss -lnup 'sport = :53'");
	else
		*ret_next = xasprintf("ping -c 3 %s", first);
}

static void refine(struct finding *f, const char *host,
		   const struct strlist *servers)
{
	CLEANUP(free_ptr) char *why = NULL;
	char *next = NULL;

	switch (resolve_look(host, RESOLVE_MS)) {
	case RESOLVE_FOUND:
		why = xstrdup("just now it was found, so the next try goes "
			      "further");
		break;
	case RESOLVE_NONE:
		why = xasprintf("the name servers say that there is no %s: "
				"correct the address in the settings, or ask "
				"who runs the DNS",
				host);
		break;
	case RESOLVE_SILENT:
		explain_silent(servers, &why, &next);
		break;
	}
	if (next) {
		free((char *)f->next);
		f->next = next;
	}
	next = xasprintf("%s; %s", f->cause, why);
	free((char *)f->cause);
	f->cause = next;
}

void doctor_look_names(struct checkup *c)
{
	CLEANUP(strlist_release) struct strlist servers = STRLIST_INIT;

	resolve_servers(&servers);
	for (size_t i = 0; i < c->n; i++) {
		CLEANUP(free_ptr)
		char *host = diagnose_unresolved(c->v[i].cause);

		if (host)
			refine(&c->v[i], host, &servers);
	}
}
