/*
 * See certificate_file.h. Called by the check of the settings; libcurl reads
 * the file itself, for each connection.
 *
 * tested with: scenario/test_settings
 */
#include "net/certificate_file.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <unistd.h>

int certificates_check(const char *path, struct err *err)
{
	X509_STORE *store;
	int rc = 0;

	if (access(path, R_OK) < 0)
		return err_set(err, -errno, "%s cannot be read: %s", path,
			       strerror(errno));
	store = X509_STORE_new();
	if (!store || X509_STORE_load_locations(store, path, NULL) != 1)
		rc = err_set(err, ERR_CONF, "%s has no certificate in it",
			     path);
	X509_STORE_free(store);
	ERR_clear_error(); /* nobody else is to find it */
	return rc;
}
