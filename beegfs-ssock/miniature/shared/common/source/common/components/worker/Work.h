#pragma once

#include "common/net/sock/NetworkInterfaceCard.h"
#include "common/toolkit/HighResolutionStats.h"
#include "common/Common.h"

/** Something for a worker thread to do. */
class Work
{
   public:
      Work() = default;
      virtual ~Work() = default;

      Work(const Work&) = delete;
      Work& operator=(const Work&) = delete;

      /** The buffers belong to the worker. */
      virtual void process(char* bufIn, unsigned bufInLen, char* bufOut, unsigned bufOutLen) = 0;

      const HighResolutionStats& getHighResolutionStats() const { return stats; }
      NicAddrType getSockType() const { return sockType; }

   protected:
      HighResolutionStats stats;
      NicAddrType sockType = NICADDRTYPE_STANDARD; // of the connection that it came by
};
