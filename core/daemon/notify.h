/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* Tells the service manager ("READY=1", "STATUS=..."), when there is one that listens: sd_notify(3)
 * without its library. Failures do not matter. */
void notify_manager(const char *text);

#endif
