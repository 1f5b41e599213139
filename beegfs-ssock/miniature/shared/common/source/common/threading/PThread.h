#pragma once

#include "common/threading/Condition.h"
#include "common/threading/Mutex.h"

#include <atomic>
#include <string>
#include <thread>

class AbstractApp;

/**
 * A named thread that belongs to an app. Derived classes write run(), which must look at
 * getSelfTerminate() now and then.
 */
class PThread
{
   public:
      virtual ~PThread();

      void start();
      void join();
      void selfTerminate();
      bool getSelfTerminate() const { return shallSelfTerminate; }

      /** @return true if the thread shall end, false if the time passed before */
      bool waitForSelfTerminateOrder(int timeoutMS);

      const std::string& getName() const { return threadName; }

      /** null for threads that are none of these */
      static PThread* getCurrentThread();
      static AbstractApp* getCurrentThreadApp();
      static std::string getCurrentThreadName();
      static void sleepMS(int timeoutMS);

   protected:
      explicit PThread(const std::string& name);
      PThread(const std::string& name, AbstractApp* app);

      virtual void run() = 0;

      static void registerSignalHandler();

   private:
      void enterThread();

      std::string threadName;
      AbstractApp* threadApp;
      std::thread thread;

      std::atomic<bool> shallSelfTerminate{false};
      Mutex selfTerminateMutex;
      Condition selfTerminateCond;
};
