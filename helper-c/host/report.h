/* Report records, as the launcher writes them and the native front gets them of its own calls. */
#ifndef COFFER_REPORT_H
#define COFFER_REPORT_H

#include "../sys/run.h"

enum state {
	STATE_CREATED = 1,
	STATE_RUNNING,
	STATE_EXITED,
	STATE_FAILED,
	STATE_DONE,
	STATE_WARNED,
	STATE_LOCKED,
	STATE_TAKEN,
	STATE_ENDED,
	STATE_STOPPED,
};

/* Says in a record what has failed. */
static inline void report_fault(struct report_record *record, const struct fault *fault)
{
	record->phase = fault->phase;
	record->op = fault->op;
	record->op_code = (uint16_t)fault->op_code;
	record->error = fault->error;
	record->code = fault->code;
	record->detail = fault->detail;
}

#endif
