#pragma once

#include "common/components/worker/Work.h"
#include "common/components/worker/queue/StreamListenerWorkQueue.h"
#include "common/threading/Condition.h"
#include "common/threading/Mutex.h"

/** What a worker takes from the queue. */
enum QueueWorkType
{
   QueueWorkType_DIRECT = 0,
   QueueWorkType_INDIRECT // both kinds
};

/** Work for one worker alone; nothing here gives it any. */
class PersonalWorkQueue {};

/**
 * Requests that wait for a worker, direct ones first, and the sums of what all finished
 * ones counted.
 */
class MultiWorkQueue : public StreamListenerWorkQueue
{
   public:
      ~MultiWorkQueue() override;

      void addDirectWork(Work* work, unsigned) override { add(direct, work); }
      void addIndirectWork(Work* work, unsigned) override { add(indirect, work); }

      /** @return null if nothing came within the time */
      std::unique_ptr<Work> waitForWork(int timeoutMS);
      void finishWork(const Work& work);

      /** Those that wait for a worker. */
      size_t getNumPendingWorks();
      size_t getDirectWorkListSize();

      bool getIsPersonalQueueEmpty(PersonalWorkQueue*) { return true; }

      /** What all finished requests counted, by type of connection. */
      std::map<NicAddrType, HighResolutionStats> getStats();

   private:
      using WorkList = std::list<Work*>;

      void add(WorkList& list, Work* work);

      WorkList direct;
      WorkList indirect;
      std::map<NicAddrType, HighResolutionStats> stats;
      Mutex mutex;
      Condition newWorkCond;
};
