/* A load client for fan-out: N subscribers and one publisher on one epoll loop, over loopback.
 *
 * Every message carries `@#SSSSSSSSSSTTTTTTTTTTTTTTTT`: its number (10 digits) and when it was published (16 hex digits,
 * nanoseconds of the monotonic clock). A subscriber looks for that mark in the bytes it gets, whatever the protocol
 * wraps around it, so that all servers are measured by the same code; a record that is not whole yet is kept. A number
 * that is not the last one plus one is counted as a gap, one that is not larger (a frame may hold its text twice) is
 * ignored. With several streams each client follows one of them, and the messages go to one after the other. Prints one
 * JSON object. `--help` lists the options.
 *
 * Protocols: RFC 6455 (masked with the key 0), RFC 9112 chunked bodies, RESP2, NATS client protocol, MQTT 3.1.1,
 * Engine.IO 4 with Socket.IO 5.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MARK = 28, READ = 1 << 18, HELD = 1 << 14, WINDOW = 1 << 18, BUCKETS = 200000, SECONDS = 600, OPENING = 64 };
enum { BUCKET_NS = 10000, PATIENCE_S = 20, EVENTS = 512, MOST_OUTSTANDING = 512 };

typedef enum { ATRIUM, SSE, NDJSON, NATS, REDIS, MQTT, PLAIN, SOCKETIO } Protocol;
static const char *PROTOCOLS[] = {"atrium", "sse", "ndjson", "nats", "redis", "mqtt", "plain", "socketio", NULL};

typedef struct {
    int fd, step, ready, stalled, held;
    int channel;            /* which stream it follows */
    long last;              /* the number of the last message */
    unsigned long gaps;     /* messages that did not come */
    char cursor[24], *hold; /* the offset of the last entry; the start of a record that is not whole */
} Client;

static struct {
    Protocol protocol;
    int port, clients, stalled, size, outstanding, cuts, durable, server, hold_s, verbose, streams;
    long messages;
    double rate, seconds, warm_up;
    char token[256], stream[128], cursor[24];
} o = {.cursor = "0", .clients = 10, .streams = 1, .size = 200, .outstanding = 4, .seconds = 3, .warm_up = 1, .stream = "fanout/load"};

static Client *all, *publisher;
static int poll_fd, opened, ready_count, closed_count;
static int arrived[WINDOW];
static long published, completed, deliveries, histogram[BUCKETS], per_second[SECONDS];
static uint64_t measured_from, measured_to, finished, wire_bytes;
static long measured;
static char buffer[HELD + READ];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load_client: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

/* ---- The server's process */

static double cpu_seconds(void) {
    char path[64], line[2048];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", o.server);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    char *end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (end) sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long resident_kb(void) {
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", o.server);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    fclose(file);
    return kb;
}

/* ---- What is sent */

static int frame(char *out, int opcode, const char *data, int length) {
    int at = 0;
    out[at++] = (char)(0x80 | opcode);
    if (length < 126) out[at++] = (char)(0x80 | length);
    else {
        out[at++] = (char)(0x80 | 126);
        out[at++] = (char)(length >> 8);
        out[at++] = (char)length;
    }
    memset(out + at, 0, 4);
    memcpy(out + at + 4, data, (size_t)length);
    return at + 4 + length;
}

static int handshake(char *out, const char *path, const char *protocol) {
    return sprintf(out,
                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s%s%s%s%s%s\r\n",
                   path, o.port, o.token[0] ? "Authorization: Bearer " : "", o.token, o.token[0] ? "\r\n" : "",
                   protocol ? "Sec-WebSocket-Protocol: " : "", protocol ? protocol : "", protocol ? "\r\n" : "");
}

static int follow(char *out, Client *client) {
    return sprintf(out,
                   "GET /api/v1/fanout/entries?follow=true&after=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                   "Authorization: Bearer %s\r\nAccept: %s\r\n\r\n",
                   client->cursor, o.port, o.token, o.protocol == SSE ? "text/event-stream" : "application/x-ndjson");
}

/* The name of a stream: the given one if there is only one, else with its number. */
static const char *named(const char *name, int channel) {
    static char text[160];
    if (o.streams == 1) return name;
    snprintf(text, sizeof text, "%s-%d", name, channel);
    return text;
}

