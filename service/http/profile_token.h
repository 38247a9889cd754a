/* The token that opens GET /profile: found in a request, compared, kept out of the log. Any thread. */
#ifndef SERVICE_PROFILE_TOKEN_H
#define SERVICE_PROFILE_TOKEN_H

#include <stdbool.h>

/* authorization: the value of that header, or NULL. uri: as sent, for `?token=`, which counts when no Bearer token is
 * there.   ret: the request has `expected`; the time this takes does not depend on how much of it is right. */
bool profile_token_is_given(const char *expected, const char *authorization, const char *uri);

/* Overwrite the values of all `token=` in the query of `uri`. */
void profile_token_hide(char *uri);

#endif
