// sys/select.h first: event-config.h defines _GNU_SOURCE too late for fd_set in debug builds.
#include <sys/select.h>
#include <sys/eventfd.h>
#include <malloc.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <event2/util.h>
