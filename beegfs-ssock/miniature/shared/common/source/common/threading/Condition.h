#pragma once

#include "Mutex.h"

#include <chrono>
#include <condition_variable>

class Condition
{
   public:
      void wait(Mutex* mutex) { inner.wait(*mutex); }

      /** @return false if the time passed without a signal */
      bool timedwait(Mutex* mutex, int timeoutMS)
      {
         return inner.wait_for(*mutex, std::chrono::milliseconds(timeoutMS)) ==
            std::cv_status::no_timeout;
      }

      void signal() { inner.notify_one(); }
      void broadcast() { inner.notify_all(); }

   private:
      std::condition_variable_any inner;
};
