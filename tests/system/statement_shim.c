/* LD_PRELOAD: kills its own process, as by kill -9, at a chosen statement of a projection's worker.
 *
 *     BUTTONWOOD_DIE=17       before the 17th statement of all workers together is sent; all before it were answered
 *     BUTTONWOOD_DIE=COMMIT   as soon as a COMMIT was sent, which the database then makes and nobody hears of
 *
 * A statement is whatever waits for an answer: parsing one and ending a COPY count, too. Connections of anything but a
 * worker are left alone. Thread safety: counted by atomic operations. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct pg_conn PGconn;
extern const char* PQparameterStatus(const PGconn* conn, const char* name);

#define WORKER "buttonwood-projection-"

/* The library's own function, looked up once. */
#define REAL(name)                                                  \
    (__extension__({                                                \
        static __typeof__(&name) real;                              \
        if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, #name); \
        real;                                                       \
    }))

static atomic_long statements;

static int of_a_worker(const PGconn* conn) {
    const char* application = PQparameterStatus(conn, "application_name");
    return application != NULL && strncmp(application, WORKER, strlen(WORKER)) == 0;
}

static void die(void) { kill(getpid(), SIGKILL); }

static void count(const PGconn* conn) {
    const char* when = getenv("BUTTONWOOD_DIE");
    if (when == NULL || !of_a_worker(conn)) return;
    if (atomic_fetch_add(&statements, 1) + 1 == atol(when)) die();
}

int PQsendQuery(PGconn* conn, const char* query) {
    count(conn);
    const int sent = REAL(PQsendQuery)(conn, query);
    const char* when = getenv("BUTTONWOOD_DIE");
    if (when != NULL && strcmp(when, query) == 0 && of_a_worker(conn)) die();
    return sent;
}

int PQsendQueryParams(PGconn* conn, const char* command, int count_of_params, const unsigned* types,
                      const char* const* values, const int* lengths, const int* formats, int result_format) {
    count(conn);
    return REAL(PQsendQueryParams)(conn, command, count_of_params, types, values, lengths, formats, result_format);
}

int PQsendPrepare(PGconn* conn, const char* name, const char* query, int count_of_params, const unsigned* types) {
    count(conn);
    return REAL(PQsendPrepare)(conn, name, query, count_of_params, types);
}

int PQsendQueryPrepared(PGconn* conn, const char* name, int count_of_params, const char* const* values,
                        const int* lengths, const int* formats, int result_format) {
    count(conn);
    return REAL(PQsendQueryPrepared)(conn, name, count_of_params, values, lengths, formats, result_format);
}

int PQputCopyEnd(PGconn* conn, const char* error) {
    count(conn);
    return REAL(PQputCopyEnd)(conn, error);
}
