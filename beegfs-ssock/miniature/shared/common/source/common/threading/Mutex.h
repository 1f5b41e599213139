#pragma once

#include <mutex>

class Mutex
{
   public:
      void lock() { inner.lock(); }
      void unlock() { inner.unlock(); }
      bool tryLock() { return inner.try_lock(); }

   private:
      std::mutex inner;
};
