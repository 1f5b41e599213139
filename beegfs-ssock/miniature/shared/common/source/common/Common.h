#pragma once

// Everything that the miniature tree's headers expect to be there without naming it: standard
// containers, system headers, the list types and the few macros of BeeGFS that our code uses.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define likely(x) __builtin_expect(bool(x), true)
#define unlikely(x) __builtin_expect(bool(x), false)

#define SAFE_DELETE(pointer) do { delete (pointer); (pointer) = nullptr; } while(0)
#define IGNORE_UNUSED_VARIABLE(variable) (void)(variable)
#define BEEGFS_FALLTHROUGH [[fallthrough]]

using StringList = std::list<std::string>;
using StringListIter = StringList::iterator;
using StringMap = std::map<std::string, std::string>;
using StringMapIter = StringMap::iterator;
using StringMapCIter = StringMap::const_iterator;
using IntList = std::list<int>;
using IntListIter = IntList::iterator;

/** Response timeouts of connMessagingTimeouts, in milliseconds. */
constexpr int CONN_LONG_TIMEOUT = 600 * 1000;
constexpr int CONN_MEDIUM_TIMEOUT = 90 * 1000;
constexpr int CONN_SHORT_TIMEOUT = 30 * 1000;

enum LogType { LogType_LOGFILE = 0, LogType_SYSLOG = 1 };
