#pragma once

class Work;

/** Where stream listeners put requests. The queue owns them. */
class StreamListenerWorkQueue
{
   public:
      virtual ~StreamListenerWorkQueue() = default;

      virtual void addDirectWork(Work* work, unsigned userID = ~0u) = 0;
      virtual void addIndirectWork(Work* work, unsigned userID = ~0u) = 0;
};
