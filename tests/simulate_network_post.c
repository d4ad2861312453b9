/* What must fail: a network that loses a message, or delivers one twice: MISTAKE=lose, MISTAKE=double. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "queue.h"
#include <stdlib.h>
#include <string.h>

void __real_network_post(struct event message);
void __wrap_network_post(struct event message);

void __wrap_network_post(struct event message)
{
  static unsigned posted;
  const char *mistake = getenv("MISTAKE");
  int now = ++posted == 5 && mistake;
  if (now && strcmp(mistake, "lose") == 0)
    return;
  __real_network_post(message);
  if (now && strcmp(mistake, "double") == 0)
    __real_network_post(message);
}
