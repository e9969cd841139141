/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_MAIN_H
#define CLI_MAIN_H

#include <paku/plugin.h>

/* The whole program; the executable only calls it. Returns the exit status: 0, 1 for a failure, 2 for
 * a mistake on the command line. */
PAKU_EXPORT int paku_main(int argc, char **argv);

#endif