/* Several streams are followed from now on, a single one from its cursor. */
static int subscribe_atrium(char *out, Client *client) {
    char text[512], cursor[32] = "null";
    if (client == publisher) return frame(out, 1, text, sprintf(text, "{\"type\":\"ping\"}"));
    if (o.streams == 1) snprintf(cursor, sizeof cursor, "\"%s\"", client->cursor);
    return frame(out, 1, text,
                 sprintf(text, "{\"type\":\"subscribe\",\"id\":1,\"payload\":{\"streams\":{\"%s\":%s}}}",
                         named(o.stream, client->channel), cursor));
}

/* Write what opens a connection at a step, and say which bytes answer it. Returns 0 when there is no such step. */
static int opening(Client *client, char *out, const char **answer, int *answer_length) {
    char text[512], subscription[256] = "";
    int length = 0;
    Protocol protocol = client == publisher && (o.protocol == SSE || o.protocol == NDJSON) ? ATRIUM : o.protocol;
    *answer = "\r\n\r\n";
    if (protocol == REDIS) {
        *answer = client == publisher ? "+PONG\r\n" : ":1\r\n";
        if (client->step == 0) length = client == publisher ? sprintf(out, "PING\r\n")
                                                            : sprintf(out, "SUBSCRIBE %s\r\n", named("t", client->channel));
    } else if (protocol == SSE || protocol == NDJSON) {
        if (client->step == 0) length = follow(out, client);
    } else if (client->step == 0) {
        length = protocol == ATRIUM     ? handshake(out, "/api/v1/stream", NULL)
                 : protocol == SOCKETIO ? handshake(out, "/socket.io/?EIO=4&transport=websocket", NULL)
                                        : handshake(out, "/", protocol == MQTT ? "mqtt" : NULL);
        if (protocol == NATS) *answer = "INFO ";
        if (protocol == SOCKETIO) *answer = "\"sid\"";
    } else if (client->step == 1 && protocol == ATRIUM) {
        length = subscribe_atrium(out, client);
        *answer = client == publisher ? "\"pong\"" : "\"ack\"";
    } else if (client->step == 1 && protocol == NATS) {
        if (client != publisher) sprintf(subscription, "SUB %s 1\r\n", named("t", client->channel));
        length = frame(out, 2, text, sprintf(text, "CONNECT {\"verbose\":false}\r\n%sPING\r\n", subscription));
        *answer = "PONG";
    } else if (client->step == 1 && protocol == SOCKETIO) {
        length = frame(out, 1, "40", 2);
        *answer = "40{";
    } else if (client->step == 1 && protocol == MQTT) {
        int id = sprintf(text + 14, "c%08x", (unsigned)(client - all));
        memcpy(text, "\x10\x00\x00\x04MQTT\x04\x02\x00\x00\x00", 13);
        text[1] = (char)(12 + id);
        text[13] = (char)id;
        length = frame(out, 2, text, 14 + id);
        *answer = "\x20\x02";
    } else if (client->step == 2 && protocol == MQTT && client != publisher) {
        length = frame(out, 2, "\x82\x06\x00\x01\x00\x01t\x00", 8);
        *answer = "\x90\x03";
    }
    *answer_length = (int)strlen(*answer);
    return length;
}

