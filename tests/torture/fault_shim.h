/* The page of memory through which the rig commands the shim, shared by every process that the shim is loaded into. */
#ifndef BUTTONWOOD_TESTS_TORTURE_FAULT_SHIM_H
#define BUTTONWOOD_TESTS_TORTURE_FAULT_SHIM_H

#include <stdint.h>

/* The file to map; without it the shim does nothing. */
#define FAULT_SHIM_ENVIRONMENT "BUTTONWOOD_FAULT_PAGE"

enum fault_call { FAULT_SYNC = 1, FAULT_WRITE = 2 }; /* fsync and fdatasync; write, pwrite, pwritev, posix_fallocate */

struct fault_page {
    uint64_t syncs; /* calls seen, whatever became of them: proof that the shim is loaded */
    uint64_t writes;
    uint64_t clock_reads;
    uint64_t failed;         /* calls that were made to fail */
    int64_t clock_offset_ns; /* added to CLOCK_REALTIME */
    uint32_t armed_calls;    /* fault_call bits; 0 = none fails */
    int32_t error;           /* errno of the failing calls; of syncs also 0: they succeed, undone */
    int64_t calls_to_pass;   /* this many matching calls succeed first */
    int64_t calls_to_fail;   /* then this many fail, then the shim disarms itself */
    char path_part[64];      /* only files whose path contains it; "" = all regular files */
};

#endif
