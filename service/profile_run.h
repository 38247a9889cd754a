/* --profile=FILE: become `hotline ... image-service ...`. */
#ifndef SERVICE_PROFILE_RUN_H
#define SERVICE_PROFILE_RUN_H

/* Replace this process by the hotline that lies beside its executable, with this program and its arguments (less
 * --profile) behind it and PROFILE removed from the environment, so that it does not come here again. Returns only on
 * failure, having said so. */
void profile_run(int argc, char **argv, const char *outfile);

#endif