static int publication(char *out) {
    static char body[60001], text[60400];
    memset(body, 'x', (size_t)o.size);
    char mark[48];
    snprintf(mark, sizeof mark, "@#%010ld%016llx", published + 1, (unsigned long long)now_ns());
    memcpy(body, mark, MARK);
    body[o.size] = 0;
    int channel = (int)(published % o.streams);
    const char *topic = named("t", channel);
    if (o.protocol == REDIS)
        return sprintf(out, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%d\r\n%s\r\n", strlen(topic), topic, o.size, body);
    if (o.protocol == NATS) return frame(out, 2, text, sprintf(text, "PUB %s %d\r\n%s\r\n", topic, o.size, body));
    if (o.protocol == PLAIN) return frame(out, 1, body, o.size);
    if (o.protocol == SOCKETIO) return frame(out, 1, text, sprintf(text, "42[\"m\",\"%s\"]", body));
    if (o.protocol == MQTT) {
        int rest = o.size + 3;
        text[0] = 0x30;
        text[1] = (char)(rest % 128 | 128);
        text[2] = (char)(rest / 128);
        memcpy(text + 3, "\x00\x01t", 3);
        memcpy(text + 6, body, (size_t)o.size);
        return frame(out, 2, text, 6 + o.size);
    }
    return frame(out, 1, text,
                 sprintf(text, "{\"type\":\"fanout:publish\",\"payload\":{\"durable\":%s,\"stream\":\"%s\",\"content\":\"%s\"}}",
                         o.durable ? "true" : "false", named(o.stream, channel), body));
}

/* Write all of it; a server that is slow to read its publisher is waited for. */
static void put(Client *client, const char *data, int length) {
    for (int at = 0; at < length;) {
        ssize_t sent = send(client->fd, data + at, (size_t)(length - at), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            usleep(100);
            continue;
        }
        if (sent <= 0) fail("the server closed a connection (%s)", strerror(errno));
        at += (int)sent;
    }
}

static void publish(void) {
    static char out[70000];
    int length = publication(out);
    arrived[++published % WINDOW] = 0;
    put(publisher, out, length);
}

/* ---- Connections */

static void watch(Client *client, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(poll_fd, operation, client->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

static void advance(Client *client) {
    char out[2048];
    const char *answer;
    int answer_length, length = opening(client, out, &answer, &answer_length);
    if (length) put(client, out, length);
    else {
        client->ready = 1;
        ready_count++;
        if (client->stalled) watch(client, EPOLL_CTL_MOD, 0);
    }
}

static void open_client(Client *client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int yes = 1, narrow = 8192;
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0) fail("socket: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (client->stalled) setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect: %s", strerror(errno));
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    client->step = client->ready = client->held = 0;
    watch(client, EPOLL_CTL_ADD, EPOLLIN);
    opened++;
    advance(client);
}

static void drop(Client *client) {
    struct linger abort_now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &abort_now, sizeof abort_now);
    close(client->fd);
    opened--;
    ready_count -= client->ready;
    client->fd = -1;
    client->ready = 0;
}

static void note(Client *client, long number, uint64_t sent, uint64_t now) {
    if (number <= client->last) return;
    client->gaps += (unsigned long)((number - client->last) / o.streams - 1);
    client->last = number;
    if (client->stalled) return;
    deliveries++;
    if (++arrived[number % WINDOW] == o.clients / o.streams) completed++;
    if (now < measured_from || now >= measured_to) return;
    uint64_t bucket = (now - sent) / BUCKET_NS;
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    uint64_t second = (now - measured_from) / 1000000000u;
    if (second < SECONDS) per_second[second]++;
    measured++;
}

static long decimal(const char *text, int length) {
    long value = 0;
    for (int i = 0; i < length; i++) value = value * 10 + (text[i] - '0');
    return value;
}

static uint64_t hexadecimal(const char *text) {
    uint64_t value = 0;
    for (int i = 0; i < 16; i++) value = value << 4 | (uint64_t)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    return value;
}

/* Keep the cursor that follows a mark in an entry; NULL if it is not there yet. */
static const char *take_cursor(Client *client, const char *from, const char *end) {
    static const char key[] = "\"offset\":\"";
    const char *start = memmem(from, (size_t)(end - from), key, sizeof key - 1);
    if (!start) return NULL;
    start += sizeof key - 1;
    const char *stop = memchr(start, '"', (size_t)(end - start));
    if (!stop) return NULL;
    size_t length = (size_t)(stop - start) < sizeof client->cursor ? (size_t)(stop - start) : 0;
    memcpy(client->cursor, start, length);
    client->cursor[length] = 0;
    return stop;
}

/* Count the records in `data`; returns where the part begins that is not whole. */
static const char *scan(Client *client, const char *data, const char *end) {
    uint64_t now = now_ns();
    while (data < end) {
        const char *mark = memmem(data, (size_t)(end - data), "@#", 2);
        if (!mark) return end[-1] == '@' ? end - 1 : end;
        if (end - mark < MARK) return mark;
        long number = decimal(mark + 2, 10);
        data = mark + MARK;
        if (o.cuts && number > client->last) {
            data = take_cursor(client, data, end);
            if (!data) return mark;
        }
        note(client, number, hexadecimal(mark + 12), now);
    }
    return end;
}

static void keep(Client *client, const char *from, const char *end) {
    client->held = (int)(end - from);
    if (!client->held) return;
    if (client->held > HELD) fail("a record of more than %d bytes", HELD);
    if (!client->hold && !(client->hold = malloc(HELD))) fail("out of memory");
    memcpy(client->hold, from, (size_t)client->held);
}

static void opened_further(Client *client, const char *data, const char *end) {
    char out[2048];
    const char *answer;
    int answer_length;
    opening(client, out, &answer, &answer_length);
    const char *found = memmem(data, (size_t)(end - data), answer, (size_t)answer_length);
    if (memmem(data, (size_t)(end - data), "HTTP/1.1 4", 10) || memmem(data, (size_t)(end - data), "HTTP/1.1 5", 10))
        fail("refused: %.*s", (int)(end - data), data);
    if (!found) {
        keep(client, data, end);
        return;
    }
    client->step++;
    client->held = 0;
    advance(client);
    if (client->ready) keep(client, scan(client, found + answer_length, end), end);
}

/* Answer the pings by which servers tell who is alive. */
static void answer_pings(Client *client, const char *data, ssize_t got) {
    char out[16];
    if (o.protocol == NATS && got < 64 && memmem(data, (size_t)got, "PING\r\n", 6))
        put(client, out, frame(out, 2, "PONG\r\n", 6));
    if (o.protocol == SOCKETIO && got == 3 && !memcmp(data, "\x81\x01" "2", 3)) put(client, out, frame(out, 1, "3", 1));
    if (got == 2 && (unsigned char)data[0] == 0x89) put(client, out, frame(out, 10, "", 0));
}

static void readable(Client *client) {
    if (client->fd < 0) return;
    if (client->held) memcpy(buffer, client->hold, (size_t)client->held);
    ssize_t got = recv(client->fd, buffer + client->held, READ, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        drop(client);
        closed_count++;
        return;
    }
    wire_bytes += (uint64_t)got;
    const char *end = buffer + client->held + got;
    if (!client->ready) opened_further(client, buffer, end);
    else if (client != publisher) {
        answer_pings(client, buffer + client->held, got);
        keep(client, scan(client, buffer, end), end);
    }
}

static void turn(int milliseconds) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll_fd, events, EVENTS, milliseconds);
    for (int i = 0; i < count; i++) readable(events[i].data.ptr);
}

