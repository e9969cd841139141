/* SPDX-License-Identifier: Apache-2.0 */
/* ${ENV}, ${ENV:-default}, ${ENV:?message}, ${file:/path} and $$ in the texts of a configuration. A
 * default may hold such references itself; what was put in is not looked at again. */
#ifndef CONFIG_SUBSTITUTE_H
#define CONFIG_SUBSTITUTE_H

#include "base/buffer.h"
#include "config/errors.h"

/* Appends `text` with everything resolved to `result`; *ret_secret tells whether something came from
 * outside. Returns -EINVAL with an error added at `place`. */
int substitute(const char *text, struct place place, struct buffer *result, bool *ret_secret,
    struct config_errors *errors);

#endif
