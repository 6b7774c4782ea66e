/* What the files about cgroups share. */
#ifndef COFFER_CGROUP_H
#define COFFER_CGROUP_H

void sleep_ms(unsigned ms);

#endif
