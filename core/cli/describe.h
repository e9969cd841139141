/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins and the daemon itself, as `paku describe` and the reference pages tell of them. */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include "base/buffer.h"
#include "plugin/loader.h"

void describe_plugin(const struct paku_plugin *plugin, struct buffer *buffer);
void describe_plugin_markdown(const struct paku_plugin *plugin, struct buffer *buffer);

/* The options that are no plugin's, and which plugins there are. */
void describe_daemon(const struct loader *loader, struct buffer *buffer);
void describe_daemon_markdown(const struct loader *loader, struct buffer *buffer);

#endif
