/* The command table as text for others: the manual's section, and the tables
 * of the shell completions. */
#ifndef CLI_TABLE_TEXT_H
#define CLI_TABLE_TEXT_H

#include "util/strbuf.h"

/* The list of commands with their options, in mdoc(7). */
void table_text_manual(struct strbuf *sb);
/* Associative arrays that bash and zsh both read; see etc/completion. */
void table_text_shell(struct strbuf *sb);

#endif
