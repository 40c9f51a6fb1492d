/* The wall clock of one process, turned by a file: seconds to add, read anew each time. The monotonic clock
   stays. Loaded before libc (LD_PRELOAD); nothing on the machine is set. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long skew(void) {
    char text[32] = "";
    const char *name = getenv("SKEW_FILE");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) { if (read(file, text, 31) < 0) text[0] = 0; close(file); }
    return atol(text);
}
int clock_gettime(clockid_t id, struct timespec *now) {
    int answer = syscall(SYS_clock_gettime, id, now);
    if (answer == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) now->tv_sec += skew();
    return answer;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec t; (void)zone; clock_gettime(CLOCK_REALTIME, &t);
    now->tv_sec = t.tv_sec; now->tv_usec = t.tv_nsec / 1000; return 0;
}
time_t time(time_t *now) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); if (now) *now = t.tv_sec; return t.tv_sec; }
