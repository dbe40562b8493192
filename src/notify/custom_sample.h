/*
 * One made-up message of every kind, all of one alert where there is one, so
 * that templates can be tried before there is anything to say.
 */
#ifndef NOTIFY_CUSTOM_SAMPLE_H
#define NOTIFY_CUSTOM_SAMPLE_H

#include "notify/render.h"

#define CUSTOM_SAMPLE_ALERTS 3

struct custom_sample {
	const char *name; /* "opened" ..., "hostile text" */
	struct notice notice;
	struct render_alert alerts[CUSTOM_SAMPLE_ALERTS];
	struct render_job job; /* points into this struct */
};

/* So many of the first are of one alert that nobody forged. */
#define CUSTOM_SAMPLES_OF_ONE 8

/* Sample @i, or false behind the last. */
bool custom_sample_init(struct custom_sample *ret, size_t i);
void custom_sample_release(struct custom_sample *s);

#endif
