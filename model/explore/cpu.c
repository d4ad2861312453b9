/* One rank's CPU: a call is run again from its start, its door answered from a log, up to one operation more. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpu.h"
#include "draw.h"
#include <setjmp.h>

/* The door has no argument that could carry it: the one piece of global state. */
struct cpu cpu;
static jmp_buf out;

bool script_next(struct script *s)
{
  while (s->length > 0 && s->made[s->length - 1] + 1 == s->among[s->length - 1])
    s->length--;
  if (s->length == 0)
    return false;
  s->made[s->length - 1]++;
  return true;
}

unsigned cpu_chooses(unsigned among)
{
  struct script *s = cpu.script;
  if (s->at == CHOICES)
    give_up("more choices in a step than CHOICES");
  if (s->at == s->length) {
    s->made[s->length] = s->random ? (uint8_t)(draw(s->random) % among) : 0;
    s->length++;
  }
  s->among[s->at] = (uint8_t)among;
  return s->made[s->at++];
}

bool cpu_replays(void)
{
  return cpu.at < cpu.log->length;
}

/* One that may die may do so between any two operations, and that is noticed: each is a step then. */
void cpu_acts(void)
{
  if (unreduced || cpu.scenario->mortal == (int)cpu.rank)
    cpu_observes();
  cpu.acted = true;
}

void cpu_observes(void)
{
  if (cpu.acted)
    cpu_stops();
  cpu.acted = true;
}

void cpu_stops(void)
{
  longjmp(out, 1);
}

void fails(const char *what)
{
  cpu.failure = what;
}

void cpu_logs(tiny answer)
{
  if (cpu.log->length == LOG) {
    fails("a call does not come to its end");
    cpu_stops();
  }
  cpu.log->answer[cpu.log->length++] = answer;
  cpu.at++;
}

unsigned any_of(unsigned many)
{
  return cpu_chooses(many);
}

unsigned observed(unsigned k)
{
  return k < cpu.log->length ? cpu.log->answer[k] : 0;
}

void timed_out(void)
{
  if (cpu.late == 0 || cpu.log->length == cpu.late)
    fails("a wait: a timeout, and no look behind the deadline");
}

/* In a call that runs again from its log it has begun before. */
void call_begins(void)
{
  if (watcher && cpu.log->length == 0)
    watcher->call(cpu.rank, true);
}

void call_ends(void)
{
  if (watcher)
    watcher->call(cpu.rank, false);
}

void theorem(const char *name, const struct given *given)
{
  if (watcher)
    watcher->theorem(cpu.rank, name, given);
}

const struct machine *machine_now(void)
{
  return cpu.machine;
}

struct outcome cpu_step(const struct scenario *s, struct machine *m, unsigned rank, struct log *log,
                        struct script *script)
{
  script->at = 0;
  cpu = (struct cpu){.scenario = s, .machine = m, .rank = rank, .log = log, .script = script};
  if (setjmp(out))
    return (struct outcome){false, cpu.failure};
  cpu.scenario->act(cpu.scenario, cpu.rank);
  cpu.log->length = 0;
  return (struct outcome){true, cpu.failure};
}