static void open_all(void) {
    int total = o.clients + o.stalled;
    uint64_t until = now_ns() + (uint64_t)PATIENCE_S * 6 * 1000000000u;
    open_client(publisher);
    for (int next = 0; ready_count < total + 1;) {
        while (next < total && opened - ready_count < OPENING) open_client(&all[next++]);
        turn(100);
        if (now_ns() > until || closed_count) fail("only %d of %d connections are open", ready_count, total + 1);
    }
}

/* ---- The modes */

static void cut_all(void) {
    for (int i = 0; i < o.clients; i++)
        if (all[i].fd >= 0) drop(&all[i]);
    for (int next = 0; ready_count < o.clients + o.stalled + 1;) {
        while (next < o.clients && opened - ready_count < OPENING) open_client(&all[next++]);
        turn(1);
    }
}

/* Wait until every client that reads has everything; returns whether that happened. */
static int settle(void) {
    uint64_t progress = now_ns();
    for (long before = deliveries; completed < published; before = deliveries) {
        turn(10);
        if (deliveries != before) progress = now_ns();
        if (now_ns() - progress > (uint64_t)PATIENCE_S * 1000000000u) return 0;
    }
    return 1;
}

static int all_published(void) { return o.messages && published >= o.messages; }

static void run(void) {
    uint64_t began = now_ns(), next = began, progress = began;
    measured_from = began + (uint64_t)(o.warm_up * 1e9);
    measured_to = o.messages ? UINT64_MAX : measured_from + (uint64_t)(o.seconds * 1e9);
    uint64_t interval = o.rate > 0 ? (uint64_t)(1e9 / o.rate) : 0;
    uint64_t between = o.cuts ? (measured_to - measured_from) / (uint64_t)(o.cuts + 1) : 0, cut = measured_from + between;
    double cpu = -1;
    long before = 0;
    for (uint64_t now = began; now < measured_to && !all_published(); now = now_ns()) {
        if (cpu < 0 && now >= measured_from) cpu = cpu_seconds();
        if (interval)
            for (; next <= now && !all_published(); next += interval) publish();
        else
            while (published - completed < o.outstanding && !all_published()) publish();
        if (between && now >= cut && cut + between / 2 < measured_to) {
            cut_all();
            cut += between;
        }
        turn(interval ? (int)((next - now) / 1000000) : 100);
        if (deliveries != before) progress = now, before = deliveries;
        if (now - progress > (uint64_t)PATIENCE_S * 1000000000u) break;
    }
    printf("\"cpuSeconds\": %.2f, ", cpu_seconds() - cpu);
}

