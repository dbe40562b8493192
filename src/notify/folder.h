/*
 * The folder target: every notice as a mail and a JSON file in a directory,
 * for trying out, for archives and for programs that watch a directory.
 */
#ifndef NOTIFY_FOLDER_H
#define NOTIFY_FOLDER_H

#include "core/notice.h"
#include "util/err.h"
#include "util/strbuf.h"

/*
 * Write @n as NAME.eml and NAME.json under @directory (made when missing).
 * Each appears whole or not at all; the name comes from the notice alone, so
 * that a second try replaces the first. Blocks for the disk. 0 or -errno.
 */
int folder_write(const char *directory, const struct notice *n,
		 const struct strbuf *mail, const struct strbuf *json,
		 struct err *err) must_check;

#endif
