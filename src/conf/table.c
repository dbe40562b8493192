/*
 * The option table, put together from its parts (table_top.c and the other
 * table_*.c): one row for each option, how it is called, who reads it into
 * which field, its limits, its default, a line of help. The sample file, the
 * manual and the completions are checked against these rows.
 */
#include "conf/table_priv.h"

#include <string.h>

static const struct option *const parts[] = {
	options_top,	  options_source, options_triage,  options_target,
	options_template, options_route,  options_forward,
	options_respond,
};

const struct option *option_find(const char *section, const char *name)
{
	for (const struct option *o = option_next(section, NULL); o;
	     o = option_next(section, o))
		if (strcmp(o->shown.name, name) == 0)
			return o;
	return NULL;
}

static const struct option *first_of(const struct option *o,
				     const char *section)
{
	for (; o->shown.section; o++)
		if (strcmp(o->shown.section, section) == 0)
			return o;
	return NULL;
}

const struct option *option_next(const char *section, const struct option *o)
{
	if (o)
		return first_of(o + 1, section);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !o; i++)
		o = first_of(parts[i], section);
	return o;
}

const struct conf_option *conf_option_at(size_t i)
{
	for (size_t part = 0; part < ARRAY_SIZE(parts); part++)
		for (const struct option *o = parts[part]; o->shown.section;
		     o++)
			if (i-- == 0)
				return &o->shown;
	return NULL;
}
