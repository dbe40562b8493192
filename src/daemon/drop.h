/* Root starts the daemon, and the daemon does not stay root: for whoever runs
 * it without systemd, which does that by User=. */
#ifndef DAEMON_DROP_H
#define DAEMON_DROP_H

#include "util/err.h"

/* The account when the settings name none. */
#define DROP_DEFAULT_USER "triaged"

/*
 * When root runs us: become the account that `user:` of the settings at
 * @conf_path names, with its groups and for good, so that everything from then
 * on, a reload too, is read and written with its rights. Before that the state
 * directory and the directory of the control socket are made for it where they
 * are missing. 0 also for `user: root` and when we were not root; DROP_UNUSABLE
 * when the settings cannot be used, so that their faults are what is told; else
 * ERR_CONF with what to do.
 */
#define DROP_UNUSABLE 1
int drop_root(const char *conf_path, struct err *err) must_check;

#endif
