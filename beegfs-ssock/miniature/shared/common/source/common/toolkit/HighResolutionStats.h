#pragma once

#include <cstdint>

/** Counters of one request or of many; the miniature tree keeps only what sockets count. */
struct HighResolutionStats
{
   struct IncrementalVals
   {
      uint64_t netSendBytes = 0;
      uint64_t netRecvBytes = 0;
      unsigned workRequests = 0;
      unsigned queuedWorks = 0; // came from the queue; a worker may serve more
   } incVals;
};
