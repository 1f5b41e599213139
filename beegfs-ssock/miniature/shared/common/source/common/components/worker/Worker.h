#pragma once

#include "common/components/worker/queue/MultiWorkQueue.h"
#include "common/threading/PThread.h"

/** A thread that serves requests from a queue, with buffers of its own. */
class Worker : public PThread
{
   public:
      /** @param bufSize bytes, for each of the two buffers */
      Worker(const std::string& workerID, MultiWorkQueue* workQueue, unsigned bufSize)
         : PThread(workerID), workQueue(workQueue), bufIn(bufSize), bufOut(bufSize) {}

      ~Worker() override { join(); }

      MultiWorkQueue* getWorkQueue() const { return workQueue; }
      PersonalWorkQueue* getPersonalWorkQueue() { return &personalWorkQueue; }

   private:
      void run() override;

      MultiWorkQueue* workQueue;
      QueueWorkType workType = QueueWorkType_INDIRECT;
      PersonalWorkQueue personalWorkQueue;
      std::vector<char> bufIn;
      std::vector<char> bufOut;
};
