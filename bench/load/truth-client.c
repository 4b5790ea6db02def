// The truth about a server at a steady rate: each request is written at its intended time on a connection of its own, and the
// answer's time counts from there. One thread that never sleeps; connections are opened before. What is asked in the warm-up does not
// count: a server that stalls each second stalls then too, so that every second that counts holds one whole stall.
// usage: truth-client PORT RATE SECONDS CONNECTIONS WARM_UP_SECONDS   prints microseconds: p50 p90 p95 p99 counted
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int port = atoi(argv[1]), connections = atoi(argv[4]);
  double rate = atof(argv[2]), seconds = atof(argv[3]), warm_up = atof(argv[5]);
  long total = (long)(rate * (warm_up + seconds)), sent = 0, answered = 0, counted = 0;
  const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  double *latency = malloc(sizeof(double) * (total + 1));
  double *intended = calloc(connections, sizeof(double));
  int *sockets = malloc(sizeof(int) * connections), *unused = malloc(sizeof(int) * connections), count = 0;
  int events = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  for (int i = 0; i < connections; i++) {
    int one = 1;
    sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(sockets[i], (struct sockaddr *)&address, sizeof address) != 0) {
      perror("connect");
      return 1;
    }
    setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(sockets[i], F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    epoll_ctl(events, EPOLL_CTL_ADD, sockets[i], &event);
    unused[count++] = i;
  }
  double start = now_us(), counts_from = start + warm_up * 1e6, end = counts_from + seconds * 1e6 + 3e6;
  char buffer[65536];
  struct epoll_event ready[256];
  while (answered < total && now_us() < end) {
    double now = now_us();
    while (sent < total && count > 0 && start + sent * 1e6 / rate <= now) {
      int i = unused[--count];
      intended[i] = start + sent * 1e6 / rate;
      if (write(sockets[i], request, sizeof request - 1) != (ssize_t)(sizeof request - 1)) return 1;
      sent++;
    }
    int n = epoll_wait(events, ready, 256, 0);
    for (int e = 0; e < n; e++) {
      int i = ready[e].data.u32;
      // The answer is small and fixed: one read has all of it.
      if (read(sockets[i], buffer, sizeof buffer) <= 0) return 1;
      answered++;
      if (intended[i] >= counts_from) latency[counted++] = now_us() - intended[i];
      unused[count++] = i;
    }
  }
  qsort(latency, counted, sizeof(double), by_value);
  double shares[] = {0.5, 0.9, 0.95, 0.99};
  for (int s = 0; s < 4; s++) printf("%.0f ", latency[(long)(shares[s] * (counted - 1))]);
  printf("%ld\n", counted);
  return 0;
}
