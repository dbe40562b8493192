/* Between the files of the diagnosis. */
#ifndef ADVICE_DIAGNOSE_PRIV_H
#define ADVICE_DIAGNOSE_PRIV_H

#include "advice/diagnose.h"

/*
 * The first row whose words all stand in the error counts. In the texts
 *	{word}      the word behind `words`
 *	{host}      the host in it, else the endpoint's
 *	{address}   that host with its port
 *	{endpoint}  the address that was asked
 *	{via}       the option of curl for the proxy, or nothing
 *	{tunnel}    the option of openssl for the proxy, or nothing
 *	{starttls}  the one for mail, or nothing
 *	{proxy}     the proxy
 *	{client}    the application
 *	{secret}    where the secret is stored, in words
 *	{scope}     the subscription the error names
 *	{path}      the folder's, or the program
 *	{pattern}   the file source's path, whose * the shell takes
 *	{name}      the target
 */
struct hint {
	const char *words, *more; /* more: NULL nothing else */
	const char *step;
	const char *means; /* what the error does not say; NULL nothing */
	const char *next;
};

/* What there is to know of who failed; NULL or "" where there is none. */
struct subject {
	const char *name, *client, *endpoint, *proxy, *path, *starttls;
	const struct secret_ref *secret;
	const char *error;
	const struct hint *hint;
};

/* Append @text with its holes filled: words for people, or a command, in which
 * each is one word of a shell. */
void subject_say(const struct subject *s, const char *text, struct strbuf *out);
void subject_command(const struct subject *s, const char *text,
		     struct strbuf *out);
/* The word of a name or address that follows @words in @error; its length. */
size_t error_word(const char *error, const char *words, const char **ret);
/* The host of an address: "mail.example" of "smtp://mail.example:587". */
size_t address_host(const char *address, const char **ret);
/* Is the issuer that @error names a maker of devices that open TLS, or the host
 * one whose certificates are never made by a stranger to this machine? */
bool is_intercepted(const char *error);

/* The rows of both, then those of one; each ends with an empty row. */
extern const struct hint network_hints[], source_hints[], target_hints[];

#endif
