/* Test messages, put into an outbox: for people who ask for one. */
#ifndef DAEMON_TEST_NOTICE_H
#define DAEMON_TEST_NOTICE_H

#include <jansson.h>
#include "conf/conf.h"
#include "store/store.h"

/*
 * One for each recipient of @t, all in one transaction. @reason says to who
 * gets it why he does. Their numbers are added to @ids.
 */
int test_notice_put(struct store *s, const struct target_conf *t,
		    const char *reason, json_t *ids,
		    struct err *err) must_check;

#endif
