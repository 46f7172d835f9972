/* What the containers of the tests run: one program that does what its first argument says.
 * C, because a static program of it needs nothing but the compiler that the workspace needs anyway. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void leave(int signal) { (void)signal; _exit(0); }

static void pause_ms(long ms) {
    struct timespec time = { ms / 1000, (ms % 1000) * 1000000 };
    nanosleep(&time, NULL);
}

static void *burn(void *unused) { for (volatile long n = 0;; n++) {} return unused; }

static int listen_on(const char *port) {
    struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(NULL, port, &hints, &found)) return 2;
    int server = socket(found->ai_family, found->ai_socktype, 0), yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, found->ai_addr, found->ai_addrlen) || listen(server, 16)) return 3;
    printf("listening\n");
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client >= 0) { write(client, "hello\n", 6); close(client); }
    }
}

static int get(const char *host, const char *port) {
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error) { printf("unknown: %s\n", gai_strerror(error)); return 2; }
    int server = socket(found->ai_family, found->ai_socktype, 0);
    struct timeval limit = { 3, 0 };
    setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(server, found->ai_addr, found->ai_addrlen)) { printf("refused: %s\n", strerror(errno)); return 3; }
    char text[256];
    ssize_t size = read(server, text, sizeof text);
    if (size > 0) fwrite(text, 1, size, stdout);
    return size > 0 ? 0 : 4;
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "serve";
    const char *one = count > 2 ? words[2] : "", *two = count > 3 ? words[3] : "";
    long number = atol(one);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    signal(SIGUSR1, leave);

    if (!strcmp(what, "serve")) for (;;) pause();
    if (!strcmp(what, "ignore")) { signal(SIGTERM, SIG_IGN); printf("ignoring\n"); for (;;) pause(); }
    if (!strcmp(what, "exit")) return (int)number;
    if (!strcmp(what, "signal")) return kill(1, (int)number) ? 1 : 0;
    if (!strcmp(what, "lines")) {
        for (long n = 0; n < number; n++) { printf("out %ld\n", n); if (n % 3 == 0) fprintf(stderr, "err %ld\n", n); }
        if (!strcmp(two, "stay")) for (;;) pause();
        return 0;
    }
    if (!strcmp(what, "tick")) for (long n = 0;; n++) { printf("tick %ld\n", n); pause_ms(number); }
    if (!strcmp(what, "long")) {
        for (long n = 0; n < number; n++) putchar('a' + n % 26);
        printf("\nshort\n");
        fflush(stdout);
        write(1, "no break", 8);
        return 0;
    }
    if (!strcmp(what, "raw")) { write(1, "\xff\xfe\x80\x00\x01 \xc3\n", 8); return 0; }
    if (!strcmp(what, "eat")) {
        printf("eating\n");
        for (long n = 0; n < number; n++) memset(malloc(1 << 20), 1, 1 << 20);
        return 0;
    }
    if (!strcmp(what, "burn")) {
        pthread_t thread;
        pthread_create(&thread, NULL, burn, NULL);
        burn(NULL);
    }
    if (!strcmp(what, "threads")) {
        pthread_t thread;
        for (long n = 0; n < number; n++)
            if (pthread_create(&thread, NULL, burn, NULL)) { printf("refused at %ld\n", n); return 5; }
        return 0;
    }
    if (!strcmp(what, "say")) {
        /* Each word is a line, in hexadecimal digits. */
        for (int at = 2; at < count; at++) {
            unsigned byte;
            for (const char *digits = words[at]; sscanf(digits, "%2x", &byte) == 1; digits += 2) putchar(byte);
            putchar('\n');
        }
        fflush(stdout);
        for (;;) pause();
    }
    if (!strcmp(what, "env")) { for (char **at = environ; *at; at++) printf("%s\n", *at); return 0; }
    if (!strcmp(what, "show")) {
        int file = open(one, O_RDONLY);
        if (file < 0) { printf("%s\n", strerror(errno)); return 1; }
        char text[4096];
        for (ssize_t size; (size = read(file, text, sizeof text)) > 0;) fwrite(text, 1, size, stdout);
        return 0;
    }
    if (!strcmp(what, "stat")) {
        struct stat found;
        if (stat(one, &found)) { printf("%s\n", strerror(errno)); return 1; }
        printf("%o %d:%d\n", found.st_mode & 07777, found.st_uid, found.st_gid);
        return 0;
    }
    if (!strcmp(what, "write")) {
        int file = open(one, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (file < 0) { printf("%s\n", strerror(errno)); return 1; }
        long left = count > 4 ? atol(words[4]) : 1;
        for (; left > 0; left--)
            if (write(file, two, strlen(two)) < 0) { printf("%s\n", strerror(errno)); return 1; }
        return 0;
    }
    if (!strcmp(what, "id")) { printf("%d:%d\n", getuid(), getgid()); return 0; }
    if (!strcmp(what, "listen")) return listen_on(one);
    if (!strcmp(what, "get")) return get(one, two);
    fprintf(stderr, "what is `%s`?\n", what);
    return 64;
}
