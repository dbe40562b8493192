/*
 * A file of certificate authorities, as a peer is checked against.
 */
#ifndef NET_CERTIFICATE_FILE_H
#define NET_CERTIFICATE_FILE_H

#include "util/err.h"

/* Can @path be read, and does it have a certificate (PEM)? */
int certificates_check(const char *path, struct err *err) must_check;

#endif
