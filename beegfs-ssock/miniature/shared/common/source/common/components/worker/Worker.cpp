#include "common/app/AbstractApp.h"
#include "Worker.h"

void Worker::run()
{
   constexpr int waitMS = 1000;

   try
   {
      registerSignalHandler();

      while(!getSelfTerminate())
      {
         auto work = workQueue->waitForWork(waitMS);
         if(!work)
            continue;

         work->process(bufIn.data(), unsigned(bufIn.size()), bufOut.data(),
            unsigned(bufOut.size()));
         workQueue->finishWork(*work);
      }
   }
   catch(std::exception& e)
   {
      getCurrentThreadApp()->handleComponentException(e);
   }
}