static double percentile(double part) {
    long wanted = (long)((double)measured * part), seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += histogram[i]) > wanted) return (double)i * BUCKET_NS / 1e6;
    return 0;
}

static void catch_up(void) {
    uint64_t began = now_ns();
    int behind = o.stalled;
    unsigned long gaps = 0;
    for (int i = 0; i < o.stalled; i++) watch(&all[o.clients + i], EPOLL_CTL_MOD, EPOLLIN);
    while (behind && now_ns() - began < 120u * 1000000000ull) {
        turn(10);
        behind = 0;
        for (int i = o.clients; i < o.clients + o.stalled; i++) behind += published - all[i].last >= o.streams;
    }
    for (int i = o.clients; i < o.clients + o.stalled; i++) gaps += all[i].gaps;
    printf("\"stalled\": %d, \"stillBehind\": %d, \"stalledGaps\": %lu, \"catchUpMs\": %.1f, ", o.stalled, behind, gaps,
           (double)(now_ns() - began) / 1e6);
}

static void report(int whole, long before_kb, long connected_kb) {
    unsigned long gaps = 0, short_of = 0;
    double seconds = o.messages ? (double)(finished - measured_from) / 1e9 : o.seconds;
    for (int i = 0; i < o.clients; i++) {
        gaps += all[i].gaps;
        short_of += (unsigned long)((published - all[i].last) / o.streams);
    }
    printf("\"clients\": %d, \"published\": %ld, \"deliveries\": %ld, \"seconds\": %.3f, \"wireBytes\": %llu, ", o.clients,
           published, measured, seconds, (unsigned long long)wire_bytes);
    printf("\"p50\": %.2f, \"p99\": %.2f, \"gaps\": %lu, \"missing\": %lu, \"whole\": %s, \"closed\": %d, ", percentile(0.5),
           percentile(0.99), gaps, short_of, whole ? "true" : "false", closed_count);
    printf("\"beforeKb\": %ld, \"connectedKb\": %ld, \"afterKb\": %ld, \"perSecond\": [", before_kb, connected_kb,
           resident_kb());
    for (int i = 0; i < (int)seconds && i < SECONDS; i++) printf("%s%ld", i ? ", " : "", per_second[i]);
    puts("]}");
}

static void usage(void) {
    puts("load_client --protocol NAME --port PORT [--clients N] [--rate R | --outstanding N] [--seconds S] [--warm-up S]\n"
         "  [--size BYTES] [--server PID] [--token T] [--stream NAME] [--streams N] [--messages N] [--durable] [--stalled N]\n"
         "  [--cuts N] [--hold S] [--cursor OFFSET]\n"
         "rate: messages a second; without it as fast as it goes with some outstanding. stalled: more clients, which read\n"
         "only at the end. cuts: how often all are cut and resume by cursor. hold: seconds to stay connected before.\n"
         "streams: how many the clients are spread over. messages: end after so many instead of after some seconds.");
    exit(0);
}

