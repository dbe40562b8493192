/* How a program signs in to Microsoft. Words of the `auth:` option. */
#ifndef CORE_AUTH_H
#define CORE_AUTH_H

enum auth_method {
	AUTH_NONE, /* file, demo */
	AUTH_CLIENT_SECRET,
	AUTH_CLIENT_CERTIFICATE, /* PS256 assertion, x5t#S256 */
	AUTH_WORKLOAD_IDENTITY, /* assertion from a file, read anew each time */
	AUTH_MANAGED_IDENTITY, /* IMDS, or Azure Arc */
	AUTH_TOKEN, /* Cloud Apps: a legacy API token, sent as it is */
};
#define AUTH_METHOD_MAX (AUTH_TOKEN + 1)

#endif
