/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON Schema of the lines that `log_format = json` writes, made of the tables of the plugins. */
#ifndef BPFLOCK_DAEMON_SCHEMA_H
#define BPFLOCK_DAEMON_SCHEMA_H

#include <json-c/json_object.h>

#include "plugin/plugin.h"

/*
 * By draft 2020-12. An event of a plugin has no keys but those of the schema. Of the daemon's own lines it says only what
 * all of them have. Plugins that were refused are left out.
 */
struct json_object *schema_of_log(const struct plugins *plugins);

#endif