static void options(int count, char **values) {
    static const struct option known[] = {
        {"protocol", 1, 0, 'p'}, {"port", 1, 0, 'P'},    {"clients", 1, 0, 'c'}, {"rate", 1, 0, 'r'},
        {"outstanding", 1, 0, 'o'}, {"seconds", 1, 0, 's'}, {"warm-up", 1, 0, 'w'}, {"size", 1, 0, 'z'},
        {"server", 1, 0, 'S'},   {"token", 1, 0, 't'},   {"stream", 1, 0, 'n'},  {"durable", 0, 0, 'd'},
        {"stalled", 1, 0, 'l'},  {"cuts", 1, 0, 'x'}, {"cursor", 1, 0, 'C'},    {"hold", 1, 0, 'H'},
        {"streams", 1, 0, 'N'},  {"messages", 1, 0, 'M'},    {"help", 0, 0, 'h'}, {0}};
    for (int letter; (letter = getopt_long(count, values, "", known, NULL)) != -1;) switch (letter) {
            case 'p':
                for (int i = 0; PROTOCOLS[i]; i++)
                    if (!strcmp(optarg, PROTOCOLS[i])) o.protocol = (Protocol)i, o.verbose = 1;
                if (!o.verbose) fail("--protocol: there is no %s", optarg);
                break;
            case 'P': o.port = atoi(optarg); break;
            case 'c': o.clients = atoi(optarg); break;
            case 'r': o.rate = atof(optarg); break;
            case 'o': o.outstanding = atoi(optarg); break;
            case 's': o.seconds = atof(optarg); break;
            case 'w': o.warm_up = atof(optarg); break;
            case 'z': o.size = atoi(optarg); break;
            case 'S': o.server = atoi(optarg); break;
            case 't': snprintf(o.token, sizeof o.token, "%s", optarg); break;
            case 'n': snprintf(o.stream, sizeof o.stream, "%s", optarg); break;
            case 'C': snprintf(o.cursor, sizeof o.cursor, "%s", optarg); break;
            case 'd': o.durable = 1; break;
            case 'l': o.stalled = atoi(optarg); break;
            case 'x': o.cuts = atoi(optarg); break;
            case 'H': o.hold_s = atoi(optarg); break;
            case 'N': o.streams = atoi(optarg); break;
            case 'M': o.messages = atol(optarg); break;
            default: usage();
        }
    if (!o.verbose || o.port < 1) fail("--protocol and --port are needed; --help says more");
    if (o.clients < 1 || o.size < MARK || o.size > 60000) fail("--clients: at least 1; --size: from %d to 60000", MARK);
    if (o.outstanding < 1 || o.outstanding > MOST_OUTSTANDING) fail("--outstanding: from 1 to %d", MOST_OUTSTANDING);
    if (o.streams < 1 || o.clients % o.streams) fail("--clients: a multiple of --streams");
    if (o.streams > 1 && (o.cuts || (o.protocol != ATRIUM && o.protocol != NATS && o.protocol != REDIS)))
        fail("--streams: with atrium, nats and redis, and without --cuts");
}

int main(int count, char **values) {
    options(count, values);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int total = o.clients + o.stalled;
    all = calloc((size_t)total + 1, sizeof *all);
    publisher = &all[total];
    poll_fd = epoll_create1(0);
    if (!all || poll_fd < 0) fail("out of memory");
    for (int i = 0; i <= total; i++) {
        strcpy(all[i].cursor, o.cursor);
        all[i].stalled = i >= o.clients && i < total;
        all[i].channel = i % o.streams;
        all[i].last = all[i].channel + 1 - o.streams;
    }
    long before_kb = resident_kb();
    printf("{");
    uint64_t began = now_ns();
    open_all();
    printf("\"openSeconds\": %.2f, ", (double)(now_ns() - began) / 1e9);
    for (uint64_t until = now_ns() + (uint64_t)o.hold_s * 1000000000u; now_ns() < until;) turn(100);
    long connected_kb = resident_kb();
    run();
    int whole = settle();
    finished = now_ns();
    if (o.stalled) catch_up();
    report(whole, before_kb, connected_kb);
    return 0;
}
