#include "MultiWorkQueue.h"

MultiWorkQueue::~MultiWorkQueue()
{
   for(WorkList* list : {&direct, &indirect})
      for(Work* work : *list)
         delete work;
}

void MultiWorkQueue::add(WorkList& list, Work* work)
{
   const std::lock_guard<Mutex> lock(mutex);
   list.push_back(work);
   newWorkCond.signal();
}

std::unique_ptr<Work> MultiWorkQueue::waitForWork(int timeoutMS)
{
   const std::lock_guard<Mutex> lock(mutex);
   if(direct.empty() && indirect.empty())
      newWorkCond.timedwait(&mutex, timeoutMS);

   WorkList& list = direct.empty() ? indirect : direct;
   if(list.empty())
      return nullptr;

   std::unique_ptr<Work> work(list.front());
   list.pop_front();
   return work;
}

void MultiWorkQueue::finishWork(const Work& work)
{
   const auto& counted = work.getHighResolutionStats().incVals;

   const std::lock_guard<Mutex> lock(mutex);
   auto& sum = stats[work.getSockType()].incVals;
   sum.netSendBytes += counted.netSendBytes;
   sum.netRecvBytes += counted.netRecvBytes;
   sum.queuedWorks++;
   sum.workRequests += 1 + counted.workRequests; // more than one if it served several in a row
}

size_t MultiWorkQueue::getNumPendingWorks()
{
   const std::lock_guard<Mutex> lock(mutex);
   return direct.size() + indirect.size();
}

size_t MultiWorkQueue::getDirectWorkListSize()
{
   const std::lock_guard<Mutex> lock(mutex);
   return direct.size();
}

std::map<NicAddrType, HighResolutionStats> MultiWorkQueue::getStats()
{
   const std::lock_guard<Mutex> lock(mutex);
   return stats;
}
