/* Answers as a test gives them. */
#ifndef TESTS_CLI_SETUP_RIG_H
#define TESTS_CLI_SETUP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/setup_answers.h"

#define TENANT "11111111-2222-3333-4444-555555555555"
#define CLIENT "66666666-7777-8888-9999-000000000000"

static inline size_t number_of(const char *name)
{
	int i = setup_question_find(name);

	if (i < 0)
		fail_msg("no question %s", name);
	return (size_t)i;
}

static inline void give(struct setup_answers *a, const char *name,
			const char *text)
{
	struct err err = ERR_INIT;

	if (setup_set(a, number_of(name), text, &err) < 0)
		fail_msg("%s=%s: %s", name, text, err.text);
}

static inline void give_secret(struct setup_answers *a, const char *name,
			       const char *text)
{
	struct err err = ERR_INIT;
	struct secret *s = secret_new(text, strlen(text));

	if (setup_set_secret(a, number_of(name), s, &err) < 0)
		fail_msg("%s: %s", name, err.text);
}

/* Two sources, a mail target. */
static inline void give_usual(struct setup_answers *a)
{
	give(a, "azure", "yes");
	give(a, "cloud-apps", "yes");
	give(a, "tenant", TENANT);
	give(a, "client-id", CLIENT);
	give_secret(a, "client-secret", "canary~.value");
	give(a, "mail", "yes");
	give(a, "mail-server", "mail.example.org:587");
	give(a, "mail-from", "triaged@example.org");
	give(a, "mail-to", "anna@example.org, ben@example.org");
	give(a, "timezone", "Europe/Berlin");
}

#endif
